/** Conditions as every controller writes them: their time moves when their status does. */
import { isRecord } from "../base/shape.ts";

export interface WrittenCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
  /** RFC 3339. */
  readonly lastTransitionTime: string;
}

/**
 * `wanted`, with the times of those in `present` whose status is the same: what was true before
 * this process began has not become true since. `present` is whatever stands in the object.
 */
export function keepTransitionTimes(
  present: unknown,
  wanted: readonly WrittenCondition[],
): readonly WrittenCondition[] {
  const before = Array.isArray(present) ? present.filter(isRecord) : [];
  return wanted.map((condition) => {
    const { type, status } = condition;
    const same = before.find((one) => one.type === type && one.status === status);
    const time = same?.lastTransitionTime;
    return typeof time === "string" ? { ...condition, lastTransitionTime: time } : condition;
  });
}
