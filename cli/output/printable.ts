/**
 * Makes text from elsewhere safe to print: names and messages come over the network and from
 * files, and a terminal obeys what they contain.
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly what is looked for
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The text with control characters and changes of direction shown as `\xNN` or `\uNNNN`. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0);
    const hex = code.toString(16);
    return code < 0x100 ? `\\x${hex.padStart(2, "0")}` : `\\u${hex.padStart(4, "0")}`;
  });
}
