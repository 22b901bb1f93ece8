import { describe, expect, it } from "vitest";
import { checkLayers } from "./check-layers.ts";
import { formatViolation, parseSource } from "./source-file.ts";

/** The problems of a small repository, given as its files. */
function complaints(files: Readonly<Record<string, string>>): readonly string[] {
  const sources = Object.entries(files).map(([path, text]) => parseSource(path, text));
  return checkLayers(sources).map(formatViolation);
}

const importing = (specifier: string): string => `import { x } from "${specifier}";\nx();\n`;

describe("checkLayers", () => {
  it("lets imports point down", () => {
    expect(
      complaints({
        "operator/a.ts": importing("../crds/b.ts") + importing("node:http") + importing("ws"),
        "mesh/a.ts": importing("../base/clock.ts"),
        "proxy/outbound/a.ts": importing("../layers/retry.ts") + importing("../../wire/x.ts"),
        "proxy/net/a.ts": importing("node:net"),
        "test/any.test.ts": importing("../proxy/a.ts") + importing("../operator/a.ts"),
        "cli/main.ts": importing("../base/platform/system.ts"),
      }),
    ).toEqual([]);
  });

  it.each([
    ["mesh/a.ts", "../operator/b.ts", "mesh/ must not import operator/b.ts"],
    ["proxy/layers/a.ts", "../../kube/b.ts", "proxy/ must not import kube/b.ts"],
    ["operator/a.ts", "../cli/b.ts", "operator/ must not import cli/b.ts"],
    ["base/a.ts", "../mesh/b.ts", "it may use nothing"],
    ["mesh/a.ts", "node:fs", "node:fs is not for mesh/"],
    ["wire/a.ts", "ws", "the package ws is not for wire/"],
    ["proxy/layers/a.ts", "node:net", "node:net outside proxy/net"],
    ["proxy/layers/a.ts", "../outbound/b.ts", "proxy/layers must not import proxy/outbound"],
    ["proxy/odd/a.ts", "../net/b.ts", "proxy/odd is in no row"],
    ["operator/a.ts", "../base/platform/system.ts", "is for composition roots"],
    ["shared/a.ts", "../base/b.ts", "shared/ is in no layer"],
  ])("names %s importing %s", (path, specifier, problem) => {
    const [first = "", ...others] = complaints({ [path]: importing(specifier) });
    expect(first).toContain(`${path}:1: `);
    expect(first).toContain(problem);
    expect(others).toEqual([]);
  });

  it("sees every way to import", () => {
    const ways = [
      'export * from "../operator/b.ts";',
      'export { x } from "../operator/b.ts";',
      'import type { X } from "../operator/b.ts";',
      'export const x = import("../operator/b.ts");',
      'export type X = import("../operator/b.ts").X;',
      'import "../operator/b.ts";',
    ];
    for (const way of ways) {
      expect(complaints({ "mesh/a.ts": `\n\n${way}\n` })).toEqual([
        expect.stringContaining("mesh/a.ts:3: mesh/ must not import operator/b.ts"),
      ]);
    }
  });

  it("finds a ring of files once, and leaves types and lazy imports alone", () => {
    const ring = {
      "base/a.ts": importing("./b.ts"),
      "base/b.ts": importing("./c.ts"),
      "base/c.ts": importing("./a.ts"),
    };
    expect(complaints(ring)).toEqual([
      expect.stringContaining("base/a.ts -> base/b.ts -> base/c.ts -> base/a.ts"),
    ]);
    expect(complaints({ ...ring, "base/c.ts": 'import type { X } from "./a.ts";' })).toEqual([]);
    expect(complaints({ ...ring, "base/c.ts": 'export const x = import("./a.ts");' })).toEqual([]);
    expect(complaints({ "base/a.ts": importing("./a.ts") })).toHaveLength(1);
  });
});
