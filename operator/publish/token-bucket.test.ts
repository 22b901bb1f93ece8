import { describe, expect, it } from "vitest";
import { TokenBucket } from "./token-bucket.ts";

describe("token bucket", () => {
  it("gives a burst at once, and then its rate", () => {
    const bucket = new TokenBucket(10, 3, 0);
    expect([1, 1, 1, 1].map((count) => bucket.take(count, 0))).toEqual([true, true, true, false]);
    expect(bucket.take(1, 99)).toBe(false);
    expect(bucket.take(1, 100)).toBe(true);
    expect(bucket.take(1, 100)).toBe(false);
  });

  it("never saves more than a burst, and takes nothing when it refuses", () => {
    const bucket = new TokenBucket(1000, 5, 0);
    expect(bucket.take(6, 60_000)).toBe(false);
    expect(bucket.take(5, 60_000)).toBe(true);
    expect(bucket.take(1, 60_000)).toBe(false);
  });
});
