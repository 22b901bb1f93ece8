/**
 * What a route makes of a path: another one, or another beginning. Used for requests that are
 * sent on and for redirects, which mean the same by the same words.
 */
import { utf8AsLatin1, utf8Bytes } from "./latin1.ts";

/** Empty texts leave the path as it is; `path` goes before `pathPrefix`. */
export interface PathEdit {
  readonly path: string;
  readonly pathPrefix: string;
  readonly matchedPrefix: string;
}

export class PathRewrite {
  readonly #path: string;
  readonly #prefix: string;
  readonly #matched: string;

  constructor(edit: PathEdit) {
    this.#path = edit.path === "" ? "" : asPath(edit.path);
    this.#prefix = edit.pathPrefix === "" ? "" : asPath(edit.pathPrefix);
    this.#matched = utf8AsLatin1(edit.matchedPrefix);
  }

  get isEmpty(): boolean {
    return this.#path === "" && this.#prefix === "";
  }

  /** One character per byte, without the query, both ways. */
  of(path: string): string {
    if (this.#path !== "") return this.#path;
    if (this.#prefix === "" || !path.startsWith(this.#matched)) return path;
    return this.#join(path.slice(this.#matched.length));
  }

  /** Exactly one slash stands where the two meet, if there was one on either side. */
  #join(rest: string): string {
    const prefix = this.#prefix;
    if (prefix.endsWith("/")) return prefix + (rest.startsWith("/") ? rest.slice(1) : rest);
    const cutAtSlash = this.#matched.endsWith("/") && rest !== "";
    return cutAtSlash ? `${prefix}/${rest}` : prefix + rest;
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
