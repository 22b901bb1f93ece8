/** Kubernetes quantities, exactly: `500m`, `0.5`, `2`, `1k`, `64Ki`, `1e3`. */
import type { Path } from "../base/shape.ts";
import { WEIGHT_MAX } from "../mesh/destination.ts";
import type { ReadContext } from "./kind.ts";

const PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?(?:([KMGTPE])i|([numkMGTPE])|[eE]([+-]?\d{1,3}))?$/;

const DECIMAL_POWER: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY_POWER: Readonly<Record<string, bigint>> = {
  K: 10n,
  M: 20n,
  G: 30n,
  T: 40n,
  P: 50n,
  E: 60n,
};
/** Longer ones are nobody's weight, and their powers would cost time. */
const LENGTH_MAX = 32;
const EXPONENT_MAX = 30;

/**
 * Thousandths, rounded up as Kubernetes does. Undefined when the text is no quantity or beyond
 * what a number can hold exactly.
 */
export function parseQuantityMilli(text: string): number | undefined {
  const found = text.length > LENGTH_MAX ? null : PATTERN.exec(text);
  if (found === null) return undefined;
  const [, sign, whole = "", fraction = "", binary, decimal, exponent] = found;
  if (whole === "" && fraction === "") return undefined;
  const power = 3 - fraction.length + (DECIMAL_POWER[decimal ?? ""] ?? 0) + Number(exponent ?? 0);
  if (Math.abs(power) > EXPONENT_MAX + LENGTH_MAX) return undefined;
  const scaled = BigInt(whole + fraction) << (BINARY_POWER[binary ?? ""] ?? 0n);
  const milli =
    power >= 0 ? scaled * 10n ** BigInt(power) : divideUp(scaled, 10n ** BigInt(-power));
  const signed = Number(sign === "-" ? -milli : milli);
  return Number.isSafeInteger(signed) ? signed : undefined;
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}

/** Stands for a weight that was refused, and whose object is refused with it. */
const REFUSED_MILLI = 1000;

/** A weight of a manifest in thousandths. What is wrong is reported. */
export function readWeightMilli(value: number | string, path: Path, context: ReadContext): number {
  const milli = parseQuantityMilli(String(value));
  if (milli === undefined) {
    const message = `${JSON.stringify(value)} is not a weight that fits`;
    context.error(path, "bad-weight", message, 'write for instance 10, or "500m" for a half');
    return REFUSED_MILLI;
  }
  if (milli < 0) {
    context.error(path, "bad-weight", `must not be negative, and is ${value}`);
    return REFUSED_MILLI;
  }
  if (milli > WEIGHT_MAX * 1000) {
    context.error(path, "bad-weight", `must be ${WEIGHT_MAX} or less, not ${value}`);
    return REFUSED_MILLI;
  }
  return milli;
}
