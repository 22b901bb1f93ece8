/** `3306`, `"3306"` or `"4000-4010"`. */
import type { PortRange } from "../base/port-ranges.ts";
import type { Path } from "../base/shape.ts";
import type { ReadContext } from "./kind.ts";

function readPortRange(
  value: number | string,
  path: Path,
  context: ReadContext,
): PortRange | undefined {
  const [firstText = "", lastText = firstText] = String(value).split("-");
  const first = Number(firstText);
  const last = Number(lastText);
  if (isPort(first) && isPort(last) && first <= last) return { first, last };
  const message = `${JSON.stringify(value)} is not a port or a range of ports`;
  context.error(path, "bad-port", message, 'ports are 1 to 65535, ranges such as "4000-4010"');
  return undefined;
}

/** A list of them; those that are none are reported and left out. */
export function readPortRanges(
  values: readonly (number | string)[],
  path: Path,
  context: ReadContext,
): readonly PortRange[] {
  return values.flatMap((value, index) => {
    const range = readPortRange(value, { parent: path, key: index }, context);
    return range === undefined ? [] : [range];
  });
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}
