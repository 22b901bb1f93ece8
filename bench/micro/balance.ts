/** What choosing an endpoint costs among 2 and 1,000, and what learning from an answer does. */
import { createSeededRandom } from "../../base/random.ts";
import { DEFAULT_BALANCER } from "../../mesh/backend-settings.ts";
import { EndpointLoad } from "../../proxy/balance/peak-ewma.ts";
import { PowerOfTwoChoices } from "../../proxy/balance/power-of-two.ts";
import { sampleEndpoint } from "../../proxy/balance/sample-endpoint.ts";
import { runMicroBench, type Subject } from "./harness.ts";

function createLoads(count: number, weightOf: (index: number) => number): EndpointLoad[] {
  return Array.from(
    { length: count },
    (_, index) =>
      new EndpointLoad(
        sampleEndpoint(`10.0.0.1:${index}`, { weight: weightOf(index) }),
        DEFAULT_BALANCER,
        0,
      ),
  );
}

function pickSubject(name: string, loads: readonly EndpointLoad[]): Subject {
  const picker = new PowerOfTwoChoices(loads, createSeededRandom(1));
  const run = (times: number): number => {
    let total = 0;
    for (let count = 0; count < times; count++) {
      total += picker.pick(count * 0.01, null)?.pending ?? 0;
    }
    return total;
  };
  return { name, run };
}

/** A whole turn: pick, start, finish with what it took. */
function turnSubject(name: string, loads: readonly EndpointLoad[]): Subject {
  const picker = new PowerOfTwoChoices(loads, createSeededRandom(1));
  const run = (times: number): number => {
    let total = 0;
    for (let count = 0; count < times; count++) {
      const nowMs = count * 0.01;
      const load = picker.pick(nowMs, null);
      if (load === null) continue;
      load.start();
      total += load.pending;
      load.finish(nowMs, 1 + (count & 15) * 0.1, false);
    }
    return total;
  };
  return { name, run };
}

const [one] = createLoads(1, () => 1);

runMicroBench([
  pickSubject(
    "pick among 2",
    createLoads(2, () => 1),
  ),
  pickSubject(
    "pick among 1,000",
    createLoads(1000, () => 1),
  ),
  pickSubject(
    "pick among 1,000 of different weights",
    createLoads(1000, (index) => 1 + (index % 7)),
  ),
  turnSubject(
    "pick, start and finish among 2",
    createLoads(2, () => 1),
  ),
  turnSubject(
    "pick, start and finish among 1,000",
    createLoads(1000, () => 1),
  ),
  {
    name: "learn from one answer",
    run: (times) => {
      for (let count = 0; count < times; count++) {
        one?.start();
        one?.finish(count * 0.01, 1 + (count & 15) * 0.1, false);
      }
      return one?.rttMs(times) ?? Number.NaN;
    },
  },
]);
