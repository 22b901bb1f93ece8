/** What the page `/config` says about being in the way of applications' connections. */
import type { Interception } from "./check-proxy.ts";

/** Null where the proxy is not transparent. `nowMs` is on its clock. */
export function describeInterception(interception: Interception | null, nowMs: number): unknown {
  if (interception === null) return null;
  const { proof } = interception;
  return {
    proven: proof.isProven,
    families: proof.families.map((one) => {
      const { family, outcome, checkedMs } = one;
      const ageMs = Number.isNaN(checkedMs) ? null : Math.round(nowMs - checkedMs);
      return { family, outcome, ageMs, ...proof.describe(one) };
    }),
    notInterceptedCount: interception.notInterceptedCount(),
    applications: interception.arrivals(),
    unreached: interception.unreached(),
  };
}
