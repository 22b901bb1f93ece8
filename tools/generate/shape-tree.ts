/**
 * Reads a TypeBox schema into a small closed set of shapes. Both generators, validators and
 * Kubernetes' structural schemas, work from these, so neither ever guesses at JSON Schema, and a
 * schema that uses something neither can express stops the generation.
 */

export interface ShapeNotes {
  readonly description: string;
  /** Kubernetes extensions, taken over as they are: CEL rules, list types. */
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly defaultValue: unknown;
}

export interface Property {
  readonly name: string;
  readonly shape: Shape;
  readonly required: boolean;
}

export type Shape = ShapeNotes &
  (
    | {
        readonly kind: "object";
        readonly properties: readonly Property[];
        /** Keys that exist one level up, to say "too deep" rather than "unknown". */
        readonly deep: readonly string[];
        readonly open: boolean;
      }
    | { readonly kind: "map"; readonly values: Shape; readonly max: number }
    | { readonly kind: "list"; readonly items: Shape; readonly min: number; readonly max: number }
    | TextShape
    | {
        readonly kind: "number";
        readonly min: number | undefined;
        readonly max: number | undefined;
        readonly whole: boolean;
      }
    | { readonly kind: "boolean" }
    | { readonly kind: "words"; readonly words: readonly (string | number | boolean)[] }
    | { readonly kind: "number-or-text"; readonly text: TextShape; readonly whole: boolean }
    | {
        readonly kind: "variants";
        readonly tag: string;
        readonly cases: readonly { readonly word: string; readonly shape: Shape }[];
      }
    | { readonly kind: "nullable"; readonly of: Shape }
    | { readonly kind: "anything" }
    | { readonly kind: "reference"; readonly name: string }
  );

export interface TextShape extends ShapeNotes {
  readonly kind: "text";
  readonly min: number;
  readonly max: number | undefined;
  readonly pattern: string | undefined;
  readonly meaning: string;
}

/** A schema, and what its references name. */
export interface ShapeTree {
  readonly root: Shape;
  readonly named: ReadonlyMap<string, Shape>;
}

type Raw = Readonly<Record<string, unknown>>;

/** Reads a schema made by TypeBox. Throws on anything outside the closed set. */
export function readShapes(schema: unknown): ShapeTree {
  const raw = record(schema, "schema");
  const named = new Map<string, Shape>();
  for (const [name, definition] of Object.entries(record(raw.$defs ?? {}, "$defs"))) {
    named.set(name, readShape(definition, `$defs.${name}`));
  }
  collectDefinitions(raw, named);
  return { root: readShape(schema, "schema"), named };
}

/** `Type.Cyclic` puts its definitions where it is used, at any depth. */
function collectDefinitions(value: unknown, named: Map<string, Shape>): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === "$defs") {
      for (const [name, definition] of Object.entries(record(inner, "$defs"))) {
        named.set(name, readShape(definition, `$defs.${name}`));
      }
    }
    collectDefinitions(inner, named);
  }
}

