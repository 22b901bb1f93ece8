/** Weights of backends: Kubernetes quantities, because SMI and Linkerd write `500m` for a half. */
import { parseQuantityMilli } from "../base/quantity.ts";
import type { Path } from "../base/shape.ts";
import { WEIGHT_MAX } from "../mesh/destination.ts";
import type { ReadContext } from "./kind.ts";

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
