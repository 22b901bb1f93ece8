import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatPortRanges,
  includesPort,
  joinPortRanges,
  PORT_RANGES_MAX,
  type PortRange,
  parsePortRanges,
} from "./port-ranges.ts";

function rangesOf(text: string): readonly PortRange[] {
  const parsed = parsePortRanges(text);
  if ("problem" in parsed) throw new Error(parsed.problem);
  return parsed.ranges;
}

describe("a list of ports", () => {
  it("has ports and ranges of ports", () => {
    expect(rangesOf("25, 587,4000-4010 ,65535")).toEqual([
      { first: 25, last: 25 },
      { first: 587, last: 587 },
      { first: 4000, last: 4010 },
      { first: 65_535, last: 65_535 },
    ]);
  });

  it("may be empty", () => {
    expect(rangesOf("")).toEqual([]);
    expect(rangesOf("  ")).toEqual([]);
  });

  it.each([
    ["25,,26", "a port is missing beside a comma"],
    ["25,", "a port is missing beside a comma"],
    ["mysql", '"mysql" is not a port or a range of ports such as 4000-4010'],
    ["1-2-3", '"1-2-3" is not a port or a range of ports such as 4000-4010'],
    ["-5", '"-5" is not a port or a range of ports such as 4000-4010'],
    ["0", '"0": ports are 1 to 65535'],
    ["1-65536", '"1-65536": ports are 1 to 65535'],
    ["4010-4000", '"4010-4000" ends before it begins'],
  ])("says what is wrong with %s", (text, problem) => {
    expect(parsePortRanges(text)).toEqual({ problem });
  });

  it("has a bound", () => {
    const most = Array.from({ length: PORT_RANGES_MAX }, (_, index) => index + 1);
    expect(rangesOf(most.join(","))).toHaveLength(PORT_RANGES_MAX);
    expect(parsePortRanges(`${most.join(",")},9999`)).toEqual({
      problem: "these are 257 ports or ranges, at most 256",
    });
  });

  it("includes both ends of a range and nothing beside it", () => {
    const ranges = rangesOf("25,4000-4010");
    const included = [24, 25, 26, 3999, 4000, 4005, 4010, 4011].filter((port) =>
      includesPort(ranges, port),
    );
    expect(included).toEqual([25, 4000, 4005, 4010]);
  });

  it("is read as it is written", () => {
    const port = fc.integer({ min: 1, max: 65_535 });
    const range = fc
      .tuple(port, port)
      .map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) }));
    fc.assert(
      fc.property(fc.array(range, { maxLength: 8 }), (ranges) => {
        expect(rangesOf(formatPortRanges(ranges))).toEqual(ranges);
      }),
    );
  });

  it.each([
    ["443,80", "80,443"],
    ["4567,4568", "4567-4568"],
    ["9000-9010,9005-9020,9021,9030", "9000-9021,9030"],
    ["1-65535,80", "1-65535"],
    ["80,80", "80"],
    ["", ""],
  ])("%j is, joined, %j", (text, joined) => {
    expect(formatPortRanges(joinPortRanges(rangesOf(text)))).toBe(joined);
  });
});