function readShape(schema: unknown, at: string): Shape {
  const raw = record(schema, at);
  const notes = notesOf(raw);
  if (typeof raw.$ref === "string") {
    return { ...notes, kind: "reference", name: raw.$ref.replace(/^#\/\$defs\//, "") };
  }
  if (raw["x-kubernetes-int-or-string"] === true) {
    const text = readText(raw, notes);
    return { ...notes, kind: "number-or-text", text, whole: raw.whole !== false };
  }
  if (Array.isArray(raw.anyOf)) return readUnion(raw.anyOf, notes, at);
  if (Array.isArray(raw.enum)) return { ...notes, kind: "words", words: words(raw.enum, at) };
  if (raw.const !== undefined) {
    return { ...notes, kind: "words", words: words([raw.const], at) };
  }
  switch (raw.type) {
    case "object":
      return readObject(raw, notes, at);
    case "array":
      return {
        ...notes,
        kind: "list",
        items: readShape(raw.items, `${at}[]`),
        min: optionalNumber(raw.minItems) ?? 0,
        max: need(optionalNumber(raw.maxItems), `${at}: maxItems`),
      };
    case "string":
      return readText(raw, notes);
    case "integer":
    case "number":
      return {
        ...notes,
        kind: "number",
        min: optionalNumber(raw.minimum),
        max: optionalNumber(raw.maximum),
        whole: raw.type === "integer",
      };
    case "boolean":
      return { ...notes, kind: "boolean" };
    case undefined:
      return { ...notes, kind: "anything" };
    default:
      throw new Error(`${at}: type ${String(raw.type)} cannot be generated`);
  }
}

function readObject(raw: Raw, notes: ShapeNotes, at: string): Shape {
  const patterns = raw.patternProperties;
  if (patterns !== undefined) {
    const [values] = Object.values(record(patterns, at));
    const max = need(optionalNumber(raw.maxProperties), `${at}: maxProperties`);
    return { ...notes, kind: "map", values: readShape(values, `${at}{}`), max };
  }
  const required = Array.isArray(raw.required) ? raw.required : [];
  const properties = Object.entries(record(raw.properties ?? {}, at)).map(([name, inner]) => ({
    name,
    shape: readShape(inner, `${at}.${name}`),
    required: required.includes(name),
  }));
  const deep = Array.isArray(raw.deep) ? raw.deep.map(String) : [];
  return { ...notes, kind: "object", properties, deep, open: raw.additionalProperties === true };
}

function readText(raw: Raw, notes: ShapeNotes): TextShape {
  const pattern = raw.pattern;
  const meaning = raw.meaning;
  return {
    ...notes,
    kind: "text",
    min: optionalNumber(raw.minLength) ?? 0,
    max: optionalNumber(raw.maxLength),
    pattern: typeof pattern === "string" ? pattern : undefined,
    meaning: typeof meaning === "string" ? meaning : "",
  };
}

function readUnion(parts: readonly unknown[], notes: ShapeNotes, at: string): Shape {
  const shapes = parts.map((part, index) => ({
    raw: record(part, at),
    shape: readShapeUnlessNull(part, `${at}|${index}`),
  }));
  const present = shapes.filter((part) => part.shape !== null);
  if (present.length < shapes.length) {
    if (present.length === 1 && present[0]?.shape) {
      return { ...notes, kind: "nullable", of: present[0].shape };
    }
    const of = readUnion(
      present.map((part) => part.raw),
      notes,
      at,
    );
    return { ...notes, kind: "nullable", of };
  }
  if (shapes.every((part) => part.raw.const !== undefined)) {
    return {
      ...notes,
      kind: "words",
      words: words(
        shapes.map((part) => part.raw.const),
        at,
      ),
    };
  }
  return readVariants(
    shapes.flatMap((part) => (part.shape === null ? [] : [part.shape])),
    notes,
    at,
  );
}

function readShapeUnlessNull(part: unknown, at: string): Shape | null {
  return record(part, at).type === "null" ? null : readShape(part, at);
}

/** Objects that one property with a fixed word tells apart; the first such property counts. */
function readVariants(shapes: readonly Shape[], notes: ShapeNotes, at: string): Shape {
  const [first] = shapes;
  const candidates = first?.kind === "object" ? first.properties.map(({ name }) => name) : [];
  for (const tag of candidates) {
    const cases = shapes.map((shape) => ({ word: onlyWord(shape, tag), shape }));
    const known = cases.flatMap(({ word, shape }) => (word === undefined ? [] : [{ word, shape }]));
    if (
      known.length === shapes.length &&
      new Set(known.map((one) => one.word)).size === known.length
    )
      return { ...notes, kind: "variants", tag, cases: known };
  }
  throw new Error(`${at}: a union needs a property that tells its parts apart`);
}

function onlyWord(shape: Shape, tag: string): string | undefined {
  if (shape.kind !== "object") return undefined;
  const property = shape.properties.find(({ name }) => name === tag);
  if (property?.shape.kind !== "words" || !property.required) return undefined;
  const [word] = property.shape.words;
  return property.shape.words.length === 1 && typeof word === "string" ? word : undefined;
}

function notesOf(raw: Raw): ShapeNotes {
  const extensions = Object.fromEntries(
    Object.entries(raw).filter(([key]) => key.startsWith("x-kubernetes-")),
  );
  const description = typeof raw.description === "string" ? raw.description : "";
  return { description, extensions, defaultValue: raw.default };
}

function words(values: readonly unknown[], at: string): (string | number | boolean)[] {
  return values.map((value) => {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      return value;
    }
    throw new Error(`${at}: only words, numbers and booleans can be listed`);
  });
}

function record(value: unknown, at: string): Raw {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value));
  }
  throw new Error(`${at}: not a schema`);
}

function optionalNumber(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function need(value: number | undefined, what: string): number {
  if (value === undefined) throw new Error(`${what} is missing: everything is bounded`);
  return value;
}
