import fc from "fast-check";
import { expect, test } from "vitest";
import { createSeededRandom } from "../../base/random.ts";
import { DEFAULT_BREAKER } from "../../mesh/backend-settings.ts";
import { Breaker } from "./breaker.ts";
import { EndpointLoad } from "./peak-ewma.ts";
import { ProbeSchedule } from "./probe-schedule.ts";
import { sampleEndpoint } from "./sample-endpoint.ts";

/** One that is out, and due for a probe at that time. */
function dueAt(dueMs: number): EndpointLoad {
  const load = new EndpointLoad(sampleEndpoint("e"), { decayMs: 1, defaultRttMs: 1 }, 0);
  const backoff = { baseMs: dueMs, maxMs: dueMs, jitter: 0 };
  load.breaker = new Breaker({ ...DEFAULT_BREAKER, backoff }, 0);
  load.breaker.open(0, "consecutive-failures", createSeededRandom(1));
  expect(load.breaker.probeDueMs).toBe(dueMs);
  return load;
}

/** Enters one at a time, or lets go of the one at a place, whichever that is. */
const step = fc.oneof(
  fc.record({ dueMs: fc.nat(40) }),
  fc.record({ gone: fc.nat(30) }),
  fc.constant("first" as const),
);

test("the first is always one that is due first, whoever enters and leaves", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const schedule = new ProbeSchedule();
      const waiting: EndpointLoad[] = [];
      const leave = (load: EndpointLoad): void => {
        waiting.splice(waiting.indexOf(load), 1);
        schedule.remove(load);
        expect(load.breaker?.scheduleIndex).toBe(-1);
        // The second time it is not there any more.
        schedule.remove(load);
      };
      for (const one of steps) {
        if (one === "first") {
          if (schedule.first !== null) leave(schedule.first);
        } else if ("gone" in one) {
          const load = waiting[one.gone];
          if (load !== undefined) leave(load);
        } else {
          const load = dueAt(one.dueMs + 1);
          waiting.push(load);
          schedule.add(load);
        }
        const dueMs = waiting.map((load) => load.breaker?.probeDueMs ?? 0);
        expect(schedule.length).toBe(waiting.length);
        expect(schedule.dueMs).toBe(Math.min(...dueMs));
        expect(schedule.first === null || waiting.includes(schedule.first)).toBe(true);
      }
      schedule.clear();
      expect(schedule.first).toBeNull();
      expect(schedule.dueMs).toBe(Number.POSITIVE_INFINITY);
      for (const load of waiting) expect(load.breaker?.scheduleIndex).toBe(-1);
    }),
    { numRuns: 300 },
  );
});
