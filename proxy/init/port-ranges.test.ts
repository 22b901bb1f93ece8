import { describe, expect, it } from "vitest";
import { formatPortRange, PORT_RANGES_MAX, parsePortRanges } from "./port-ranges.ts";

describe("a list of ports", () => {
  it.each([
    ["", ""],
    ["80", "80"],
    [" 443 , 80,", "80 443"],
    ["4567,4568", "4567-4568"],
    ["9000-9010,9005-9020,9021,9030", "9000-9021 9030"],
    ["1-65535,80", "1-65535"],
    ["80,80", "80"],
  ])("%j is %j", (text, ranges) => {
    const parsed = parsePortRanges(text);
    const shown = typeof parsed === "string" ? parsed : parsed.map((one) => formatPortRange(one));
    expect(shown).toEqual(ranges === "" ? [] : ranges.split(" "));
  });

  it.each(["0", "65536", "9-8", "80-", "-80", "http", "1-2-3", "8 0"])("refuses %j", (text) => {
    expect(parsePortRanges(text)).toContain(JSON.stringify(text));
  });

  it("is bounded", () => {
    const text = Array.from({ length: PORT_RANGES_MAX + 1 }, (_, index) => 2 * index + 1).join();
    expect(parsePortRanges(text)).toContain(`more than ${PORT_RANGES_MAX}`);
  });
});
