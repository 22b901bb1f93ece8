/**
 * What a program answers at `/check`: what it found when it looked at itself. Who looks judges,
 * so that it can say what to do. The command line reads it, perhaps of another version: checks are
 * added, and their names never change.
 */

/** `warning`: it works, and will not for ever, or not for everybody. */
export const CHECK_VERDICTS = ["ok", "warning", "failed"] as const;

export type CheckVerdict = (typeof CHECK_VERDICTS)[number];

export interface CheckResult {
  /** For scripts: `operator-connected`. */
  readonly name: string;
  readonly verdict: CheckVerdict;
  /** What was found, as a sentence without its full stop. */
  readonly detail: string;
  /** What to do about it; empty when there is nothing to be done. */
  readonly hint: string;
}

export interface CheckAnswer {
  readonly checks: readonly CheckResult[];
}
