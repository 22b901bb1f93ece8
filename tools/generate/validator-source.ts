/**
 * Writes a validator as plain TypeScript: one function per container, leaves checked in line by
 * `base/shape.ts`. Programs then check what they are sent without carrying a schema library, and
 * a path is only put into words when there is something to report.
 */
import type { Shape, ShapeTree } from "./shape-tree.ts";

export interface ValidatorRequest {
  /** `ServiceProfile`: the type that the schema file exports, and the name of the function. */
  readonly typeName: string;
  readonly tree: ShapeTree;
}

export interface ValidatorFile {
  readonly validators: readonly ValidatorRequest[];
  /** Where the types come from, as the generated file imports it. */
  readonly typesFrom: string;
  /** `base/shape.ts`, as the generated file imports it. */
  readonly runtimeFrom: string;
  /** Kubernetes' own kinds: a null stands for a field that is not there. */
  readonly nullIsAbsent: boolean;
}

/** What makes no difference to a validator. */
const UNJUDGED = ["description", "extensions", "defaultValue"];

/** Recursive shapes are followed this many containers deep. */
const PATH_DEPTH_MAX = 64;

export function validatorSource(file: ValidatorFile): string {
  const writer = new ValidatorWriter(file.nullIsAbsent);
  for (const { typeName, tree } of file.validators) writer.addValidator(typeName, tree);
  const body = writer.text();
  const used = RUNTIME_NAMES.filter((name) =>
    new RegExp(`\\b${name.replace("type ", "")}\\b`).test(body),
  );
  const typeNames = file.validators.map(({ typeName }) => typeName).sort();
  return [
    "// Made by tools/generate from the schemas. Edit those, then run `make generate`.",
    `import type { ${typeNames.join(", ")} } from "${file.typesFrom}";`,
    `import { ${used.join(", ")} } from "${file.runtimeFrom}";`,
    "",
    body,
  ].join("\n");
}

const RUNTIME_NAMES = [
  "checkBoolean",
  "checkNumber",
  "checkSize",
  "checkText",
  "checkWord",
  "isRecord",
  "missingKey",
  "type NumberBounds",
  "type Path",
  "type Report",
  "ROOT",
  "type TextBounds",
  "tooDeep",
  "UNKNOWN_KEYS_MAX",
  "unknownKey",
  "wrongType",
];

class ValidatorWriter {
  readonly #nullIsAbsent: boolean;
  readonly #constants = new Map<string, string>();
  readonly #containers = new Map<string, string>();
  readonly #functions: string[] = [];
  readonly #names = new Set<string>();
  readonly #references = new Map<Shape, string>();

  constructor(nullIsAbsent: boolean) {
    this.#nullIsAbsent = nullIsAbsent;
  }

