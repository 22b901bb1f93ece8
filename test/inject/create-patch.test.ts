/** A patch must mean the same to every implementation: the API server has one of its own. */
import fc from "fast-check";
import fastJsonPatch from "fast-json-patch";
// @ts-expect-error it has no types
import jsonPatch from "json-patch";
import { describe, expect, it } from "vitest";
import { createPatch, type PatchOperation } from "../../inject/create-patch.ts";
import { injectPod } from "../../inject/inject-pod.ts";
import { SAMPLE_OPTIONS, SAMPLE_POD, withSpec } from "../../inject/sample-pod.ts";
import { readInjectedPods } from "../harness/injected-pods.ts";

/** Implementations of others, each of which must make the same of a patch. */
const JUDGES: Readonly<Record<string, (value: unknown, patch: PatchOperation[]) => unknown>> = {
  "fast-json-patch": (value, patch) => fastJsonPatch.applyPatch(value, patch, true).newDocument,
  "json-patch": (value, patch) => jsonPatch.apply(value, patch),
};

/** They change what they are given. */
function copy<T>(value: T): T {
  return structuredClone(value);
}

function check(before: unknown, after: unknown): readonly PatchOperation[] {
  const patch = createPatch(before, after);
  for (const [name, apply] of Object.entries(JUDGES)) {
    expect(apply(copy(before), copy([...patch])), name).toEqual(after);
  }
  return patch;
}

const key = fc.constantFrom("a", "b", "a/b", "~1", "~", "", "0", "-");
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(null, true, 0, 1, "", "x"),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(key, tie("value"), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value;
const map = fc.dictionary(key, json, { maxKeys: 5, noNullPrototype: true });

describe("createPatch", () => {
  it.each(readInjectedPods())("makes of the pod $name what injection makes of it", (one) => {
    check(one.pod, one.injected);
    check(one.injected, one.pod);
  });

  it("makes any value another, for every implementation", () => {
    fc.assert(
      fc.property(map, map, (before, after) => void check(before, after)),
      {
        numRuns: 500,
      },
    );
  });

  it("says nothing of what is equal", () => {
    expect(check({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toEqual([]);
  });

  it("adds before the rest without touching it", () => {
    expect(check({ list: [{ a: 1 }, { b: 2 }] }, { list: [0, { a: 1 }, { b: 2 }] })).toEqual([
      { op: "add", path: "/list/0", value: 0 },
    ]);
  });

  it("takes from the middle without touching the rest", () => {
    expect(check({ list: [1, 2, 3, 4] }, { list: [1, 4] })).toEqual([
      { op: "remove", path: "/list/2" },
      { op: "remove", path: "/list/1" },
    ]);
  });

  it("escapes what a path would take for its own", () => {
    expect(check({}, { "heddle.mesh/inject": "x", "~": 1 })).toEqual([
      { op: "add", path: "/heddle.mesh~1inject", value: "x" },
      { op: "add", path: "/~0", value: 1 },
    ]);
  });

  it("adds containers and changes none", () => {
    const pod = withSpec({ initContainers: [{ name: "one" }, { name: "two" }, { name: "three" }] });
    const patch = check(pod, injectPod(pod, SAMPLE_OPTIONS, null));
    expect(patch.map(({ op, path }) => `${op} ${path}`)).toEqual([
      "add /metadata/labels/heddle.mesh~1proxied",
      "add /metadata/annotations",
      "add /spec/initContainers/0",
      "add /spec/initContainers/1",
      "add /spec/volumes",
    ]);
    expect(check(SAMPLE_POD, injectPod(SAMPLE_POD, SAMPLE_OPTIONS, null))).toHaveLength(4);
  });
});
