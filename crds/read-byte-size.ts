/** Sizes of manifests, `65536` or `64Ki`, to bytes. */

import { parseQuantityMilli } from "../base/quantity.ts";
import type { Path } from "../base/shape.ts";
import { BODY_LIMITS } from "../mesh/body-limits.ts";
import type { ReadContext } from "./kind.ts";

/** What may be kept of one body. `fallback` when absent, and when it is wrong, which is told. */
export function readBodyLimit(
  value: number | string | undefined,
  path: Path,
  context: ReadContext,
  fallback: number,
): number {
  if (value === undefined) return fallback;
  const milli = parseQuantityMilli(String(value));
  const bytes = milli === undefined ? -1 : Math.ceil(milli / 1000);
  if (bytes >= 0 && bytes <= BODY_LIMITS.bodyBytesMax) return bytes;
  const most = `${BODY_LIMITS.bodyBytesMax / 1024 / 1024}Mi`;
  const message = `must be a number of bytes up to ${most}, not ${JSON.stringify(value)}`;
  context.error(path, "out-of-range", message, "each such request holds as much memory");
  return fallback;
}
