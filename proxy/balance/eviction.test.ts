import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSeededRandom } from "../../base/random.ts";
import { DEFAULT_BALANCER, DEFAULT_BREAKER } from "../../mesh/backend-settings.ts";
import { OPEN, PROBING, SLOW_START } from "./breaker.ts";
import { EndpointBalancer } from "./endpoint-balancer.ts";
import type { Eviction } from "./eviction.ts";
import type { EndpointLoad } from "./peak-ewma.ts";
import { sampleEndpoint } from "./sample-endpoint.ts";

const BREAKER = { ...DEFAULT_BREAKER, consecutiveFailures: 3 };

function scene(count: number, change: Partial<typeof BREAKER> = {}, slowStartMs = 0) {
  const told: string[] = [];
  const tell =
    (what: string) =>
    (load: EndpointLoad): void => {
      told.push(`${what} ${load.endpoint.id}`);
    };
  const events = {
    evicted: tell("evicted"),
    spared: tell("spared"),
    needed: tell("needed"),
  };
  const balancer = new EndpointBalancer(
    { ...DEFAULT_BALANCER, slowStartMs },
    createSeededRandom(1),
    { ownZone: "", breaker: { ...BREAKER, ...change }, events },
  );
  const endpoints = Array.from({ length: count }, (_, index) => sampleEndpoint(`e${index}`));
  balancer.update(endpoints, 0);
  const eviction = balancer.eviction as Eviction;
  const loads = [...balancer.loads];
  const fail = (index: number, nowMs: number, times = 3): void => {
    for (let each = 0; each < times; each += 1) {
      eviction.failed(loads[index] as EndpointLoad, nowMs);
    }
  };
  return { balancer, eviction, endpoints, loads, fail, told };
}

function picked(balancer: EndpointBalancer, nowMs = 0): Set<string> {
  const ids = new Set<string>();
  for (let each = 0; each < 300; each += 1) {
    ids.add(balancer.picker.pick(nowMs, null)?.endpoint.id ?? "none");
  }
  return ids;
}

test("one that keeps failing is out, and none of the requests goes there", () => {
  const { balancer, eviction, loads, fail, told } = scene(4);
  fail(2, 0, 2);
  expect(loads[2]?.evicted).toBe(false);
  fail(2, 0, 1);
  expect(loads[2]?.evicted).toBe(true);
  expect(eviction.evictedCount).toBe(1);
  expect(balancer.picker.size).toBe(3);
  expect(balancer.picker.includes(loads[2] as EndpointLoad)).toBe(false);
  expect(picked(balancer)).toEqual(new Set(["e0", "e1", "e3"]));
  expect(told).toEqual(["evicted e2"]);
});

describe("a probe", () => {
  test("brings it back, slowly", () => {
    const { balancer, eviction, loads, fail, told } = scene(2, {}, 10_000);
    fail(1, 0);
    expect(eviction.takeProbe(500)).toBeNull();
    const dueMs = eviction.probeDueMs;
    expect(eviction.takeProbe(dueMs)).toBe(loads[1]);
    expect(eviction.takeProbe(dueMs)).toBeNull();
    expect(loads[1]?.breaker?.state(dueMs)).toBe(PROBING);
    expect(picked(balancer)).toEqual(new Set(["e0"]));
    eviction.probeSucceeded(loads[1] as EndpointLoad, dueMs);
    expect(loads[1]?.breaker?.state(dueMs)).toBe(SLOW_START);
    expect(loads[1]?.merit(dueMs)).toBeCloseTo(0.1, 9);
    expect(loads[1]?.merit(dueMs + 10_000)).toBe(1);
    expect(balancer.picker.size).toBe(2);
    expect(told).toEqual(["evicted e1"]);
  });

  test("that fails keeps it out for longer", () => {
    const { eviction, loads, fail } = scene(2, {
      backoff: { baseMs: 1000, maxMs: 9000, jitter: 0 },
    });
    fail(0, 0);
    const load = eviction.takeProbe(1000) as EndpointLoad;
    eviction.probeFailed(load, 1000);
    expect(loads[0]?.evicted).toBe(true);
    expect(eviction.probeDueMs).toBe(3000);
    expect(load.breaker?.reason).toBe("probe-failed");
  });

  test("that tells nothing lets another follow, after as long again", () => {
    const { eviction, loads, fail } = scene(2);
    fail(0, 0);
    const outMs = eviction.probeDueMs;
    const load = eviction.takeProbe(5000) as EndpointLoad;
    eviction.probeAbandoned(load, 6000);
    expect(eviction.takeProbe(6000)).toBeNull();
    expect(eviction.takeProbe(6000 + outMs)).toBe(loads[0]);
  });

  test("is told once: what comes late changes nothing", () => {
    const { eviction, fail } = scene(4);
    fail(0, 0);
    const load = eviction.takeProbe(5000) as EndpointLoad;
    eviction.probeSucceeded(load, 5000);
    eviction.probeFailed(load, 5000);
    eviction.probeAbandoned(load, 5000);
    expect(load.evicted).toBe(false);
    expect(eviction.evictedCount).toBe(0);
  });
});

