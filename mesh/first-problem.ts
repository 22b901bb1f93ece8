/**
 * Runs a generated validator for a peer's sake rather than a person's: the first finding is
 * enough to refuse what was sent, and the rest of something hostile is not worth looking at.
 */
import { formatPath, type Report } from "../base/shape.ts";

/** What was read, or one line about what is wrong with it. */
export type Read<T> = { readonly body: T } | { readonly problem: string };

export type Validator<T> = (value: unknown, report: Report) => value is T;

/** Thrown out of the validator by its own report, and caught by whoever called it. */
class Stop {
  readonly problem: string;

  constructor(problem: string) {
    this.problem = problem;
  }
}

const stop: Report = (path, _code, message) => {
  const place = formatPath(path);
  throw new Stop(place === "" ? message : `${place}: ${message}`);
};

export function firstProblem<T>(value: unknown, validate: Validator<T>): Read<T> {
  try {
    return validate(value, stop) ? { body: value } : { problem: "not valid" };
  } catch (thrown) {
    if (thrown instanceof Stop) return { problem: thrown.problem };
    throw thrown;
  }
}
