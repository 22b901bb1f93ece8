/** Whether an answer was a success, as a route's response classes say, from one table lookup. */
import type { ResponseClass, ResponseMatch } from "./destination.ts";

const STATUS_MIN = 100;
const STATUS_MAX = 599;

const FAILURE = 1;
const DECIDED = 2;

/** Classes compiled to a byte for each status. */
export class ResponseClassifier {
  readonly #verdicts: Uint8Array;

  constructor(classes: readonly ResponseClass[]) {
    this.#verdicts = compile(classes);
  }

  /** First match decides; where none does, 5xx is a failure, and so is what is no status. */
  isFailure(status: number): boolean {
    const verdict = this.#verdicts[status - STATUS_MIN];
    return verdict === undefined || (verdict & FAILURE) !== 0;
  }

  /** A class decided; otherwise what a protocol within says (gRPC) comes before the status. */
  isDecided(status: number): boolean {
    return ((this.#verdicts[status - STATUS_MIN] ?? 0) & DECIDED) !== 0;
  }
}

function compile(classes: readonly ResponseClass[]): Uint8Array {
  const verdicts = new Uint8Array(STATUS_MAX - STATUS_MIN + 1);
  for (let status = STATUS_MIN; status <= STATUS_MAX; status += 1) {
    const found = classes.find((each) => matches(each.match, status));
    const failed = found === undefined ? status >= 500 : found.isFailure;
    verdicts[status - STATUS_MIN] = (failed ? FAILURE : 0) | (found === undefined ? 0 : DECIDED);
  }
  return verdicts;
}

function matches(match: ResponseMatch, status: number): boolean {
  switch (match.kind) {
    case "status":
      return status >= match.min && status <= match.max;
    case "all":
      return match.of.every((each) => matches(each, status));
    case "any":
      return match.of.some((each) => matches(each, status));
    case "not":
      return !matches(match.of, status);
  }
}

const defaultClassifier = new ResponseClassifier([]);

/** The classifier of a route; all routes without classes share one. */
export function createResponseClassifier(classes: readonly ResponseClass[]): ResponseClassifier {
  return classes.length === 0 ? defaultClassifier : new ResponseClassifier(classes);
}