describe("at the set share", () => {
  test("the next one stays, and is chosen only where there is nothing better", () => {
    const { balancer, eviction, loads, fail, told } = scene(4);
    for (const index of [0, 1, 2]) fail(index, 0);
    expect(eviction.evictedCount).toBe(2);
    expect(loads[2]?.penalised).toBe(true);
    expect(picked(balancer)).toEqual(new Set(["e3"]));
    expect(told).toEqual(["evicted e0", "evicted e1", "spared e2"]);
    // A success clears it.
    eviction.succeeded(loads[2] as EndpointLoad, 0);
    expect(loads[2]?.penalised).toBe(false);
    expect(picked(balancer)).toEqual(new Set(["e2", "e3"]));
  });

  test("the next one is tried again after a while, and a longer one if it fails again", () => {
    const { balancer, loads, fail, told } = scene(4);
    for (const index of [0, 1, 2]) fail(index, 0);
    const load = loads[2] as EndpointLoad;
    const firstMs = load.penaltyEndsMs;
    expect(firstMs).toBeGreaterThan(0);
    expect(load.merit(firstMs - 1)).toBeLessThan(0.01);
    expect(load.merit(firstMs)).toBeGreaterThan(0.5);
    fail(2, firstMs, 1);
    expect(load.penaltyEndsMs - firstMs).toBeGreaterThan(firstMs);
    expect(picked(balancer)).toEqual(new Set(["e3"]));
    expect(told.filter((event) => event === "spared e2")).toHaveLength(1);
  });

  test("what fails while it is avoided is not held against it once more", () => {
    const { loads, fail } = scene(4);
    for (const index of [0, 1, 2]) fail(index, 0);
    const endsMs = loads[2]?.penaltyEndsMs ?? 0;
    fail(2, endsMs - 1, 5);
    expect(loads[2]?.penaltyEndsMs).toBe(endsMs);
  });

  test("a success clears nothing where the share of them is still too small", () => {
    const { eviction, loads, fail } = scene(4, { successRateMin: 0.5, requestsMin: 4 });
    for (const index of [0, 1, 2]) fail(index, 0);
    const load = loads[2] as EndpointLoad;
    eviction.succeeded(load, 0);
    expect(load.penalised).toBe(true);
    for (let each = 0; each < 2; each += 1) eviction.succeeded(load, 0);
    expect(load.penalised).toBe(false);
  });

  test("nothing is held against anybody where nothing is evicted any more", () => {
    const { balancer, loads, fail } = scene(4);
    for (const index of [0, 1, 2]) fail(index, 0);
    balancer.reconfigure(DEFAULT_BALANCER, null, 0);
    expect(loads.map(({ evicted, penalised }) => evicted || penalised)).not.toContain(true);
  });

  test("it goes as soon as there is room", () => {
    const { eviction, loads, fail } = scene(4);
    for (const index of [0, 1, 2]) fail(index, 0);
    const load = eviction.takeProbe(60_000) as EndpointLoad;
    eviction.probeSucceeded(load, 60_000);
    fail(2, 60_000, 1);
    expect(loads[2]?.evicted).toBe(true);
    expect(loads[2]?.penalised).toBe(false);
  });

  test("the last is never out, whatever the share", () => {
    for (const count of [1, 2, 5]) {
      const { balancer, eviction, fail } = scene(count, { evictedShareMax: 1 });
      for (let index = 0; index < count; index += 1) fail(index, 0);
      expect(eviction.evictedCount).toBe(count - 1);
      expect(balancer.picker.pick(0, null)).not.toBeNull();
    }
  });

  test("a share of nothing evicts nobody", () => {
    const { eviction, fail } = scene(10, { evictedShareMax: 0 });
    for (let index = 0; index < 10; index += 1) fail(index, 0);
    expect(eviction.evictedCount).toBe(0);
  });
});

