/**
 * The reference of our kinds, from the same schemas as everything else: a table of fields for
 * each, with what they mean, their form, and whether anything acts on them yet.
 */
import { POLICY_UNENFORCED } from "../../crds/retry-policy/enforced.ts";
import { PROFILE_UNENFORCED } from "../../crds/service-profile/enforced.ts";
import { definitions, type OwnKind } from "./definitions.ts";
import type { Shape } from "./shape-tree.ts";

const UNENFORCED: Readonly<Record<string, readonly string[]>> = {
  ServiceProfile: PROFILE_UNENFORCED,
  RetryPolicy: POLICY_UNENFORCED,
};

/** Conditions nest in themselves, and stand in several places; their fields are shown once. */
const NESTING = ["all", "any", "not"];

export function kindsPage(introduction: string, closing: string): string {
  const parts = definitions().map(kindSection);
  return [introduction.trim(), ...parts, closing.trim(), ""].join("\n\n");
}

function kindSection(definition: OwnKind): string {
  const { kind, group, version, shortNames, description } = definition;
  const rows = fieldRows(definition.spec.root, "", UNENFORCED[kind] ?? []);
  const names = shortNames.map((name) => `\`${name}\``).join(", ");
  return [
    `## ${kind}`,
    `\`${group}/${version}\`, namespaced, short name ${names}. ${description}`,
    `| field | form | meaning |\n| --- | --- | --- |\n${rows.join("\n")}`,
  ].join("\n\n");
}

function fieldRows(shape: Shape, path: string, unenforced: readonly string[]): readonly string[] {
  if (shape.kind === "list") return fieldRows(shape.items, `${path}[]`, unenforced);
  if (shape.kind !== "object") return [];
  return shape.properties.flatMap((property) => {
    const at = path === "" ? property.name : `${path}.${property.name}`;
    const isNesting = NESTING.includes(property.name);
    const meaning = isNesting ? NESTING_TEXT[property.name] : property.shape.description;
    const entry = property.shape.kind === "list" ? property.shape.items.description : "";
    const words = [meaning, isNesting ? "" : entry, pendingText(at, unenforced)];
    const text = words.filter((word) => word !== "").join(" ");
    const required = property.required ? ", required" : "";
    const row = `| \`${at}\` | ${cell(formOf(property.shape))}${required} | ${cell(text)} |`;
    const isKnown = isNesting || at.endsWith(".match");
    return isKnown ? [row] : [row, ...fieldRows(property.shape, at, unenforced)];
  });
}

const NESTING_TEXT: Readonly<Record<string, string>> = {
  all: "Conditions of which every one must hold; up to three levels deep.",
  any: "Conditions of which one must hold.",
  not: "A condition that must not hold.",
};

/** What the tables of unenforced fields say about this one. */
function pendingText(path: string, unenforced: readonly string[]): string {
  for (const field of unenforced) {
    const [place = "", sign = "", word = ""] = field.split(/(!?=)/);
    if (place.replace(/\[\]$/, "") !== path) continue;
    if (sign === "") return "*Not enforced yet.*";
    return sign === "="
      ? `*\`${word}\` is not enforced yet.*`
      : `*Only \`${word}\` is enforced yet.*`;
  }
  return "";
}

function formOf(shape: Shape): string {
  switch (shape.kind) {
    case "list":
      return `list of up to ${shape.max}`;
    case "map":
      return `map of up to ${shape.max}`;
    case "object":
      return "map";
    case "text":
      return shape.meaning === "" ? `text of up to ${shape.max}` : shape.meaning;
    case "number-or-text":
      return shape.text.meaning;
    case "number":
      return `${shape.whole ? "whole number" : "number"}, ${shape.min} to ${shape.max}`;
    case "boolean":
      return "true or false";
    case "words":
      return shape.words.map((word) => (word === "" ? '`""`' : `\`${word}\``)).join(", ");
    default:
      return "";
  }
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
