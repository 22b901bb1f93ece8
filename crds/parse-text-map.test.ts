import { expect, it } from "vitest";
import { parseTextMap } from "./parse-text-map.ts";

it.each([
  ["log-level: debug\nworkers: 2\negress: true\n"],
  ['{"log-level": "debug", "workers": "2", "egress": "true"}'],
])("is YAML, and so JSON: %j", (text) => {
  expect(parseTextMap(text)).toEqual({ "log-level": "debug", workers: "2", egress: "true" });
});

it("may be empty", () => {
  expect([parseTextMap("# nothing\n"), parseTextMap("")]).toEqual([{}, {}]);
});

it.each([
  ["workers: [1]", "workers has no plain value"],
  ["workers:", "workers has no plain value"],
  ["- workers", "is no map of options"],
  ["a: b: c", ""],
  ["workers: 1\nworkers: 2", ""],
  ["x: *nothing", ""],
])("tells what is wrong with %j", (text, wanted) => {
  const read = parseTextMap(text);
  expect(typeof read).toBe("string");
  expect(read).toContain(wanted);
});
