/**
 * A file of manifests that is going to be edited: its documents, each with its text and value.
 * What is not edited comes out as it went in, byte for byte.
 */
import type { Document } from "yaml";
import { LineIndex } from "../../crds/line-index.ts";
import { parseYaml, syntaxHint } from "../../crds/parse-yaml.ts";
import { MANIFEST_DOCUMENTS_MAX } from "../../crds/read-manifests.ts";
import { YamlBudget } from "../../crds/yaml-budget.ts";
import { cutDocuments } from "../../crds/yaml-documents.ts";
import { type JsonValue, readYamlValue } from "../../crds/yaml-value.ts";

export interface ManifestDocument {
  /** Where it stands in the file. */
  readonly offset: number;
  readonly text: string;
  readonly tree: Document;
  readonly value: JsonValue;
}

/** A document that could not be read, and stays as it is. */
export interface UnreadDocument {
  readonly line: number;
  readonly message: string;
  readonly hint: string;
}

export interface ManifestStream {
  /** As it is shown to people. */
  readonly file: string;
  readonly text: string;
  readonly documents: readonly ManifestDocument[];
  readonly unread: readonly UnreadDocument[];
}

export function readManifestStream(file: string, bytes: Uint8Array): ManifestStream {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const unread = { line: 0, message: "is not UTF-8 text", hint: "save it as UTF-8" };
    return { file, text: "", documents: [], unread: [unread] };
  }
  const lines = new LineIndex(text);
  const budget = new YamlBudget();
  const documents: ManifestDocument[] = [];
  const unread: UnreadDocument[] = [];
  const cut = cutDocuments(text, MANIFEST_DOCUMENTS_MAX);
  for (const part of cut.slice(0, MANIFEST_DOCUMENTS_MAX)) {
    const read = readDocument(part.text, budget);
    if (read === null) continue;
    if ("tree" in read) documents.push({ ...part, ...read });
    else unread.push({ ...read, line: lines.at(part.offset + read.offset).line });
  }
  if (cut.length > MANIFEST_DOCUMENTS_MAX) {
    const { line } = lines.at(cut.at(-1)?.offset ?? 0);
    const message = `has more than ${MANIFEST_DOCUMENTS_MAX} documents; the rest stays as it is`;
    unread.push({ line, message, hint: "use several files" });
  }
  return { file, text, documents, unread };
}

interface Finding {
  readonly offset: number;
  readonly message: string;
  readonly hint: string;
}

/** Null when there is nothing in it. */
function readDocument(
  text: string,
  budget: YamlBudget,
): { readonly tree: Document; readonly value: JsonValue } | Finding | null {
  const excess = budget.excess(text);
  if (excess !== undefined) return excess;
  const tree = parseYaml(text);
  if (typeof tree === "string") return { offset: 0, message: tree, hint: "" };
  const [wrong] = [...tree.errors, ...tree.warnings];
  if (wrong !== undefined) {
    const { message, pos } = wrong;
    return { offset: pos[0], message, hint: syntaxHint(message, text) };
  }
  const found = readYamlValue(tree);
  if (found === undefined) return null;
  const [finding] = found.findings;
  return finding ?? { tree, value: found.value };
}

/** The whole file, with the texts of some documents exchanged. */
export function replaceDocuments(
  stream: ManifestStream,
  edited: ReadonlyMap<ManifestDocument, string>,
): string {
  let result = "";
  let at = 0;
  for (const document of stream.documents) {
    const text = edited.get(document);
    if (text === undefined) continue;
    result += stream.text.slice(at, document.offset) + text;
    at = document.offset + document.text.length;
  }
  return result + stream.text.slice(at);
}
