import { describe, expect, it } from "vitest";
import { parseQuantityMilli } from "./quantity.ts";

describe("parseQuantityMilli", () => {
  it.each([
    ["0", 0],
    ["1", 1000],
    ["500m", 500],
    ["0.5", 500],
    [".5", 500],
    ["5.", 5000],
    ["1e3", 1_000_000],
    ["1E-3", 1],
    ["2k", 2_000_000],
    ["1Ki", 1_024_000],
    ["1.5Ki", 1_536_000],
    ["100u", 1],
    ["1n", 1],
    ["-2", -2000],
    ["+2", 2000],
    ["0.0001", 1],
  ])("%s is %d thousandths", (text, milli) => {
    expect(parseQuantityMilli(text)).toBe(milli);
  });

  it.each(["", "m", ".", "1 ", "1x", "1ee3", "0x10", "1e99", "9".repeat(33), "1Ei", "9e30", "--1"])(
    "refuses %j",
    (text) => {
      expect(parseQuantityMilli(text)).toBeUndefined();
    },
  );
});
