import { describe, expect, it } from "vitest";
import { formatControlPlace, isLocalPlace, parseControlPlace } from "./control-place.ts";

describe("the place where proxies are served", () => {
  it.each([
    ["127.0.0.1:4190", true],
    ["localhost:4190", true],
    ["unix:/run/heddle/operator.sock", true],
    ["0.0.0.0:4190", false],
    ["[::]:4190", false],
    ["[fd00::1]:4190", false],
    ["operator.example:4190", false],
  ])("%s is of this machine alone: %s", (text, isLocal) => {
    const place = parseControlPlace(text);
    expect(typeof place === "string" ? place : isLocalPlace(place)).toBe(isLocal);
  });

  it.each(["127.0.0.1:4190", "[::1]:0", "localhost:1", "unix:/run/heddle/operator.sock"])(
    "may be %s",
    (text) => {
      const place = parseControlPlace(text);
      expect(typeof place === "string" ? place : formatControlPlace(place)).toBe(text);
    },
  );

  it.each([
    ["127.0.0.1", "neither HOST:PORT"],
    ["unix:operator.sock", "absolute path"],
    ["/run/operator.sock", "neither HOST:PORT"],
  ])("is not %s", (text, problem) => {
    expect(parseControlPlace(text)).toContain(problem);
  });
});
