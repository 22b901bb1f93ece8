/**
 * RE2's syntax and its promise of linear time, through re2js. Import this lazily: it costs about
 * 3 MB of memory.
 */
import { RE2JS, RE2JSException } from "re2js";
import { latin1Bytes } from "./latin1.ts";
import { type CompiledRegex, type RegexCompiler, RegexError } from "./regex-engine.ts";

export const re2Regexes: RegexCompiler = {
  compile(regex) {
    try {
      return new Re2Regex(RE2JS.compile(regex));
    } catch (error) {
      if (error instanceof RE2JSException) throw new RegexError(error.message);
      throw error;
    }
  },
};

class Re2Regex implements CompiledRegex {
  readonly #regex: RE2JS;

  constructor(regex: RE2JS) {
    this.#regex = regex;
  }

  matchesBytes(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#regex.testExact(bytes.subarray(start, end));
  }

  matchesLatin1(text: string): boolean {
    return this.#regex.testExact(latin1Bytes(text));
  }
}
