/**
 * Puts lines back as their author wrote them. Writing a YAML tree sets blanks and line breaks
 * anew: before comments, within brackets, where a text is long. What only differs in that from the
 * original is exchanged for it, so that a version control system shows the edit and nothing else.
 */

/** Comparing takes time and memory by the product of both numbers of lines. */
const COMPARISONS_MAX = 4_000_000;

/** Lines of the original and of its tree written without an edit that say the same. */
interface Group {
  readonly original: readonly string[];
  /** The first of its lines as written, and the one after its last. */
  readonly first: number;
  readonly end: number;
}

/** `indented-alike`: only where that puts nothing at another depth than its neighbours are. */
export type Restoration = "all" | "indented-alike";

/**
 * `original`: the text; `rewritten`: its tree written without an edit; `edited`: written with it.
 * Undefined where the first two differ in more than blanks and line breaks.
 */
export function restoreLines(
  original: string,
  rewritten: string,
  edited: string,
  which: Restoration = "all",
): string | undefined {
  const body = original.trimEnd();
  const before = rewritten.trimEnd().split("\n");
  const groups = groupLines(body.split(/\r?\n/), before);
  const after = edited.trimEnd().split("\n");
  const matches = groups === undefined ? undefined : matchLines(before, after);
  if (groups === undefined || matches === undefined) return undefined;
  const restored: string[] = [];
  let next = 0;
  for (const group of groups) {
    const places = placesOf(group, before, after, matches);
    if (places === undefined) continue;
    const isAlike = indentOf(group.original) === indentOf(after.slice(places.first, places.end));
    if (which === "indented-alike" && !isAlike) continue;
    restored.push(...after.slice(next, places.first), ...group.original);
    next = places.end;
  }
  restored.push(...after.slice(next));
  return `${restored.join("\n")}${original.slice(body.length) || "\n"}`;
}

/**
 * Both texts are cut wherever a line ends in both of them. Empty lines belong to what follows.
 * Undefined when the texts do not say the same.
 */
function groupLines(
  original: readonly string[],
  written: readonly string[],
): readonly Group[] | undefined {
  if (withoutBlanks(original.join("")) !== withoutBlanks(written.join(""))) return undefined;
  const groups: Group[] = [];
  let [first, end] = [0, 0];
  let start = 0;
  let [originalChars, writtenChars] = [0, 0];
  for (const [index, line] of original.entries()) {
    const chars = withoutBlanks(line).length;
    originalChars += chars;
    while (writtenChars < originalChars) {
      writtenChars += withoutBlanks(written[end] ?? "").length;
      end += 1;
    }
    if (chars === 0 || writtenChars > originalChars) continue;
    groups.push({ original: original.slice(start, index + 1), first, end });
    [start, first] = [index + 1, end];
  }
  return groups;
}

function withoutBlanks(text: string): string {
  return text.replaceAll(/[ \t\r]/g, "");
}

/** Where all of a group's lines stand in the edited text, if they do, one after another. */
function placesOf(
  { first, end }: Group,
  before: readonly string[],
  after: readonly string[],
  matches: ReadonlyMap<number, number>,
): { readonly first: number; readonly end: number } | undefined {
  let line = first;
  while (isEmpty(before[line]) && line < end) line += 1;
  let start = matches.get(line);
  if (start === undefined || line === end) return undefined;
  for (let offset = 1; line + offset < end; offset += 1) {
    if (matches.get(line + offset) !== start + offset) return undefined;
  }
  const placesEnd = start + end - line;
  // The original has empty lines of its own, or none, in the place of these.
  for (let empty = line - first; empty > 0 && isEmpty(after[start - 1]); empty -= 1) start -= 1;
  return { first: start, end: placesEnd };
}

/** Of the first line that is not empty. */
function indentOf(lines: readonly string[]): number {
  return lines.find((line) => !isEmpty(line))?.search(/\S/) ?? 0;
}

function isEmpty(line: string | undefined): boolean {
  return line?.trim() === "";
}

/** For lines of `before`, which of `after` they are: a longest common subsequence. */
function matchLines(
  before: readonly string[],
  after: readonly string[],
): ReadonlyMap<number, number> | undefined {
  const matches = new Map<number, number>();
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) matches.set(head, head++);
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) {
    tail += 1;
    matches.set(before.length - tail, after.length - tail);
  }
  const rows = before.length - head - tail;
  const columns = after.length - head - tail;
  if (rows * columns > COMPARISONS_MAX) return undefined;
  // Cell (row, column): how many lines can be matched from there to the end.
  const width = columns + 1;
  const lengths = new Uint32Array((rows + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        before[head + row] === after[head + column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  for (let row = 0, column = 0; row < rows && column < columns; ) {
    if (before[head + row] === after[head + column]) matches.set(head + row++, head + column++);
    else if (at(row + 1, column) >= at(row, column + 1)) row += 1;
    else column += 1;
  }
  return matches;
}