  addValidator(typeName: string, tree: ShapeTree): void {
    const call = this.#check(tree.root, "value", "path", '""', typeName, tree);
    // The root is a container, and takes the path of the whole value as its own.
    const rooted = call.replace('{ parent: path, key: "" }', "path");
    this.#functions.push(
      `export function validate${typeName}(`,
      "  value: unknown,",
      "  report: Report,",
      "  path: Path = ROOT,",
      `): value is ${typeName} {`,
      `  return ${rooted};`,
      "}",
      "",
    );
  }

  text(): string {
    const constants = [...this.#constants].map(([value, name]) => `const ${name} = ${value};`);
    return [...constants, "", ...this.#functions].join("\n");
  }

  /** An expression that is true when the value is right; it reports what is not. */
  #check(
    shape: Shape,
    value: string,
    parent: string,
    key: string,
    name: string,
    tree: ShapeTree,
  ): string {
    switch (shape.kind) {
      case "anything":
        return "true";
      case "boolean":
        return `checkBoolean(${value}, ${parent}, ${key}, report)`;
      case "words": {
        const words = this.#constant("WORDS", JSON.stringify(shape.words));
        return `checkWord(${value}, ${parent}, ${key}, ${words}, report)`;
      }
      case "text":
        return `checkText(${value}, ${parent}, ${key}, ${this.#textBounds(shape)}, report)`;
      case "number":
        return `checkNumber(${value}, ${parent}, ${key}, ${this.#numberBounds(shape)}, report)`;
      case "number-or-text": {
        const whole = { min: undefined, max: undefined, whole: shape.whole };
        const at = `${value}, ${parent}, ${key}`;
        const text = `checkText(${at}, ${this.#textBounds(shape.text)}, report)`;
        const number = `checkNumber(${at}, ${this.#numberBounds(whole)}, report)`;
        return `(typeof ${value} === "number" ? ${number} : ${text})`;
      }
      case "nullable":
        return `(${value} === null || ${this.#check(shape.of, value, parent, key, name, tree)})`;
      case "reference": {
        const called = this.#reference(shape.name, tree);
        return `${called}(${value}, { parent: ${parent}, key: ${key} }, report)`;
      }
      default: {
        const called = this.#sharedContainer(shape, name, tree);
        return `${called}(${value}, { parent: ${parent}, key: ${key} }, report)`;
      }
    }
  }

  #reference(name: string, tree: ShapeTree): string {
    const shape = tree.named.get(name);
    if (shape === undefined) throw new Error(`no definition of ${name}`);
    const known = this.#references.get(shape);
    if (known !== undefined) return known;
    const called = this.#unique(name);
    this.#references.set(shape, `check${called}`);
    return this.#container(shape, called, tree, true);
  }

  /** Equal shapes share one function: conditions that were unrolled are full of them. */
  #sharedContainer(shape: Shape, name: string, tree: ShapeTree): string {
    const text = JSON.stringify(shape, (key, value) => (UNJUDGED.includes(key) ? "" : value));
    const known = this.#containers.get(text);
    if (known !== undefined) return known;
    const called = this.#container(shape, this.#unique(name), tree, false);
    this.#containers.set(text, called);
    return called;
  }

  #container(shape: Shape, name: string, tree: ShapeTree, recursive: boolean): string {
    const called = `check${name}`;
    const lines: string[] = [];
    if (recursive) {
      lines.push(`  if (depthOf(path) > ${PATH_DEPTH_MAX}) {`);
      lines.push(`    return tooDeep(path, ${PATH_DEPTH_MAX}, report);`, "  }");
      this.#addDepth();
    }
    switch (shape.kind) {
      case "object":
        lines.push(...this.#objectLines(shape, name, tree));
        break;
      case "list":
        lines.push(...this.#listLines(shape, name, tree));
        break;
      case "map":
        lines.push(...this.#mapLines(shape, name, tree));
        break;
      case "variants":
        lines.push(...this.#variantLines(shape, name, tree));
        break;
      default:
        throw new Error(`${name}: a ${shape.kind} needs no function of its own`);
    }
    const head = `function ${called}(value: unknown, path: Path, report: Report): boolean {`;
    this.#functions.push(head, ...lines, "}", "");
    return called;
  }

  #objectLines(shape: Shape & { kind: "object" }, name: string, tree: ShapeTree): string[] {
    const lines = ['  if (!isRecord(value)) return wrongType(path, value, "a map", report);'];
    const mutable = shape.properties.length > 0 || !shape.open;
    if (mutable) lines.push("  let ok = true;");
    if (!shape.open) {
      const names = shape.properties.map((property) => JSON.stringify(property.name));
      const known = this.#constant("KEYS", `[${names.join(", ")}]`, ": readonly string[]");
      const deep = this.#constant("DEEP", JSON.stringify(shape.deep), ": readonly string[]");
      lines.push("  let unknown = 0;", "  for (const key in value) {");
      const report = `ok = unknownKey(path, key, ${known}, ${deep}, report);`;
      const stop = "if (++unknown === UNKNOWN_KEYS_MAX) return false;";
      if (names.length === 0) lines.push(`    ${report}`, `    ${stop}`);
      else {
        lines.push("    switch (key) {", ...names.map((one) => `      case ${one}:`));
        lines.push("        break;", "      default:", `        ${report}`, `        ${stop}`);
        lines.push("    }");
      }
      lines.push("  }");
    }
    for (const [index, property] of shape.properties.entries()) {
      lines.push(...this.#propertyLines(property, `v${index}`, name, tree));
    }
    lines.push(mutable ? "  return ok;" : "  return true;");
    return lines;
  }

  #propertyLines(
    property: { name: string; shape: Shape; required: boolean },
    local: string,
    name: string,
    tree: ShapeTree,
  ): string[] {
    const key = JSON.stringify(property.name);
    const inner = name + camel(property.name);
    const check = this.#check(property.shape, local, "path", key, inner, tree);
    const present = this.#nullIsAbsent
      ? `${local} !== undefined && ${local} !== null`
      : `${local} !== undefined`;
    if (!property.required) {
      if (check === "true") return [];
      const read = `  const ${local} = value[${key}];`;
      return [read, `  if (${present} && !${check}) ok = false;`];
    }
    const read = `  const ${local} = value[${key}];`;
    const missing = `  if (!(${present})) ok = missingKey(path, ${key}, report);`;
    if (check === "true") return [read, missing];
    return [read, missing, `  else if (!${check}) ok = false;`];
  }

  #listLines(shape: Shape & { kind: "list" }, name: string, tree: ShapeTree): string[] {
    const check = this.#check(shape.items, "item", "path", "index", `${name}Item`, tree);
    const lines = [
      '  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);',
      "  const size = value.length;",
      `  const isFitting = checkSize(size, ${shape.min}, ${shape.max}, "entries", path, report);`,
      "  if (!isFitting) return false;",
    ];
    if (check === "true") return [...lines, "  return true;"];
    return [
      ...lines,
      "  let ok = true;",
      "  for (let index = 0; index < value.length; index += 1) {",
      "    const item: unknown = value[index];",
      `    if (!${check}) ok = false;`,
      "  }",
      "  return ok;",
    ];
  }

  #mapLines(shape: Shape & { kind: "map" }, name: string, tree: ShapeTree): string[] {
    const check = this.#check(shape.values, "item", "path", "key", `${name}Value`, tree);
    const lines = [
      '  if (!isRecord(value)) return wrongType(path, value, "a map", report);',
      "  const keys = Object.keys(value);",
      `  if (!checkSize(keys.length, 0, ${shape.max}, "keys", path, report)) return false;`,
    ];
    if (check === "true") return [...lines, "  return true;"];
    return [
      ...lines,
      "  let ok = true;",
      "  for (const key of keys) {",
      "    const item = value[key];",
      `    if (!${check}) ok = false;`,
      "  }",
      "  return ok;",
    ];
  }

  #variantLines(shape: Shape & { kind: "variants" }, name: string, tree: ShapeTree): string[] {
    const words = this.#constant("WORDS", JSON.stringify(shape.cases.map(({ word }) => word)));
    const tag = JSON.stringify(shape.tag);
    const lines = [
      '  if (!isRecord(value)) return wrongType(path, value, "a map", report);',
      `  const tag = value[${tag}];`,
      `  if (tag === undefined) return missingKey(path, ${tag}, report);`,
      "  switch (tag) {",
    ];
    for (const one of shape.cases) {
      const called = this.#sharedContainer(one.shape, name + camel(one.word), tree);
      lines.push(`    case ${JSON.stringify(one.word)}:`);
      lines.push(`      return ${called}(value, path, report);`);
    }
    lines.push(
      "    default:",
      `      return checkWord(tag, path, ${tag}, ${words}, report);`,
      "  }",
    );
    return lines;
  }

  #addDepth(): void {
    if (this.#names.has("depthOf")) return;
    this.#names.add("depthOf");
    this.#functions.push(
      "function depthOf(path: Path): number {",
      "  let depth = 0;",
      "  for (let at: Path | null = path; at !== null; at = at.parent) depth += 1;",
      "  return depth;",
      "}",
      "",
    );
  }

  #textBounds(shape: Shape & { kind: "text" }): string {
    const max = shape.max ?? "Number.MAX_SAFE_INTEGER";
    const pattern = shape.pattern === undefined ? "null" : `/${escapeSlashes(shape.pattern)}/u`;
    const meaning = JSON.stringify(shape.meaning);
    const value = `{ min: ${shape.min}, max: ${max}, pattern: ${pattern}, meaning: ${meaning} }`;
    return this.#constant("TEXT", value, ": TextBounds");
  }

  #numberBounds(shape: {
    min: number | undefined;
    max: number | undefined;
    whole: boolean;
  }): string {
    const min = shape.min ?? "-Number.MAX_SAFE_INTEGER";
    const max = shape.max ?? "Number.MAX_SAFE_INTEGER";
    const value = `{ min: ${min}, max: ${max}, whole: ${shape.whole} }`;
    return this.#constant("NUMBER", value, ": NumberBounds");
  }

  /** Equal constants are shared. The type is part of the name that the text stores. */
  #constant(stem: string, value: string, type = ""): string {
    const known = this.#constants.get(value);
    if (known !== undefined) return known.replace(/:.*/, "");
    const name = `${stem}_${this.#constants.size}`;
    this.#constants.set(value, `${name}${type}`);
    return name;
  }

  #unique(name: string): string {
    let unique = name;
    for (let count = 2; this.#names.has(unique); count += 1) unique = `${name}${count}`;
    this.#names.add(unique);
    return unique;
  }
}

function camel(text: string): string {
  return text
    .split(/[^A-Za-z0-9]+/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("");
}

function escapeSlashes(pattern: string): string {
  return pattern.replace(/(?<!\\)\//g, "\\/");
}
