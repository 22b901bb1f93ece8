import { describe, expect, it } from "vitest";
import {
  checkBoolean,
  checkWord,
  formatPath,
  type missingKey,
  type Path,
  quote,
  ROOT,
  unknownKey,
  wrongType,
} from "./shape.ts";

/** What a check says, as `path: message (hint)`. */
function said(check: (report: Parameters<typeof missingKey>[2]) => boolean): readonly string[] {
  const found: string[] = [];
  check((path, _, message, hint) => found.push(`${formatPath(path)}: ${message} (${hint})`));
  return found;
}

const path = (...keys: readonly (string | number)[]): Path =>
  keys.reduce<Path>((parent, key) => ({ parent, key }), ROOT);

describe("formatPath", () => {
  it("writes keys as they are written in code", () => {
    expect(formatPath(path("spec", "routes", 2, "timeout"))).toBe("spec.routes[2].timeout");
    expect(formatPath(path("labels", "a.b/c"))).toBe('labels["a.b/c"]');
    expect(formatPath(ROOT)).toBe("");
  });
});

describe("quote", () => {
  it("makes one short line of anything", () => {
    expect(quote("a\nb")).toBe('"a\\nb"');
    expect(quote("x".repeat(100))).toHaveLength(67);
  });
});

describe("unknownKey", () => {
  const known = ["timeout", "timeouts", "retryRatio"];

  it("suggests what is near, or contains the word", () => {
    const hint = (key: string) => said((report) => unknownKey(ROOT, key, known, [], report))[0];
    expect(hint("timout")).toContain('did you mean "timeout"?');
    expect(hint("ratio")).toContain('did you mean "retryRatio"?');
    expect(hint("zzz")).toContain("known here: timeout, timeouts, retryRatio");
  });

  it("says when a key is only too deep", () => {
    expect(said((report) => unknownKey(ROOT, "all", known, ["all"], report))[0]).toContain(
      "nests too deeply",
    );
  });
});

describe("wrongType", () => {
  it("says how to write it instead", () => {
    const hint = (value: unknown, wanted: string) =>
      said((report) => wrongType(path("a"), value, wanted, report))[0];
    expect(hint(null, "a list")).toBe(
      "a: must be a list, not nothing (give it a value, or take the key away)",
    );
    expect(hint(80, "text")).toContain('quote it: "80"');
    expect(hint("80", "a whole number")).toContain("take the quotes away");
    expect(hint("60%", "a whole number")).toContain("write 60");
    expect(hint("20%", "a number")).toContain("write 0.2");
    expect(hint({}, "text")).toBe("a: must be text, not a map ()");
  });
});

describe("checkWord and checkBoolean", () => {
  it("know what was probably meant", () => {
    expect(said((report) => checkWord("strct", ROOT, "a", ["strict"], report))[0]).toContain(
      'did you mean "strict"?',
    );
    expect(said((report) => checkWord(1, ROOT, "a", ["strict"], report))[0]).toContain(
      "one of strict",
    );
    expect(said((report) => checkWord("apps", ROOT, "a", ["", "core"], report))[0]).toContain(
      'one of "", core, not "apps"',
    );
    expect(said((report) => checkBoolean("yes", ROOT, "a", report))[0]).toContain("write true");
    expect(said((report) => checkBoolean("maybe", ROOT, "a", report))[0]).toContain(
      "true or false",
    );
    expect(said((report) => checkBoolean(false, ROOT, "a", report))).toEqual([]);
  });
});
