/**
 * Regular expressions as a capability. The engine is large, and few destinations need one, so
 * that a proxy loads it when the first snapshot comes that does.
 */
export interface CompiledRegex {
  /** Whether all of the bytes, read as UTF-8, match. Takes time linear in their number. */
  matchesBytes(bytes: Uint8Array, start: number, end: number): boolean;
  /** The same for text of one character per byte. */
  matchesLatin1(text: string): boolean;
}

export interface RegexCompiler {
  /** Throws `RegexError` when the expression is not in RE2's syntax. */
  compile(regex: string): CompiledRegex;
}

/** An expression that cannot be compiled, and why. */
export class RegexError extends Error {}

/** For destinations that need no engine. Asking it anyway is refused with what to do. */
export const noRegexes: RegexCompiler = {
  compile(regex) {
    throw new RegexError(`no engine was loaded for the regular expression ${regex}`);
  },
};
