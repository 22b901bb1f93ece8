/**
 * Puts lines back as their author wrote them. Writing a YAML tree sets every line's blanks anew:
 * before comments, within brackets. Lines that only differ in that from the original are exchanged
 * for it, so that a version control system shows the edit and nothing else.
 */

/** Comparing takes time and memory by the product of both numbers of lines. */
const COMPARISONS_MAX = 4_000_000;

/**
 * `original`: the text; `rewritten`: its tree written without an edit; `edited`: written with it.
 * Undefined where the lines of the first two do not belong together one by one.
 */
export function restoreLines(
  original: string,
  rewritten: string,
  edited: string,
): string | undefined {
  const theirs = lines(original);
  const before = lines(rewritten);
  const after = lines(edited);
  if (theirs.length !== before.length) return undefined;
  if (before.some((line, index) => withoutBlanks(line) !== withoutBlanks(theirs[index] ?? ""))) {
    return undefined;
  }
  const matches = matchLines(before, after);
  if (matches === undefined) return undefined;
  const restored = after.map((line, index) => {
    const match = matches.get(index);
    return match === undefined ? line : (theirs[match] ?? line);
  });
  return `${restored.join("\n")}\n`;
}

function lines(text: string): readonly string[] {
  return text.trimEnd().split(/\r?\n/);
}

function withoutBlanks(line: string): string {
  return line.replaceAll(/[ \t]/g, "");
}

/** For lines of `after`, which of `before` they are: a longest common subsequence. */
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
    matches.set(after.length - tail, before.length - tail);
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
    if (before[head + row] === after[head + column]) matches.set(head + column++, head + row++);
    else if (at(row + 1, column) >= at(row, column + 1)) row += 1;
    else column += 1;
  }
  return matches;
}
