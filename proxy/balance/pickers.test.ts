/** What holds of every picker, whatever its policy. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSeededRandom } from "../../base/random.ts";
import { BALANCER_POLICIES, type Balancer } from "../../mesh/backend-settings.ts";
import { createPicker } from "./create-picker.ts";
import { EndpointLoad } from "./peak-ewma.ts";
import { sampleEndpoint, sampleFailed } from "./sample-endpoint.ts";

const OPTIONS = { decayMs: 10_000, defaultRttMs: 30 };
const ZONES = ["any", "prefer"] as const;

function createLoads(weights: readonly number[]): EndpointLoad[] {
  const group = { pending: 0 };
  return weights.map((weight, index) => {
    const endpoint = sampleEndpoint(`e${index}`, { weight, zone: index % 3 === 0 ? "a" : "b" });
    return new EndpointLoad(endpoint, OPTIONS, 0, group);
  });
}

function create(
  loads: readonly EndpointLoad[],
  policy: Balancer["policy"],
  zone: Balancer["zone"],
  seed = 1,
) {
  return createPicker(loads, { policy, zone }, { ownZone: "a" }, createSeededRandom(seed));
}

describe.each(BALANCER_POLICIES)("%s", (policy) => {
  test.each(ZONES)("of none gives none, of one that one (zone %s)", (zone) => {
    expect(create([], policy, zone).pick(0, null)).toBeNull();
    const [only] = createLoads([1]) as [EndpointLoad];
    const picker = create([only], policy, zone);
    expect(picker.pick(0, sampleFailed(only))).toBe(only);
    picker.evict(only);
    expect(picker.size).toBe(0);
  });

  test.each(ZONES)(
    "never picks one that is out, nor one that has failed the request (zone %s)",
    (zone) => {
      const step = fc.record({ at: fc.nat(), hash: fc.integer({ min: -1, max: 2 ** 32 - 1 }) });
      fc.assert(
        fc.property(
          fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 2, maxLength: 20 }),
          fc.array(step, { maxLength: 60 }),
          fc.integer(),
          (weights, steps, seed) => {
            const loads = createLoads(weights);
            const picker = create(loads, policy, zone, seed);
            steps.forEach(({ at, hash }, index) => {
              const load = loads[at % loads.length] as EndpointLoad;
              load.evicted = !load.evicted;
              if (load.evicted) picker.evict(load);
              else picker.readmit(load);
              const active = loads.filter((each) => !each.evicted);
              expect(picker.size).toBe(active.length);
              for (const each of loads) expect(picker.includes(each)).toBe(!each.evicted);
              const failed = Array.from({ length: (at % 5) + 1 }, (_, each) => {
                return loads[(at * 7 + index + each) % loads.length] as EndpointLoad;
              });
              const avoid = sampleFailed(...failed);
              const picked = picker.pick(index, avoid, hash);
              if (active.length === 0) {
                expect(picked).toBeNull();
                return;
              }
              expect(picked === null || picked.evicted).toBe(false);
              if (picked === null) return;
              if (active.some((each) => !avoid.includes(each))) {
                expect(avoid.includes(picked)).toBe(false);
              } else expect(picked).toBe(avoid.longestAgo(picker));
              picked.start();
            });
          },
        ),
        { numRuns: 60 },
      );
    },
  );

  test("gives each its share by weight when all are equally good", () => {
    const weights = [1, 2, 3, 4];
    const loads = createLoads(weights);
    const picker = create(loads, policy, "any", 5);
    const counts = loads.map(() => 0);
    for (let each = 0; each < 40_000; each += 1) {
      const at = loads.indexOf(picker.pick(0, null) as EndpointLoad);
      counts[at] = (counts[at] ?? 0) + 1;
    }
    // A ring is even only as far as its points are.
    const within = policy === "consistent-hash" ? 0.35 : 0.05;
    counts.forEach((count, index) => {
      const share = (weights[index] ?? 0) / 10;
      expect(Math.abs(count / 40_000 / share - 1)).toBeLessThan(within);
    });
  });

  test("hardly picks one that is penalised", () => {
    const loads = createLoads([1, 1, 1, 1]);
    const picker = create(loads, policy, "any", 6);
    const [bad] = loads as [EndpointLoad];
    bad.penalised = true;
    let count = 0;
    for (let each = 0; each < 2000; each += 1) {
      const picked = picker.pick(0, null) as EndpointLoad;
      picked.start();
      if (picked === bad) count += 1;
    }
    expect(count).toBeLessThan(60);
  });
});
