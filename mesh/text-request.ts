/**
 * A request out of words instead of bytes from a connection: what `explain` is asked about, and
 * what tests are written with.
 */
import { utf8AsLatin1, utf8Bytes } from "./latin1.ts";
import type { MatchInput } from "./match-input.ts";

export class TextRequest implements MatchInput {
  readonly bytes: Uint8Array;
  readonly methodStart = 0;
  readonly methodEnd: number;
  readonly pathStart: number;
  readonly pathEnd: number;
  readonly #headers: readonly (readonly [name: string, value: string])[];

  /** `path` is without the query; header names in any case. */
  constructor(
    method: string,
    path: string,
    headers: readonly (readonly [name: string, value: string])[] = [],
  ) {
    const methodLength = utf8Bytes(method).length;
    this.bytes = utf8Bytes(`${method} ${path}`);
    this.methodEnd = methodLength;
    this.pathStart = methodLength + 1;
    this.pathEnd = this.bytes.length;
    this.#headers = headers.map(([name, value]) => [name.toLowerCase(), utf8AsLatin1(value)]);
  }

  headerValue(nameLowerCase: string, nth: number): string | undefined {
    let seen = 0;
    for (const header of this.#headers) {
      if (header[0] !== nameLowerCase) continue;
      if (seen === nth) return header[1];
      seen += 1;
    }
    return undefined;
  }
}
