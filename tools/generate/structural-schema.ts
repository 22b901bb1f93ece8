/**
 * From shapes to the OpenAPI subset that Kubernetes calls structural: no references, a type on
 * every node, bounds on everything so that CEL's cost can be estimated.
 */
import type { Shape } from "./shape-tree.ts";

type Yaml = Record<string, unknown>;

export interface StructuralOptions {
  /**
   * Keeps unknown fields on every object, because the API server would drop them before any
   * webhook could name them. It has to stand on each level: naming properties ends it.
   */
  readonly keepUnknown: boolean;
  /** False below the first level of a condition: there every description would be a repetition. */
  readonly describe: boolean;
}

/** Where conditions nest. */
const NESTING = ["all", "any", "not"];

export function structuralSchema(shape: Shape, options: StructuralOptions): Yaml {
  const body = structuralBody(shape, options);
  const isDescribed = options.describe && shape.description !== "";
  const described = isDescribed ? { description: shape.description } : {};
  const preset = shape.defaultValue === undefined ? {} : { default: shape.defaultValue };
  return { ...described, ...body, ...preset, ...shape.extensions };
}

function structuralBody(shape: Shape, options: StructuralOptions): Yaml {
  switch (shape.kind) {
    case "object":
      return objectSchema(shape, options);
    case "map":
      return {
        type: "object",
        additionalProperties: structuralSchema(shape.values, options),
        maxProperties: shape.max,
      };
    case "list":
      return {
        type: "array",
        items: structuralSchema(shape.items, options),
        ...(shape.min > 0 ? { minItems: shape.min } : {}),
        maxItems: shape.max,
      };
    case "text":
      return textSchema(shape, { type: "string" });
    case "number-or-text":
      return textSchema(shape.text, {});
    case "number":
      return {
        ...(shape.whole ? { type: "integer", format: "int64" } : { type: "number" }),
        ...(shape.min === undefined ? {} : { minimum: shape.min }),
        ...(shape.max === undefined ? {} : { maximum: shape.max }),
      };
    case "boolean":
      return { type: "boolean" };
    case "words":
      return wordsSchema(shape.words);
    case "nullable":
      return { ...structuralSchema(shape.of, options), nullable: true };
    case "anything":
      return { "x-kubernetes-preserve-unknown-fields": true };
    case "variants":
    case "reference":
      throw new Error(`a ${shape.kind} has no structural form: unroll it`);
  }
}

function objectSchema(shape: Shape & { kind: "object" }, options: StructuralOptions): Yaml {
  const properties: Yaml = {};
  for (const property of shape.properties) {
    const describe = options.describe && !NESTING.includes(property.name);
    properties[property.name] = structuralSchema(property.shape, { ...options, describe });
  }
  const required = shape.properties.filter((one) => one.required).map((one) => one.name);
  return {
    type: "object",
    ...(required.length > 0 ? { required } : {}),
    properties,
    ...(options.keepUnknown ? { "x-kubernetes-preserve-unknown-fields": true } : {}),
  };
}

function textSchema(shape: Shape & { kind: "text" }, start: Yaml): Yaml {
  if (shape.max === undefined) throw new Error("text without maxLength");
  return {
    ...start,
    ...(shape.min > 0 ? { minLength: shape.min } : {}),
    maxLength: shape.max,
    ...(shape.pattern === undefined ? {} : { pattern: shape.pattern }),
  };
}

function wordsSchema(words: readonly (string | number | boolean)[]): Yaml {
  const type = typeof words[0];
  if (words.some((word) => typeof word !== type)) throw new Error("words of several types");
  if (type === "string") {
    const maxLength = Math.max(...words.map((word) => String(word).length));
    return { type: "string", enum: [...words], maxLength };
  }
  return { type: type === "number" ? "integer" : "boolean", enum: [...words] };
}
