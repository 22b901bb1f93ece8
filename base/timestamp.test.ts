import { expect, it } from "vitest";
import { formatTimestamp } from "./timestamp.ts";

it("formats milliseconds since the epoch, and never throws", () => {
  expect(formatTimestamp(0)).toBe("1970-01-01T00:00:00.000Z");
  expect(formatTimestamp(1_700_000_000_123)).toBe("2023-11-14T22:13:20.123Z");
  for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, 9e15]) {
    expect(formatTimestamp(odd)).toBe("1970-01-01T00:00:00.000Z");
  }
});
