/**
 * Request methods as small numbers, so that the hot path compares numbers. Methods are
 * case-sensitive (RFC 9110 section 9.1): `get` is some other method, not GET.
 */
export const METHOD_OTHER = 0;
export const METHOD_GET = 1;
export const METHOD_HEAD = 2;
export const METHOD_POST = 3;
export const METHOD_PUT = 4;
export const METHOD_DELETE = 5;
export const METHOD_CONNECT = 6;
export const METHOD_OPTIONS = 7;
export const METHOD_TRACE = 8;
export const METHOD_PATCH = 9;

const NAMES = [
  "",
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "CONNECT",
  "OPTIONS",
  "TRACE",
  "PATCH",
] as const;

const ENCODED: readonly Uint8Array[] = NAMES.map((name) => Uint8Array.from(Buffer.from(name)));

/** The code of a method's text; `METHOD_OTHER` for one that has none. */
export function methodCodeOf(text: string): number {
  return Math.max(METHOD_OTHER, NAMES.indexOf(text as (typeof NAMES)[number]));
}

/** The text of a code; empty for `METHOD_OTHER`. */
export function methodText(code: number): string {
  return NAMES[code] ?? "";
}

/** RFC 9110 section 9.2.2: doing it twice means the same as doing it once. */
export function isIdempotentMethod(code: number): boolean {
  return code !== METHOD_OTHER && code !== METHOD_POST && code !== METHOD_PATCH;
}

/** The code of the method in `bytes` from `start` to `end`. */
export function methodCodeAt(bytes: Uint8Array, start: number, end: number): number {
  switch (end - start) {
    case 3:
      return bytes[start] === 0x47
        ? only(METHOD_GET, bytes, start)
        : only(METHOD_PUT, bytes, start);
    case 4:
      return bytes[start] === 0x50
        ? only(METHOD_POST, bytes, start)
        : only(METHOD_HEAD, bytes, start);
    case 5:
      return bytes[start] === 0x50
        ? only(METHOD_PATCH, bytes, start)
        : only(METHOD_TRACE, bytes, start);
    case 6:
      return only(METHOD_DELETE, bytes, start);
    case 7:
      return bytes[start] === 0x43
        ? only(METHOD_CONNECT, bytes, start)
        : only(METHOD_OPTIONS, bytes, start);
    default:
      return METHOD_OTHER;
  }
}

function only(code: number, bytes: Uint8Array, start: number): number {
  const expected = ENCODED[code]!;
  for (let index = 0; index < expected.length; index++) {
    if (bytes[start + index] !== expected[index]) return METHOD_OTHER;
  }
  return code;
}
