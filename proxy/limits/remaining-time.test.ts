import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { latin1Bytes } from "../../mesh/latin1.ts";
import {
  deadlineValueMs,
  formatGrpcTimeout,
  NO_DEADLINE,
  parseDeadlineMs,
  parseGrpcTimeoutMs,
} from "./remaining-time.ts";

/** The value within other bytes, which must not be looked at. */
function parse(parser: typeof parseDeadlineMs, value: string): number {
  const bytes = latin1Bytes(`7${value}7m`);
  return parser(bytes, 1, 1 + value.length);
}

describe("grpc-timeout", () => {
  test("has every unit", () => {
    const values = ["2H", "3M", "4S", "5m", "600u", "7000000n", "0m", "99999999m"];
    const wanted = [7_200_000, 180_000, 4000, 5, 0.6, 7, 0, 99_999_999];
    values.forEach((value, index) => {
      expect(parse(parseGrpcTimeoutMs, value)).toBeCloseTo(wanted[index] ?? Number.NaN, 9);
    });
  });

  test("is absent when it breaks its rule", () => {
    for (const value of ["", "m", "5", "5x", "-5m", "1.5S", "123456789m", " 5m", "5 m", "5mm"]) {
      expect(parse(parseGrpcTimeoutMs, value)).toBe(NO_DEADLINE);
    }
  });

  test("is read as it was written, never longer", () => {
    fc.assert(
      fc.property(fc.double({ min: -10, max: 1e13, noNaN: true }), (remainingMs) => {
        const readMs = parse(parseGrpcTimeoutMs, formatGrpcTimeout(remainingMs));
        expect(readMs).toBeLessThanOrEqual(Math.max(0, remainingMs));
        if (remainingMs > 0 && remainingMs < 1e10) {
          expect(readMs).toBeGreaterThan(remainingMs - 1001);
        }
      }),
    );
  });
});

describe("heddle-deadline", () => {
  test("is whole milliseconds", () => {
    expect(parse(parseDeadlineMs, "0")).toBe(0);
    expect(parse(parseDeadlineMs, "1500")).toBe(1500);
    expect(parse(parseDeadlineMs, "0000000009")).toBe(9);
    for (const value of ["", "-1", "1.5", "1s", "0x10", "1e3", " 1", "12345678901"]) {
      expect(parse(parseDeadlineMs, value)).toBe(NO_DEADLINE);
    }
  });

  test("only gets shorter on its way", () => {
    fc.assert(
      fc.property(fc.double({ min: -10, max: 1e12, noNaN: true }), (remainingMs) => {
        const value = deadlineValueMs(remainingMs);
        expect(parse(parseDeadlineMs, String(value))).toBe(value);
        expect(value).toBeLessThanOrEqual(Math.max(0, remainingMs));
      }),
    );
  });
});

test("whatever bytes come, a time is not below zero, and finite", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 14 }), (bytes) => {
      for (const parser of [parseDeadlineMs, parseGrpcTimeoutMs]) {
        const timeMs = parser(bytes, 0, bytes.length);
        expect(timeMs === NO_DEADLINE || (timeMs >= 0 && Number.isFinite(timeMs))).toBe(true);
      }
    }),
  );
});
