/**
 * Why a file or a folder could not be read, in words for whoever named it: what Node says of it
 * repeats the path and names the call.
 */

const WORDS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "it is not there"],
  ["EACCES", "this user may not"],
  ["EPERM", "this user may not"],
  ["EISDIR", "it is a folder"],
  ["ENOTDIR", "a part of its path is no folder"],
  ["ELOOP", "its links lead in a circle"],
  ["EMFILE", "too many files are open"],
]);

/** With the system's own word behind it, for whoever looks it up. */
export function readFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const words = WORDS.get(code);
  return words === undefined ? message : `${words} (${code})`;
}
