import { describe, expect, it } from "vitest";
import { isRecord } from "../../base/shape.ts";
import { definitions } from "./definitions.ts";
import { resourceDefinition } from "./resource-definition.ts";

/** `kubectl apply` keeps the whole object in an annotation, and those have this bound. */
const ANNOTATION_BYTES_MAX = 256 * 1024;

const KNOWN_KEYS = new Set([
  "additionalProperties",
  "description",
  "enum",
  "format",
  "items",
  "maxItems",
  "maxLength",
  "maxProperties",
  "maximum",
  "minItems",
  "minLength",
  "minimum",
  "nullable",
  "pattern",
  "properties",
  "required",
  "type",
  "x-kubernetes-int-or-string",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-list-type",
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-validations",
]);

/** Kubernetes' rules for structural schemas, and our own that everything is bounded. */
function structuralProblems(schema: unknown, at: string): readonly string[] {
  if (!isRecord(schema)) return [`${at}: not a schema`];
  const problems = Object.keys(schema)
    .filter((key) => !KNOWN_KEYS.has(key))
    .map((key) => `${at}: ${key}`);
  const isEither = schema["x-kubernetes-int-or-string"] === true;
  const { type } = schema;
  if (isEither === (type !== undefined)) problems.push(`${at}: type`);
  if (type === "object") problems.push(...objectProblems(schema, at));
  if (type === "array") {
    if (schema.maxItems === undefined) problems.push(`${at}: maxItems`);
    problems.push(...listProblems(schema, at), ...structuralProblems(schema.items, `${at}[]`));
  }
  const isText = type === "string" || isEither;
  if (isText && schema.maxLength === undefined && !/\.(kind|apiVersion)$/.test(at)) {
    problems.push(`${at}: maxLength`);
  }
  return problems;
}

function objectProblems(schema: Readonly<Record<string, unknown>>, at: string): readonly string[] {
  const problems: string[] = [];
  const { properties, additionalProperties } = schema;
  if (properties !== undefined && additionalProperties !== undefined) problems.push(`${at}: both`);
  if (additionalProperties !== undefined) {
    if (schema.maxProperties === undefined) problems.push(`${at}: maxProperties`);
    problems.push(...structuralProblems(additionalProperties, `${at}{}`));
  }
  const known = isRecord(properties) ? properties : {};
  for (const [name, inner] of Object.entries(known)) {
    problems.push(...structuralProblems(inner, `${at}.${name}`));
  }
  for (const name of Array.isArray(schema.required) ? schema.required : []) {
    if (known[name] === undefined) problems.push(`${at}: requires ${name}`);
  }
  const isSpec = at.includes(".spec");
  if (isSpec && schema["x-kubernetes-preserve-unknown-fields"] !== true) {
    problems.push(`${at}: would drop unknown fields`);
  }
  return problems;
}

/** Keys of map lists must be required, or the API server refuses the definition. */
function listProblems(schema: Readonly<Record<string, unknown>>, at: string): readonly string[] {
  const keys = schema["x-kubernetes-list-map-keys"];
  if (schema["x-kubernetes-list-type"] !== "map") return keys === undefined ? [] : [`${at}: keys`];
  const required = isRecord(schema.items) ? schema.items.required : [];
  const lacking = (Array.isArray(keys) ? keys : [""]).filter(
    (key) => !Array.isArray(required) || !required.includes(key),
  );
  return lacking.map((key) => `${at}: the key ${key} is not required`);
}

/** How often each rule can be reached, by the bounds above it. */
function rulePlaces(schema: unknown, places: number): readonly number[] {
  if (!isRecord(schema)) return [];
  const own = Array.isArray(schema["x-kubernetes-validations"]) ? [places] : [];
  const max = typeof schema.maxItems === "number" ? schema.maxItems : 1;
  const inner = isRecord(schema.properties) ? Object.values(schema.properties) : [];
  return [
    ...own,
    ...inner.flatMap((one) => rulePlaces(one, places)),
    ...rulePlaces(schema.items, places * max),
  ];
}

describe.each(definitions().map((definition) => ({ definition, kind: definition.kind })))(
  "the definition of $kind",
  ({ definition }) => {
    const made = resourceDefinition(definition);
    const text = JSON.stringify(made);
    const versions = isRecord(made.spec) ? made.spec.versions : undefined;
    const [version] = Array.isArray(versions) ? versions : [];
    const schema: unknown = version?.schema?.openAPIV3Schema;

    it("is structural, and bounded everywhere", () => {
      const problems = structuralProblems(schema, "").filter((one) => one !== ".metadata: both");
      expect(problems).toEqual([]);
    });

    it("refers to nothing and uses nothing that only JSON Schema has", () => {
      expect(text).not.toMatch(/\$ref|"anyOf"|"oneOf"|"const"|patternProperties/);
    });

    it("fits into the annotation that kubectl keeps", () => {
      expect(text.length).toBeLessThan(ANNOTATION_BYTES_MAX * 0.9);
    });

    it("has rules only where they cost little", () => {
      // The API server allows about ten million steps for one rule; ours take fewer than fifty.
      for (const places of rulePlaces(schema, 1)) expect(places * 50).toBeLessThan(10_000_000);
    });

    it("is ours by group, category and status", () => {
      expect(made).toMatchObject({
        metadata: { name: `${definition.plural}.heddle.mesh` },
        spec: { scope: "Namespaced", names: { categories: ["heddle"] } },
      });
      expect(version).toMatchObject({ served: true, storage: true, subresources: { status: {} } });
      expect(version.additionalPrinterColumns.map((one: { name: string }) => one.name)).toContain(
        "Accepted",
      );
    });
  },
);
