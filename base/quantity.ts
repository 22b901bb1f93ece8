/** Kubernetes quantities, exactly: `500m`, `0.5`, `2`, `1k`, `64Ki`, `1e3`. */

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
/** Nobody writes longer ones, and their powers would cost time. */
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
