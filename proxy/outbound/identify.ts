/**
 * From the authority that a caller named to the service it meant. What was worked out for a name
 * is remembered, in a table with a bound, because the names come from callers.
 */
import { type Authority, type AuthorityContext, parseAuthority } from "../../mesh/authority.ts";
import { type Head, TARGET_AUTHORITY } from "../../wire/http1/head.ts";

export const AUTHORITIES_MAX = 4_096;
/** Longer texts are no names of DNS with a port, and are worked out anew each time. */
const REMEMBERED_CHARS_MAX = 272;

export interface Identified {
  readonly text: string;
  /** Undefined when the text is no authority. */
  readonly authority: Authority | undefined;
}

export class Identifier {
  #context: AuthorityContext;
  #known = new Map<string, Identified>();
  /** Callers on kept connections name the same service again and again. */
  #last: Identified = { text: "", authority: undefined };

  constructor(context: AuthorityContext) {
    this.#context = context;
  }

  /** Names mean something else from now on, for instance once the cluster's domain is known. */
  use(context: AuthorityContext): void {
    this.#context = context;
    this.#known = new Map();
    this.#last = { text: "", authority: undefined };
  }

  get context(): AuthorityContext {
    return this.#context;
  }

  identify(head: Head): Identified {
    const last = this.#last;
    const start = head.authorityStart >= 0 ? head.authorityStart : hostStart(head);
    const end = head.authorityStart >= 0 ? head.authorityEnd : hostEnd(head);
    if (equalsText(head.bytes, start, end, last.text) && head.targetForm !== TARGET_AUTHORITY) {
      return last;
    }
    const found = this.#lookUp(head.authorityText());
    this.#last = found;
    return found;
  }

  #lookUp(text: string): Identified {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const identified: Identified = { text, authority: parseAuthority(text, this.#context) };
    if (text.length > REMEMBERED_CHARS_MAX) return identified;
    // Starting over is cheaper than keeping an order of use that is hardly ever needed.
    if (this.#known.size >= AUTHORITIES_MAX) this.#known = new Map();
    this.#known.set(text, identified);
    return identified;
  }
}

function hostStart(head: Head): number {
  return head.hostIndex < 0 ? 0 : head.valueStart(head.hostIndex);
}

function hostEnd(head: Head): number {
  return head.hostIndex < 0 ? 0 : head.valueEnd(head.hostIndex);
}

function equalsText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  const { length } = text;
  if (end - start !== length || length === 0) return false;
  for (let index = 0; index < length; index += 1) {
    if (bytes[start + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}
