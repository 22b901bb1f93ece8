/**
 * A file of manifests, YAML or JSON, to the objects in it. Each problem is told with its line and
 * column; a document that is broken never disturbs the others. The text may be hostile: every
 * size has a bound, and nothing throws.
 */
import { isRecord, type Path, pathKeys, ROOT } from "../base/shape.ts";
import type { Location } from "../mesh/intent.ts";
import type { Problem } from "../mesh/problem.ts";
import { LineIndex } from "./line-index.ts";
import { parseYaml, syntaxHint } from "./parse-yaml.ts";
import {
  DEFAULT_READ_OPTIONS,
  type Locate,
  type ObjectSource,
  type ReadObject,
  type ReadOptions,
  readObject,
} from "./read-object.ts";
import { YamlBudget } from "./yaml-budget.ts";
import { cutDocuments, type DocumentText } from "./yaml-documents.ts";
import { type JsonValue, readYamlValue, type YamlFinding } from "./yaml-value.ts";

export const MANIFEST_FILE_BYTES_MAX = 4 * 1024 * 1024;
export const MANIFEST_DOCUMENTS_MAX = 2_000;
export const MANIFEST_OBJECTS_MAX = 20_000;
/** Enough to mend a file by; more would be noise. */
const PROBLEMS_PER_FILE_MAX = 500;
/** The parser repeats what it does not understand, however long that is. */
const MESSAGE_CHARS_MAX = 200;
/** Later ones mostly follow from the first. */
const SYNTAX_PROBLEMS_PER_DOCUMENT_MAX = 2;

export interface ManifestsRead {
  /** Every object of our kinds in the order of the file, the failed ones too. */
  readonly objects: readonly ReadObject[];
  /** What belongs to no object: syntax, sizes, kinds that are not ours. */
  readonly problems: readonly Problem[];
  /** Documents that could not even be parsed: the objects in them are unknown. */
  readonly unreadable: number;
  /** Kinds that were left alone, each once. */
  readonly notOurs: readonly string[];
}

/** Is told of each object while the places of its fields are still known. */
export type Visit = (read: ReadObject, locate: Locate) => void;

/** Reads a file's bytes, which must be UTF-8. */
export function readManifestBytes(
  bytes: Uint8Array,
  file: string,
  options: ReadOptions = DEFAULT_READ_OPTIONS,
  visit: Visit = ignore,
): ManifestsRead {
  if (bytes.length > MANIFEST_FILE_BYTES_MAX) return tooLarge(file, bytes.length);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return unusable(file, "not-text", "is not UTF-8 text", "save it as UTF-8");
  }
  return readManifests(text, file, options, visit);
}

function ignore(): void {}

/** Reads a file's text. `file` is only named in what is reported. */
export function readManifests(
  text: string,
  file: string,
  options: ReadOptions = DEFAULT_READ_OPTIONS,
  visit: Visit = ignore,
): ManifestsRead {
  const byteLength = Buffer.byteLength(text);
  if (byteLength > MANIFEST_FILE_BYTES_MAX) return tooLarge(file, byteLength);
  if (text.includes("\0")) return unusable(file, "not-text", "holds zero bytes", "");
  const plain = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const reader = new FileReader(plain, file, options, visit);
  const documents = cutDocuments(plain, MANIFEST_DOCUMENTS_MAX);
  for (const [index, document] of documents.slice(0, MANIFEST_DOCUMENTS_MAX).entries()) {
    reader.readDocument(document, index);
  }
  if (documents.length > MANIFEST_DOCUMENTS_MAX) {
    const over = documents[MANIFEST_DOCUMENTS_MAX];
    reader.report(over?.offset ?? 0, {
      code: "too-many",
      message: `has more than ${MANIFEST_DOCUMENTS_MAX} documents; the rest is not read`,
      hint: "use several files",
    });
    reader.unreadable += 1;
  }
  return reader.result();
}

function tooLarge(file: string, byteLength: number): ManifestsRead {
  const message = `has ${byteLength} bytes, at most ${MANIFEST_FILE_BYTES_MAX} are read`;
  return unusable(file, "too-large", message, "use several files");
}

function unusable(file: string, code: string, message: string, hint: string): ManifestsRead {
  const nowhere = { line: 0, column: 0, object: "", field: "" };
  const problem: Problem = { severity: "error", code, file, ...nowhere, message, hint };
  return { objects: [], problems: [problem], unreadable: 1, notOurs: [] };
}

class FileReader {
  unreadable = 0;
  #isTooLarge = false;
  readonly #file: string;
  readonly #options: ReadOptions;
  readonly #visit: Visit;
  readonly #lines: LineIndex;
  readonly #budget = new YamlBudget();
  readonly #problems: Problem[] = [];
  readonly #objects: ReadObject[] = [];
  readonly #notOurs = new Set<string>();

  constructor(text: string, file: string, options: ReadOptions, visit: Visit) {
    this.#file = file;
    this.#options = options;
    this.#visit = visit;
    this.#lines = new LineIndex(text);
  }