describe("an update", () => {
  test("keeps who is out, out", () => {
    const { balancer, eviction, endpoints, loads, fail } = scene(4);
    fail(1, 0);
    balancer.update([...endpoints, sampleEndpoint("e9")], 10);
    expect(eviction.evictedCount).toBe(1);
    expect(picked(balancer)).toEqual(new Set(["e0", "e2", "e3", "e9"]));
    expect(eviction.takeProbe(60_000)).toBe(loads[1]);
  });

  test("takes back as many as the share demands when the healthy ones go, and no more", () => {
    const { balancer, eviction, endpoints, fail, told } = scene(8);
    for (const index of [0, 1, 2, 3]) fail(index, index);
    balancer.update(endpoints.slice(0, 5), 100);
    // Two of five may be out.
    expect(eviction.evictedCount).toBe(2);
    expect(balancer.picker.size).toBe(3);
    expect(told.filter((line) => line.startsWith("needed"))).toHaveLength(2);
    balancer.update(endpoints.slice(0, 1), 200);
    expect(picked(balancer)).toEqual(new Set(["e0"]));
  });

  test("takes those back first that are due first, and spares them what it can until then", () => {
    const backoff = { baseMs: 1_000, maxMs: 60_000, jitter: 0 };
    const { balancer, endpoints, loads, fail } = scene(8, { backoff });
    for (const index of [0, 1, 2, 3]) fail(index, 300 - 100 * index);
    balancer.update(endpoints.slice(0, 5), 400);
    expect(loads.slice(0, 4).map(({ evicted }) => evicted)).toEqual([true, true, false, false]);
    expect(loads.slice(2, 4).map(({ penalised }) => penalised)).toEqual([true, true]);
    expect(loads.slice(2, 4).map(({ penaltyEndsMs }) => penaltyEndsMs)).toEqual([1_100, 1_000]);
  });

  test("one that left is not evicted by what fails late", () => {
    const { balancer, eviction, endpoints, loads, fail } = scene(4);
    balancer.update(endpoints.slice(1), 0);
    fail(0, 0);
    expect(loads[0]?.evicted).toBe(false);
    expect(eviction.evictedCount).toBe(0);
  });

  test("one that left while it was probed does no harm", () => {
    const { balancer, eviction, endpoints, fail } = scene(4);
    fail(0, 0);
    const load = eviction.takeProbe(60_000) as EndpointLoad;
    balancer.update(endpoints.slice(1), 60_000);
    eviction.probeFailed(load, 60_000);
    expect(eviction.evictedCount).toBe(0);
    expect(eviction.probeDueMs).toBe(Number.POSITIVE_INFINITY);
    eviction.failed(load, 60_000);
    eviction.succeeded(load, 60_000);
    expect(balancer.picker.size).toBe(3);
  });
});

test("whatever happens: the share holds, one is left, the evicted get only probes", () => {
  const step = fc.record({
    kind: fc.constantFrom("fail", "succeed", "probe", "probe-ok", "probe-fail", "lost", "update"),
    at: fc.nat(),
    afterMs: fc.nat(3000),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 150 }),
      fc.integer({ min: 1, max: 12 }),
      fc.constantFrom(0, 0.3, 0.5, 1),
      (steps, count, evictedShareMax) => {
        const { balancer, eviction, endpoints } = scene(count, {
          evictedShareMax,
          consecutiveFailures: 1,
        });
        const probes = new Set<EndpointLoad>();
        let nowMs = 0;
        for (const { kind, at, afterMs } of steps) {
          nowMs += afterMs;
          const loads = [...balancer.loads];
          const load = loads[at % loads.length] as EndpointLoad;
          const probe = [...probes][at % Math.max(1, probes.size)];
          if (kind === "fail") eviction.failed(load, nowMs);
          else if (kind === "succeed") eviction.succeeded(load, nowMs);
          else if (kind === "update") balancer.update(endpoints.slice(0, 1 + (at % count)), nowMs);
          else if (kind === "probe") {
            const due = eviction.takeProbe(nowMs);
            if (due !== null) {
              expect(due.evicted).toBe(true);
              expect(probes.has(due) && due.breaker?.state(nowMs) === OPEN).toBe(false);
              probes.add(due);
            }
          } else if (probe !== undefined) {
            probes.delete(probe);
            if (kind === "probe-ok") eviction.probeSucceeded(probe, nowMs);
            else if (kind === "probe-fail") eviction.probeFailed(probe, nowMs);
            else eviction.probeAbandoned(probe, nowMs);
          }
          const known = [...balancer.loads];
          const out = known.filter((each) => each.evicted);
          expect(out.length).toBe(eviction.evictedCount);
          expect(out.length).toBeLessThanOrEqual(Math.floor(known.length * evictedShareMax));
          expect(out.length).toBeLessThan(known.length);
          expect(balancer.picker.size).toBe(known.length - out.length);
          expect(balancer.picker.pick(nowMs, null)?.evicted).toBe(false);
        }
      },
    ),
    { numRuns: 150 },
  );
});
