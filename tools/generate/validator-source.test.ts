import { stripTypeScriptTypes } from "node:module";
import { Type } from "typebox";
import { describe, expect, it } from "vitest";
import * as shape from "../../base/shape.ts";
import { readShapes } from "./shape-tree.ts";
import { validatorSource } from "./validator-source.ts";

/** Runs what was generated, and gives its findings as `code path`. */
function findings(schema: unknown, value: unknown, nullIsAbsent = false): readonly string[] {
  const source = validatorSource({
    validators: [{ typeName: "Sample", tree: readShapes(schema) }],
    typesFrom: "./sample.ts",
    runtimeFrom: "./shape.ts",
    nullIsAbsent,
  });
  const script = stripTypeScriptTypes(source)
    .replace(/^import .*$/gm, "")
    .replace("export function", "return function");
  const names = Object.keys(shape);
  const validate = new Function(...names, script)(...Object.values(shape));
  const found: string[] = [];
  const valid: unknown = validate(value, (path: shape.Path, code: string) => {
    found.push(`${code} ${shape.formatPath(path)}`);
  });
  expect(valid).toBe(found.length === 0);
  return found;
}

describe("generated validators", () => {
  const point = Type.Object({
    x: Type.Integer({ minimum: 0, maximum: 9 }),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 3, pattern: "^[a-z]*$" })),
  });

  it("check objects", () => {
    expect(findings(point, { x: 1, name: "abc" })).toEqual([]);
    expect(findings(point, {})).toEqual(["required x"]);
    expect(findings(point, { x: 1, y: 2 })).toEqual(["unknown-field y"]);
    expect(findings(point, { x: 10, name: "" })).toEqual(["out-of-range x", "too-short name"]);
    expect(findings(point, { x: 1.5, name: "ABC" })).toEqual(["wrong-type x", "bad-value name"]);
    expect(findings(point, { x: Number.NaN, name: "abcd" })).toEqual([
      "wrong-type x",
      "too-long name",
    ]);
    expect(findings(point, [])).toEqual(["wrong-type "]);
    expect(findings(point, null)).toEqual(["wrong-type "]);
    expect(findings(point, JSON.parse('{"x":1,"__proto__":{"name":"z"}}'))).toEqual([
      "unknown-field __proto__",
    ]);
  });

  it("name so many unknown keys and no more", () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`k${index}`, 1]));
    expect(findings(point, { ...many, x: 1 })).toHaveLength(shape.UNKNOWN_KEYS_MAX);
    expect(findings(Type.Object({}), many)).toHaveLength(shape.UNKNOWN_KEYS_MAX);
  });

  it("leave open objects open", () => {
    const open = Type.Object({ x: Type.Integer() }, { additionalProperties: true });
    expect(findings(open, { x: 1, y: 2 })).toEqual([]);
    expect(findings(Type.Object({}, { additionalProperties: true }), { y: 2 })).toEqual([]);
  });

  it("count characters, not code units", () => {
    expect(findings(Type.Object({ t: Type.String({ maxLength: 2 }) }), { t: "😀😀" })).toEqual([]);
  });

  it("check lists and maps with their bounds", () => {
    const list = Type.Object({ l: Type.Array(point, { minItems: 1, maxItems: 2 }) });
    expect(findings(list, { l: [{ x: 1 }, { x: "1" }] })).toEqual(["wrong-type l[1].x"]);
    expect(findings(list, { l: [] })).toEqual(["too-few l"]);
    expect(findings(list, { l: [1, 2, 3] })).toEqual(["too-many l"]);
    const map = Type.Object({
      m: Type.Record(Type.String(), Type.Boolean(), { maxProperties: 1 }),
    });
    expect(findings(map, { m: { "a.b": 1 } })).toEqual(['wrong-type m["a.b"]']);
    expect(findings(map, { m: { a: true, b: true } })).toEqual(["too-many m"]);
  });

  it("tell the parts of a union apart by a word", () => {
    const union = Type.Object({
      u: Type.Union([
        Type.Object({ kind: Type.Literal("a"), x: Type.Integer() }),
        Type.Object({ kind: Type.Literal("b") }),
        Type.Null(),
      ]),
    });
    expect(findings(union, { u: { kind: "a", x: 1 } })).toEqual([]);
    expect(findings(union, { u: null })).toEqual([]);
    expect(findings(union, { u: { kind: "b", x: 1 } })).toEqual(["unknown-field u.x"]);
    expect(findings(union, { u: { kind: "c" } })).toEqual(["bad-value u.kind"]);
    expect(findings(union, { u: {} })).toEqual(["required u.kind"]);
  });

  it("follow a shape into itself, within a bound", () => {
    const tree = Type.Cyclic(
      { Node: Type.Object({ next: Type.Optional(Type.Ref("Node")) }) },
      "Node",
    );
    const root = Type.Object({ tree });
    expect(findings(root, { tree: { next: { next: {} } } })).toEqual([]);
    expect(findings(root, { tree: { next: { next: { a: 1 } } } })).toEqual([
      "unknown-field tree.next.next.a",
    ]);
    let deep: unknown = {};
    for (let level = 0; level < 1000; level += 1) deep = { next: deep };
    expect(findings(root, { tree: deep })[0]).toMatch(/^too-deep /);
  });

  it("take null for absent where Kubernetes does", () => {
    const sample = Type.Object({ a: Type.Optional(Type.Integer()), b: Type.Integer() });
    expect(findings(sample, { a: null, b: 1 }, true)).toEqual([]);
    expect(findings(sample, { a: null, b: null }, true)).toEqual(["required b"]);
    expect(findings(sample, { a: null, b: 1 })).toEqual(["wrong-type a"]);
  });

  it("refuse schemas that they cannot express", () => {
    expect(() => readShapes(Type.Array(Type.String()))).toThrow("maxItems is missing");
    expect(() => readShapes(Type.Union([Type.String({ maxLength: 1 }), Type.Integer()]))).toThrow(
      "tells its parts apart",
    );
  });
});
