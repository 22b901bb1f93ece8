import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTimestamp } from "./parse-timestamp.ts";

describe("parseTimestamp", () => {
  it("agrees with the runtime for every instant", () => {
    const from = Date.UTC(1600, 0, 1);
    const to = Date.UTC(2400, 0, 1);
    fc.assert(
      fc.property(fc.integer({ min: from, max: to }), (epochMs) => {
        expect(parseTimestamp(new Date(epochMs).toISOString())).toBe(epochMs);
      }),
    );
  });

  it("counts an offset", () => {
    expect(parseTimestamp("2026-03-01T01:30:00+02:00")).toBe(Date.UTC(2026, 1, 28, 23, 30));
    expect(parseTimestamp("2024-02-29T23:30:00-01:00")).toBe(Date.UTC(2024, 2, 1, 0, 30));
  });

  it.each(["", "yesterday", "2026-13-01T00:00:00Z", "2026-01-01", "2026-01-01T25:00:00Z"])(
    "does not take %j",
    (text) => {
      expect(parseTimestamp(text)).toBeUndefined();
    },
  );
});