  result(): ManifestsRead {
    return {
      objects: this.#objects,
      problems: this.#problems,
      unreadable: this.unreadable,
      notOurs: [...this.#notOurs],
    };
  }

  readDocument(document: DocumentText, index: number): void {
    const excess = this.#budget.excess(document.text);
    if (excess !== undefined) {
      // Of too large a file each later document would say the same.
      if (!this.#isTooLarge) this.report(document.offset + excess.offset, excess);
      if (excess.code === "too-large") this.#isTooLarge = true;
      this.unreadable += 1;
      return;
    }
    const parsed = parseYaml(document.text);
    if (typeof parsed === "string") {
      this.report(document.offset, { code: "too-deep", message: parsed, hint: "" });
      this.unreadable += 1;
      return;
    }
    // Warnings are about tags, which manifests never have.
    const syntax = [...parsed.errors, ...parsed.warnings];
    for (const { message, pos } of syntax.slice(0, SYNTAX_PROBLEMS_PER_DOCUMENT_MAX)) {
      const hint = syntaxHint(message, document.text);
      this.report(document.offset + pos[0], { code: "bad-yaml", message, hint });
    }
    const found = readYamlValue(parsed);
    if (found === undefined && syntax.length === 0) return;
    for (const finding of found?.findings ?? []) {
      const { code, hint, message } = finding;
      const told = code === "too-large" ? hint : syntaxHint(message, document.text);
      this.report(document.offset + finding.offset, { ...finding, hint: told });
    }
    const failed = syntax.length > 0 || (found?.findings.length ?? 0) > 0;
    if (failed || found === undefined) {
      this.unreadable += 1;
      return;
    }
    const locate: Locate = (path, wanted) =>
      this.#lines.at(document.offset + found.places.offsetOf(pathKeys(path), wanted));
    this.#readValue(found.value, index, ROOT, locate);
  }

  report(offset: number, finding: Omit<YamlFinding, "offset">): void {
    const { line, column } = this.#lines.at(offset);
    const { code, message, hint } = finding;
    const about = { file: this.#file, line, column, object: "", field: "" };
    const cut = message.length > MESSAGE_CHARS_MAX;
    const told = cut ? `${message.slice(0, MESSAGE_CHARS_MAX)}…` : message;
    this.#add({ severity: "error", code, ...about, message: told, hint });
  }

  /** An object, or a list of them. `at` leads from the document's root to the value. */
  #readValue(value: JsonValue, document: number, at: Path, locate: Locate): void {
    const items = listItems(value);
    if (items !== undefined && at === ROOT) {
      const parent = { parent: ROOT, key: "items" };
      for (const [index, item] of items.entries()) {
        this.#readValue(item, document, { parent, key: index }, locate);
      }
      return;
    }
    if (this.#objects.length >= MANIFEST_OBJECTS_MAX) {
      this.#tooMany(at, locate);
      return;
    }
    const { line, column } = locate(at, "value");
    const location: Location = { file: this.#file, document, line, column };
    const source: ObjectSource = {
      raw: value,
      location,
      locate: (path, wanted) => locate(below(at, path), wanted),
    };
    const result = readObject(source, this.#options);
    if (result.found === "object") {
      this.#objects.push(result.read);
      this.#visit(result.read, source.locate);
    } else if (!this.#notOurs.has(result.label)) {
      this.#notOurs.add(result.label);
      this.#add({
        severity: "note",
        code: "not-ours",
        file: this.#file,
        line,
        column,
        object: result.label,
        field: "",
        message: "is not a kind of this mesh, and left alone",
        hint: "",
      });
    }
  }

  #tooMany(at: Path, locate: Locate): void {
    if (this.#problems.some(({ code }) => code === "too-many")) return;
    const place = locate(at, "value");
    const message = `has more than ${MANIFEST_OBJECTS_MAX} objects; the rest is not read`;
    const about = { file: this.#file, ...place, object: "", field: "", message, hint: "" };
    this.#add({ severity: "error", code: "too-many", ...about });
    this.unreadable += 1;
  }

  #add(problem: Problem): void {
    if (this.#problems.length < PROBLEMS_PER_FILE_MAX) this.#problems.push(problem);
  }
}

/** The items of a `List`, or of a `ServiceList` and its like; those may leave out their kind. */
function listItems(value: JsonValue): readonly JsonValue[] | undefined {
  if (!isRecord(value) || !Array.isArray(value.items)) return undefined;
  const { kind, apiVersion } = value;
  if (typeof kind !== "string" || typeof apiVersion !== "string" || !kind.endsWith("List")) {
    return undefined;
  }
  const items: readonly JsonValue[] = value.items;
  if (kind === "List") return items;
  return items.map((item) => withKind(item, apiVersion, kind.slice(0, -"List".length)));
}

function withKind(item: JsonValue, apiVersion: string, kind: string): JsonValue {
  if (!isRecord(item) || item.kind !== undefined) return item;
  return { ...item, apiVersion, kind } as JsonValue;
}

/** `path` continued below `at`. */
function below(at: Path, path: Path): Path {
  if (path.parent === null) return at;
  return { parent: below(at, path.parent), key: path.key };
}
