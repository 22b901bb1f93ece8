/** What keeps equal requests together: a hash of a header, a cookie, or of who asks. */
import type { HashKey } from "../../mesh/backend-settings.ts";
import { latin1Bytes } from "../../mesh/latin1.ts";
import { FieldName } from "../../wire/http1/field-name.ts";
import type { Head } from "../../wire/http1/head.ts";
import { hashBytes, hashText } from "../balance/hash-bytes.ts";
import { NO_HASH } from "../balance/picker.ts";
import type { Exchange } from "../exchange/exchange.ts";

const COOKIE = new FieldName("cookie");
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const SPACE = 0x20;
const TAB = 0x09;

export interface RequestHash {
  /** `NO_HASH` where the request has nothing to hash. */
  of(exchange: Exchange): number;
}

export function createRequestHash(key: HashKey): RequestHash {
  switch (key.kind) {
    case "header":
      return new HeaderHash(key.name);
    case "cookie":
      return new CookieHash(key.name);
    case "source":
      return { of: ({ downstream }) => hashText(downstream.remoteAddress) };
  }
}

class HeaderHash implements RequestHash {
  readonly #name: FieldName;

  constructor(name: string) {
    this.#name = new FieldName(name);
  }

  of({ head }: Exchange): number {
    const index = head.find(this.#name);
    if (index < 0) return NO_HASH;
    return hashBytes(head.bytes, head.valueStart(index), head.valueEnd(index));
  }
}

class CookieHash implements RequestHash {
  readonly #name: Uint8Array;

  constructor(name: string) {
    this.#name = latin1Bytes(name);
  }

  of({ head }: Exchange): number {
    for (let index = head.find(COOKIE); index >= 0; index = head.find(COOKIE, index + 1)) {
      const hash = this.#inField(head, head.valueStart(index), head.valueEnd(index));
      if (hash !== NO_HASH) return hash;
    }
    return NO_HASH;
  }

  /** Pairs of `name=value`, with semicolons between them (RFC 6265 section 4.2.1). */
  #inField({ bytes }: Head, start: number, end: number): number {
    for (let at = start; at < end; at += 1) {
      while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at += 1;
      const pairEnd = endOfPair(bytes, at, end);
      if (this.#isNamed(bytes, at, pairEnd)) {
        return hashBytes(bytes, at + this.#name.length + 1, pairEnd);
      }
      at = pairEnd;
    }
    return NO_HASH;
  }

  #isNamed(bytes: Uint8Array, start: number, end: number): boolean {
    const name = this.#name;
    if (end - start <= name.length || bytes[start + name.length] !== EQUALS) return false;
    for (let index = 0; index < name.length; index += 1) {
      if (bytes[start + index] !== name[index]) return false;
    }
    return true;
  }
}

function endOfPair(bytes: Uint8Array, start: number, end: number): number {
  const at = bytes.indexOf(SEMICOLON, start);
  return at < 0 || at > end ? end : at;
}
