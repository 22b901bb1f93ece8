/** What choosing a backend by weight costs. */
import { createSeededRandom } from "../../base/random.ts";
import { WeightedSplit } from "../../mesh/weighted-split.ts";
import { runMicroBench, type Subject } from "./harness.ts";

function splitSubject(name: string, weights: readonly number[]): Subject {
  const split = new WeightedSplit(weights, createSeededRandom(1));
  const run = (times: number): number => {
    let total = 0;
    for (let count = 0; count < times; count++) total += split.pick();
    return total;
  };
  return { name, run };
}

function missingSubject(name: string, weights: readonly number[]): Subject {
  const split = new WeightedSplit(weights, createSeededRandom(1));
  const isAvailable = (index: number): boolean => index !== 0;
  const run = (times: number): number => {
    let total = 0;
    for (let count = 0; count < times; count++) total += split.pickAvailable(isAvailable);
    return total;
  };
  return { name, run };
}

const TWENTY = Array.from({ length: 20 }, (_, index) => 1 + index * 13);

runMicroBench([
  splitSubject("split 90/10", [90, 10]),
  splitSubject("split among 3 that do not divide 100", [333, 333, 335]),
  splitSubject("split among 20", TWENTY),
  missingSubject("split among 3, one of them missing", [333, 333, 335]),
]);
