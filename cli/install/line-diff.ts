/**
 * Which lines went and which came, with some that stayed around them: enough for a person to see
 * what a change would do. After Myers, "An O(ND) difference algorithm" (1986), in its greedy form.
 */

/** Texts that differ in more lines than this are told to differ, and no more. */
const EDITS_MAX = 2_000;
const CONTEXT_LINES = 3;

interface Line {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

/** Empty when they are the same; each line with its sign, parts that stay left out as `…`. */
export function diffLines(before: string, after: string): string {
  if (before === after) return "";
  const lines = compare(before.split("\n"), after.split("\n"));
  if (lines === undefined) return "(they differ in too many lines to show)\n";
  const isShown = new Array<boolean>(lines.length).fill(false);
  lines.forEach(({ sign }, at) => {
    if (sign === " ") return;
    const [from, to] = [Math.max(0, at - CONTEXT_LINES), at + CONTEXT_LINES + 1];
    isShown.fill(true, from, to);
  });
  let text = "";
  lines.forEach((line, at) => {
    if (isShown[at] === true) text += `${line.sign} ${line.text}`.trimEnd().concat("\n");
    else if (at === 0 || isShown[at - 1] === true) text += "  …\n";
  });
  return text;
}

/** Undefined where the edits are too many. */
function compare(a: readonly string[], b: readonly string[]): readonly Line[] | undefined {
  const longest = Math.min(a.length + b.length, EDITS_MAX);
  // By diagonal: how far into `a` one gets with so many edits; one array for each number of them.
  const trace: Map<number, number>[] = [];
  const reach = new Map<number, number>([[1, 0]]);
  for (let edits = 0; edits <= longest; edits += 1) {
    trace.push(new Map(reach));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = startOf(reach, diagonal, edits);
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x += 1;
      reach.set(diagonal, x);
      if (x >= a.length && x - diagonal >= b.length) return walkBack(a, b, trace);
    }
  }
  return undefined;
}

/** Down (a line comes) or right (a line goes), whichever got further. */
function startOf(reach: ReadonlyMap<number, number>, diagonal: number, edits: number): number {
  const [left, right] = [reach.get(diagonal - 1) ?? -1, reach.get(diagonal + 1) ?? -1];
  const comes = diagonal === -edits || (diagonal !== edits && left < right);
  return comes ? right : left + 1;
}

function walkBack(
  a: readonly string[],
  b: readonly string[],
  trace: readonly ReadonlyMap<number, number>[],
): readonly Line[] {
  const lines: Line[] = [];
  let [x, y] = [a.length, b.length];
  for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
    const reach = trace[edits] ?? new Map<number, number>();
    const diagonal = x - y;
    const [left, right] = [reach.get(diagonal - 1) ?? -1, reach.get(diagonal + 1) ?? -1];
    const comes = diagonal === -edits || (diagonal !== edits && left < right);
    const before = comes ? diagonal + 1 : diagonal - 1;
    const startX = edits === 0 ? 0 : (reach.get(before) ?? 0);
    const startY = edits === 0 ? 0 : startX - before;
    while (x > startX && y > startY) {
      x -= 1;
      y -= 1;
      lines.push({ sign: " ", text: a[x] ?? "" });
    }
    if (edits === 0) break;
    if (comes) {
      y -= 1;
      lines.push({ sign: "+", text: b[y] ?? "" });
    } else {
      x -= 1;
      lines.push({ sign: "-", text: a[x] ?? "" });
    }
  }
  return lines.reverse();
}
