/**
 * What a route makes of a path: another one, or another beginning. Used for requests that are
 * sent on and for redirects, which mean the same by the same words.
 */
import { latin1Bytes, latin1Text, rangeStartsWith, utf8Bytes } from "./latin1.ts";

const SLASH = 0x2f;
const NOTHING = new Uint8Array(0);

/** Empty texts leave the path as it is; `path` goes before `pathPrefix`. */
export interface PathEdit {
  readonly path: string;
  readonly pathPrefix: string;
  readonly matchedPrefix: string;
}

export class PathRewrite {
  /** What stood before the rest of the path has this in its place. Of the last call of `cut`. */
  beginning: Uint8Array = NOTHING;
  readonly #path: Uint8Array;
  readonly #prefix: Uint8Array;
  readonly #prefixAndSlash: Uint8Array;
  readonly #matched: Uint8Array;

  constructor(edit: PathEdit) {
    const prefix = edit.pathPrefix === "" ? "" : asPath(edit.pathPrefix);
    this.#path = edit.path === "" ? NOTHING : latin1Bytes(asPath(edit.path));
    this.#prefix = latin1Bytes(prefix);
    this.#prefixAndSlash = latin1Bytes(prefix.endsWith("/") ? prefix : `${prefix}/`);
    this.#matched = utf8Bytes(edit.matchedPrefix);
  }

  get isEmpty(): boolean {
    return this.#path.length === 0 && this.#prefix.length === 0;
  }

  /**
   * Where in `bytes` the rest of the path begins that stays, after `beginning`; -1 when all of it
   * stays. The path is what lies between `start` and `end`, without the query.
   */
  cut(bytes: Uint8Array, start: number, end: number): number {
    if (this.#path.length > 0) {
      this.beginning = this.#path;
      return end;
    }
    if (this.#prefix.length === 0 || !rangeStartsWith(bytes, start, end, this.#matched)) return -1;
    const matchedEnd = start + this.#matched.length;
    // Exactly one slash stands where the two meet, if there was one on either side.
    if (this.#prefix.length === this.#prefixAndSlash.length) {
      this.beginning = this.#prefix;
      return matchedEnd < end && bytes[matchedEnd] === SLASH ? matchedEnd + 1 : matchedEnd;
    }
    const cutAtSlash = this.#matched.at(-1) === SLASH && matchedEnd < end;
    this.beginning = cutAtSlash ? this.#prefixAndSlash : this.#prefix;
    return matchedEnd;
  }

  /** One character per byte, without the query, both ways. */
  of(path: string): string {
    const restStart = this.cut(latin1Bytes(path), 0, path.length);
    if (restStart === -1) return path;
    return latin1Text(this.beginning, 0, this.beginning.length) + path.slice(restStart);
  }
}

/** From its slash on, and with nothing in it that would end it: users write plain text. */
function asPath(text: string): string {
  const encoded = encodeTargetText(text);
  return encoded.startsWith("/") ? encoded : `/${encoded}`;
}

/** What may not stand in a path becomes `%XX`; a percent sign is taken to be one already. */
function encodeTargetText(text: string): string {
  let encoded = "";
  for (const byte of utf8Bytes(text)) {
    const plain = byte > 0x20 && byte < 0x7f && byte !== 0x23 && byte !== 0x3f;
    encoded += plain ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, "0")}`;
  }
  return encoded;
}
