/** Ports as people list them: `25,587,3306` or `4000-4010,6379`. */

/** Both ends belong to it. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Nobody writes more by hand; who has more means everything. */
export const PORT_RANGES_MAX = 256;

const RANGE = /^(\d{1,5})(?:-(\d{1,5}))?$/;

/**
 * The ranges of a list whose parts are separated by commas, or what is wrong with it. Blanks round
 * a part are allowed; an empty text is an empty list.
 */
export function parsePortRanges(
  text: string,
): { readonly ranges: readonly PortRange[] } | { readonly problem: string } {
  if (text.trim() === "") return { ranges: [] };
  const parts = text.split(",");
  if (parts.length > PORT_RANGES_MAX) {
    return { problem: `these are ${parts.length} ports or ranges, at most ${PORT_RANGES_MAX}` };
  }
  const ranges: PortRange[] = [];
  for (const part of parts) {
    const range = parseRange(part.trim());
    if ("problem" in range) return range;
    ranges.push(range);
  }
  return { ranges };
}

function parseRange(text: string): PortRange | { readonly problem: string } {
  if (text === "") return { problem: "a port is missing beside a comma" };
  const [, firstText, lastText = firstText] = RANGE.exec(text) ?? [];
  const shown = JSON.stringify(text.slice(0, 40));
  if (firstText === undefined) {
    return { problem: `${shown} is not a port or a range of ports such as 4000-4010` };
  }
  const first = Number(firstText);
  const last = Number(lastText);
  if (first < 1 || first > 65_535 || last < 1 || last > 65_535) {
    return { problem: `${shown}: ports are 1 to 65535` };
  }
  if (first > last) return { problem: `${shown} ends before it begins` };
  return { first, last };
}

/** `3306,4000-4010`; empty for no ranges. */
export function formatPortRanges(ranges: readonly PortRange[]): string {
  return ranges.map((range) => formatPortRange(range)).join(",");
}

/** What covers the same ports with the fewest ranges, in order. */
export function joinPortRanges(ranges: readonly PortRange[]): readonly PortRange[] {
  const joined: PortRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
    const before = joined.at(-1);
    if (before === undefined || range.first > before.last + 1) joined.push(range);
    else joined[joined.length - 1] = { ...before, last: Math.max(before.last, range.last) };
  }
  return joined;
}

/** `separator` stands between the two ends. */
export function formatPortRange({ first, last }: PortRange, separator = "-"): string {
  return first === last ? `${first}` : `${first}${separator}${last}`;
}

export function includesPort(ranges: readonly PortRange[], port: number): boolean {
  for (const { first, last } of ranges) {
    if (port >= first && port <= last) return true;
  }
  return false;
}
