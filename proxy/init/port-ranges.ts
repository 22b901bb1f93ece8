/** Lists of ports as people write them: `4567,4568,9000-9010`. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** In one list. More than anyone skips, and rules that stay quick to walk. */
export const PORT_RANGES_MAX = 128;

/** Sorted, and joined where they touch; a text says what is wrong. An empty text is no port. */
export function parsePortRanges(text: string): readonly PortRange[] | string {
  const parts = text.split(",").filter((part) => part.trim() !== "");
  if (parts.length > PORT_RANGES_MAX) return `more than ${PORT_RANGES_MAX} ports and ranges`;
  const ranges: PortRange[] = [];
  for (const part of parts) {
    const range = parseRange(part.trim());
    if (range === undefined) {
      return `${JSON.stringify(part.trim())} is no port and no range of ports such as 9000-9010`;
    }
    ranges.push(range);
  }
  return joinRanges(ranges);
}

/** What covers the same ports with the fewest ranges, in order. */
export function joinRanges(ranges: readonly PortRange[]): readonly PortRange[] {
  const joined: PortRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
    const before = joined.at(-1);
    if (before === undefined || range.first > before.last + 1) joined.push(range);
    else joined[joined.length - 1] = { ...before, last: Math.max(before.last, range.last) };
  }
  return joined;
}

/** `separator` stands between the two ends of a range. */
export function formatPortRange({ first, last }: PortRange, separator = "-"): string {
  return first === last ? String(first) : `${first}${separator}${last}`;
}

export function includesPort(ranges: readonly PortRange[], port: number): boolean {
  return ranges.some((range) => range.first <= port && port <= range.last);
}

function parseRange(text: string): PortRange | undefined {
  const found = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (found === null) return undefined;
  const first = Number(found[1]);
  const last = Number(found[2] ?? found[1]);
  return first < 1 || last > 65_535 || first > last ? undefined : { first, last };
}
