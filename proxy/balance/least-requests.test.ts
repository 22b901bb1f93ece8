import { describe, expect, test } from "vitest";
import { createSeededRandom } from "../../base/random.ts";
import { LeastRequests } from "./least-requests.ts";
import { EndpointLoad } from "./peak-ewma.ts";
import { sampleEndpoint } from "./sample-endpoint.ts";

const OPTIONS = { decayMs: 10_000, defaultRttMs: 30 };

/** How many of a thousand requests, each over before the next begins, `load` gets. */
function countPicks(picker: LeastRequests, load: EndpointLoad, nowMs: number): number {
  let count = 0;
  for (let each = 0; each < 1000; each += 1) {
    if (picker.pick(nowMs, null) === load) count += 1;
  }
  return count;
}

describe("one that failed once, with hardly any load", () => {
  const loads = ["a", "b"].map((id) => new EndpointLoad(sampleEndpoint(id), OPTIONS, 0));
  const [failed] = loads as [EndpointLoad];
  const picker = new LeastRequests(loads, createSeededRandom(1));
  failed.start();
  failed.finish(0, 5, true);

  test("is left out for a while", () => {
    expect(countPicks(picker, failed, 1000)).toBe(0);
    expect(countPicks(picker, failed, 10_000)).toBe(0);
  });

  test("has its part again after two times the time of decay", () => {
    const count = countPicks(picker, failed, 20_000);
    expect(count).toBeGreaterThan(400);
    expect(count).toBeLessThan(600);
  });
});
