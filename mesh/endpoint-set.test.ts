import { describe, expect, it } from "vitest";
import { isHostName } from "./endpoint-set.ts";

describe("the name of a host", () => {
  it.each(["localhost", "db.example.com", "a", "xn--bcher-kva.example", "_x.a-b.c1", "1.example"])(
    "may be %s",
    (text) => expect(isHostName(text)).toBe(true),
  );

  it.each([
    "",
    ".",
    "a.",
    "a..b",
    "-a.b",
    "a-.b",
    "A.b",
    "a b",
    "10.0.0.1",
    "10.0.0.256",
    "1",
    "::1",
    "a:80",
    "a/b",
    `${"a".repeat(64)}.b`,
    "a.".repeat(127),
  ])("is not %j", (text) => expect(isHostName(text)).toBe(false));
});
