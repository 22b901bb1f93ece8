/**
 * A document in JSON or YAML as a value, with the line of each part of it for those who have
 * something to say. Large documents are JSON, and reading those with positions takes long: they
 * are only read so when there is a problem to place.
 */
import { type Document, isNode, LineCounter, parseDocument } from "yaml";
import { ProgramError } from "../../base/program.ts";
import { isRecord } from "../../base/shape.ts";
import type { Problem } from "../../mesh/problem.ts";

/** The largest that are known to exist have five. */
export const SOURCE_BYTES_MAX = 32 * 1024 * 1024;
const ALIASES_MAX = 1_000;

export type SourcePath = readonly string[];

export class SourceText {
  readonly file: string;
  readonly value: unknown;
  readonly problems: Problem[] = [];
  readonly #text: string;
  readonly #lines = new LineCounter();
  #document: Document | undefined;

  /** Throws `ProgramError` where it is neither JSON nor YAML. */
  constructor(file: string, text: string) {
    this.file = file;
    this.#text = text;
    const json = parseJson(text);
    this.value = json === undefined ? this.#parseYaml() : json;
  }

  /** The part at the path; undefined where there is none. */
  at(path: SourcePath): unknown {
    let value = this.value;
    for (const key of path) {
      if (Array.isArray(value)) value = value[Number(key)];
      else value = isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    }
    return value;
  }

  report(severity: Problem["severity"], path: SourcePath, message: string, hint = ""): void {
    const { line, column } = this.#place(path);
    const field = path.map((key) => (/^[\w-]+$/.test(key) ? key : `"${key}"`)).join(".");
    const about = { file: this.file, line, column, object: "", field };
    this.problems.push({ severity, code: "api-description", ...about, message, hint });
  }

  /** Of the nearest part above that is there. */
  #place(path: SourcePath): { readonly line: number; readonly column: number } {
    this.#document ??= parseDocument(this.#text, { lineCounter: this.#lines, logLevel: "silent" });
    for (let length = path.length; length >= 0; length -= 1) {
      const node = this.#document.getIn(path.slice(0, length), true);
      const offset = isNode(node) ? node.range?.[0] : undefined;
      if (offset === undefined) continue;
      const { line, col } = this.#lines.linePos(offset);
      return { line, column: col };
    }
    return { line: 0, column: 0 };
  }

  #parseYaml(): unknown {
    const options = { lineCounter: this.#lines, logLevel: "silent" as const, prettyErrors: false };
    const document = parseDocument(this.#text, options);
    this.#document = document;
    const [error] = document.errors;
    if (error !== undefined) {
      const { line, col } = this.#lines.linePos(error.pos[0]);
      const what = error.message.split("\n")[0] ?? "";
      throw new ProgramError(`${this.file}:${line}:${col}: is neither JSON nor YAML: ${what}`);
    }
    try {
      return document.toJS({ maxAliasCount: ALIASES_MAX });
    } catch (cause) {
      throw new ProgramError(`${this.file}: ${String(cause)}`);
    }
  }
}

function parseJson(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // YAML says where, and braces are YAML too.
    return undefined;
  }
}
