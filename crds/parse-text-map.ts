/** A map from names to plain values, in YAML: what a file with options is. */
import { isRecord } from "../base/shape.ts";
import { parseYaml } from "./parse-yaml.ts";
import { readYamlValue } from "./yaml-value.ts";

/** Each value as text; or what is wrong with it. */
export function parseTextMap(text: string): Readonly<Record<string, string>> | string {
  const document = parseYaml(text);
  if (typeof document === "string") return document;
  const [error] = document.errors;
  if (error !== undefined) return error.message;
  const read = readYamlValue(document);
  const [finding] = read?.findings ?? [];
  if (finding !== undefined) return finding.message;
  const value = read?.value ?? {};
  if (!isRecord(value)) return "is no map of options";
  const texts: Record<string, string> = {};
  for (const [name, option] of Object.entries(value)) {
    if (typeof option === "object") return `${name} has no plain value`;
    texts[name] = String(option);
  }
  return texts;
}
