/**
 * Changes a YAML document in place: comments, order, quotes and indentation of what is not touched
 * stay. Where a document does tricks that this does not know (merged maps, anchors that the change
 * would also change elsewhere), it is written anew, without its comments but with its meaning.
 */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  Scalar,
  stringify,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { parseYaml } from "../../crds/parse-yaml.ts";
import { type JsonValue, readYamlValue } from "../../crds/yaml-value.ts";
import { createPatch, type PatchOperation } from "../../inject/create-patch.ts";
import type { ManifestDocument } from "./manifest-stream.ts";
import { restoreLines } from "./restore-lines.ts";

/** The text of the document with another value; ends with a line break. */
export function editDocument(document: ManifestDocument, wanted: unknown): string {
  const { text } = document;
  const edited = editJson(text, wanted) ?? editYaml(document, wanted) ?? writeAnew(text, wanted);
  return text.includes("\r\n") ? edited.replaceAll(/\r?\n/g, "\r\n") : edited;
}

/** What programs wrote as JSON goes on to others that may read nothing else. */
function editJson(text: string, wanted: unknown): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const indent = /^[{[]\s*\n([ \t]+)/.exec(text.trimStart())?.[1] ?? "";
  return `${JSON.stringify(wanted, null, indent)}\n`;
}

/** Undefined when what came out does not mean what was wanted. */
function editYaml({ text, tree, value }: ManifestDocument, wanted: unknown): string | undefined {
  const style = { lineWidth: 0, ...styleOf(text) };
  const rewritten = tree.toString(style);
  for (const operation of createPatch(value, wanted)) {
    if (!applyOperation(tree, operation)) return undefined;
  }
  const edited = tree.toString(style);
  const candidates = [
    restoreLines(text, rewritten, edited, "all"),
    restoreLines(text, rewritten, edited, "indented-alike"),
    edited,
  ];
  return candidates.find((one) => one !== undefined && meansTheSame(one, wanted));
}

function meansTheSame(text: string, wanted: unknown): boolean {
  const tree = parseYaml(text);
  if (typeof tree === "string" || tree.errors.length > 0) return false;
  const found: JsonValue | undefined = readYamlValue(tree)?.value;
  return createPatch(found, wanted).length === 0;
}

function writeAnew(text: string, wanted: unknown): string {
  const start = text.startsWith("---") ? "---\n" : "";
  // Older readers take `on` and `0o7` for something else, and so does Kubernetes.
  return start + stringify(wanted, { lineWidth: 0, compat: "yaml-1.1", ...styleOf(text) });
}

interface Style {
  readonly indent: number;
  readonly indentSeq: boolean;
}

/** As the first nested map and the first list of the text have it. */
function styleOf(text: string): Style {
  const list = /^( *)[^\s#-][^\n]*:[ \t]*\r?\n( *)- /m.exec(text);
  const map = /^[^\s#-][^\n]*:[ \t]*\r?\n( +)[^\s#-]/m.exec(text);
  return {
    indent: Math.min(Math.max(map?.[1]?.length ?? 2, 1), 8),
    indentSeq: list === null || (list[2] ?? "").length > (list[1] ?? "").length,
  };
}

/** False when the tree has no such place. */
function applyOperation(tree: Document, operation: PatchOperation): boolean {
  const keys = operation.path.split("/").slice(1).map(unescapePointer);
  const last = keys.pop();
  if (last === undefined) return false;
  let parent: unknown = tree.contents;
  for (const key of keys) {
    parent = ownChild(tree, parent, key);
    if (parent === undefined) return false;
  }
  const value = operation.op === "remove" ? undefined : createNode(tree, operation.value);
  if (isMap(parent)) return changeMap(tree, parent, last, value);
  if (!isSeq(parent)) return false;
  const index = Number(last);
  if (operation.op === "add" && index === 0) keepComment(parent, parent.items[0]);
  if (operation.op === "add") parent.items.splice(index, 0, value);
  else if (operation.op === "remove") parent.items.splice(index, 1);
  else parent.items[index] = value;
  return true;
}

/**
 * What is new and nests comes first: a comment at the end of a map would be taken for a part of
 * it, and be gone with it.
 */
function changeMap(tree: Document, map: YAMLMap, key: string, value: Node | undefined): boolean {
  if (value === undefined) return map.delete(key);
  if (map.has(key) || isScalar(value)) map.set(key, value);
  else {
    keepComment(map, map.items[0]?.key);
    map.items.unshift(tree.createPair(key, value));
  }
  return true;
}

/** What stands above the first entry is about that one, and goes down with it. */
function keepComment(collection: YAMLMap | YAMLSeq, first: unknown): void {
  if (!isNode(first) || isAlias(first)) return;
  const { commentBefore, spaceBefore } = collection;
  if (commentBefore) first.commentBefore = `${commentBefore}${joined(first.commentBefore)}`;
  if (spaceBefore) first.spaceBefore = true;
  collection.commentBefore = null;
  collection.spaceBefore = false;
}

function joined(comment: string | null | undefined): string {
  return comment ? `\n${comment}` : "";
}

/** An alias is exchanged for what it stands for, because that is going to change here alone. */
function ownChild(tree: Document, parent: unknown, key: string): Node | undefined {
  if (!isMap(parent) && !isSeq(parent)) return undefined;
  const at = isSeq(parent) ? Number(key) : key;
  const child: unknown = parent.get(at, true);
  if (!isNode(child)) return undefined;
  if (!isAlias(child)) return child;
  const own = resolved(tree, child);
  if (own !== undefined) parent.set(at, own);
  return own;
}

function resolved(tree: Document, alias: Alias): Node | undefined {
  const target = alias.resolve(tree);
  return target === undefined ? undefined : createNode(tree, target.toJS(tree));
}

/** Words that readers of YAML 1.1, as Kubernetes's are, take for something else than text. */
const AMBIGUOUS = /^(?:y|yes|n|no|on|off|true|false|null|~|[-+]?[\d._:]+(?:e[-+]?\d+)?|0[xob].*)$/i;

function createNode(tree: Document, value: unknown): Node {
  const node = tree.createNode(value, { aliasDuplicateObjects: false });
  visit(node, {
    Scalar(_key, scalar) {
      if (isScalar(scalar) && typeof scalar.value === "string" && AMBIGUOUS.test(scalar.value)) {
        scalar.type = Scalar.QUOTE_DOUBLE;
      }
    },
  });
  return node;
}

/** RFC 6901, section 4. */
function unescapePointer(text: string): string {
  return text.replaceAll("~1", "/").replaceAll("~0", "~");
}
