import { describe, expect, it } from "vitest";
import { choosePaint } from "./paint.ts";

const RED = "\u001b[31mno\u001b[0m";

describe("choosePaint", () => {
  it.each([
    ["a terminal", true, {}, RED],
    ["a pipe", false, {}, "no"],
    ["a terminal with NO_COLOR", true, { NO_COLOR: "1" }, "no"],
    ["a terminal with an empty NO_COLOR", true, { NO_COLOR: "" }, RED],
    ["a dumb terminal", true, { TERM: "dumb" }, "no"],
  ])("on %s", (_name, isTerminal, environment, expected) => {
    expect(choosePaint({ isTerminal, environment })("bad", "no")).toBe(expected);
  });
});
