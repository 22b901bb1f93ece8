/**
 * Cuts a text into its YAML documents before any of them is parsed, so that a broken one cannot
 * disturb the others. YAML allows this: a line that begins with `---` or `...` is a marker
 * wherever it stands, even within quotes.
 */

export interface DocumentText {
  readonly text: string;
  /** Where the text begins in the whole. */
  readonly offset: number;
}

const MARKER = /^(?:---|\.\.\.)(?=[ \t\r\n]|$)/gm;

/** At most `max + 1` documents come back, so that a caller sees that there were too many. */
export function cutDocuments(text: string, max: number): readonly DocumentText[] {
  const documents: DocumentText[] = [];
  let start = 0;
  const add = (end: number) => {
    const part = text.slice(start, end);
    if (!isBlank(part)) documents.push({ text: part, offset: start });
  };
  for (const found of text.matchAll(MARKER)) {
    if (documents.length > max) return documents;
    add(found.index);
    // The end marker belongs to nothing; the start marker may be followed by content.
    start = found[0] === "..." ? found.index + 3 : found.index;
  }
  if (documents.length <= max) add(text.length);
  return documents;
}

/** Only a marker, comments and directives: no document for anyone who lists objects. */
function isBlank(part: string): boolean {
  let at = part.startsWith("---") ? 3 : 0;
  while (at < part.length) {
    const character = part[at];
    if (character === "#" || character === "%") {
      const end = part.indexOf("\n", at);
      if (end < 0) return true;
      at = end;
    } else if (
      character !== " " &&
      character !== "\t" &&
      character !== "\r" &&
      character !== "\n"
    ) {
      return false;
    }
    at += 1;
  }
  return true;
}
