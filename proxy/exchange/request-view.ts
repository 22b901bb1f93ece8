/** A request's head as matching sees it: the same bytes, and header values where a rule asks. */
import type { MatchInput } from "../../mesh/match-input.ts";
import { FieldName } from "../../wire/http1/field-name.ts";
import type { Head } from "../../wire/http1/head.ts";

/** Names that rules mention; there are as many as users wrote, and each is compiled once. */
const NAMES_MAX = 1_024;

/** One view serves all requests of a table, one after the other. */
export class RequestView implements MatchInput {
  bytes: Uint8Array = new Uint8Array(0);
  methodStart = 0;
  methodEnd = 0;
  pathStart = 0;
  pathEnd = 0;
  #head: Head | null = null;
  #names = new Map<string, FieldName>();

  of(head: Head): this {
    this.#head = head;
    this.bytes = head.bytes;
    this.methodStart = head.start;
    this.methodEnd = head.methodEnd;
    this.pathStart = head.pathStart;
    this.pathEnd = head.pathEnd;
    return this;
  }

  headerValue(nameLowerCase: string, nth: number): string | undefined {
    const head = this.#head;
    if (head === null) return undefined;
    const name = this.#name(nameLowerCase);
    let index = head.find(name);
    for (let skipped = 0; skipped < nth && index >= 0; skipped += 1) {
      index = head.find(name, index + 1);
    }
    return index < 0 ? undefined : head.valueText(index);
  }

  #name(text: string): FieldName {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    if (this.#names.size >= NAMES_MAX) this.#names = new Map();
    const made = new FieldName(text);
    this.#names.set(text, made);
    return made;
  }
}
