import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EndpointLoad } from "./peak-ewma.ts";
import { sampleEndpoint } from "./sample-endpoint.ts";

const OPTIONS = { decayMs: 10_000, defaultRttMs: 30 };

function createLoad(): EndpointLoad {
  return new EndpointLoad(sampleEndpoint("a"), OPTIONS, 0);
}

function observe(load: EndpointLoad, nowMs: number, rttMs: number): void {
  load.start();
  load.finish(nowMs, rttMs, false);
}

describe("the estimate", () => {
  test("begins at the default and fades", () => {
    const load = createLoad();
    expect(load.rttMs(0)).toBe(30);
    expect(load.rttMs(10_000)).toBeCloseTo(30 / Math.E, 10);
    expect(load.rttMs(20_000)).toBeCloseTo(30 / Math.E ** 2, 10);
  });

  test("jumps to what is slower at once", () => {
    const load = createLoad();
    observe(load, 100, 500);
    expect(load.rttMs(100)).toBe(500);
  });

  test("falls by the share of the time that passed", () => {
    const load = createLoad();
    observe(load, 0, 100);
    observe(load, 5000, 10);
    expect(load.rttMs(5000)).toBeCloseTo(10 + 90 * Math.exp(-0.5), 10);
  });

  test("does not care how many steady observations a fall is made of", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 60_000 }), (n, ms) => {
        const load = createLoad();
        observe(load, 0, 100);
        for (let step = 1; step <= n; step += 1) observe(load, (ms * step) / n, 10);
        expect(load.rttMs(ms)).toBeCloseTo(10 + 90 * Math.exp(-ms / 10_000), 6);
      }),
    );
  });

  const rtt = fc.double({ min: 0, max: 60_000, noNaN: true });
  const history = fc.array(
    fc.record({ afterMs: fc.double({ min: 0, max: 30_000, noNaN: true }), rttMs: rtt }),
    { maxLength: 20 },
  );

  test("is never below what was just seen, nor above the worst ever seen", () => {
    fc.assert(
      fc.property(history, (steps) => {
        const load = createLoad();
        let nowMs = 0;
        let worst = OPTIONS.defaultRttMs;
        for (const { afterMs, rttMs } of steps) {
          nowMs += afterMs;
          observe(load, nowMs, rttMs);
          worst = Math.max(worst, rttMs);
          expect(load.rttMs(nowMs)).toBeGreaterThanOrEqual(rttMs);
          expect(load.rttMs(nowMs)).toBeLessThanOrEqual(worst * (1 + 1e-12));
        }
      }),
    );
  });

  test("is no lower where one observation was slower", () => {
    fc.assert(
      fc.property(history, fc.nat(), rtt, (steps, at, extraMs) => {
        const one = createLoad();
        const other = createLoad();
        let nowMs = 0;
        steps.forEach(({ afterMs, rttMs }, index) => {
          nowMs += afterMs;
          observe(one, nowMs, rttMs);
          observe(other, nowMs, index === at % steps.length ? rttMs + extraMs : rttMs);
        });
        expect(other.rttMs(nowMs) + 1e-9).toBeGreaterThanOrEqual(one.rttMs(nowMs));
      }),
    );
  });

  test("survives a clock that stands still or runs back", () => {
    const load = createLoad();
    observe(load, 1000, 50);
    expect(load.rttMs(500)).toBe(50);
    observe(load, 500, 10);
    expect(load.rttMs(500)).toBe(50);
    expect(load.rttMs(1000)).toBe(50);
  });
});

describe("the load", () => {
  test("grows with what is under way, and shrinks again", () => {
    const load = createLoad();
    expect(load.load(0)).toBe(30);
    load.start();
    load.start();
    expect(load.pending).toBe(2);
    expect(load.load(0)).toBe(90);
    load.abandon();
    expect(load.load(0)).toBe(60);
    load.finish(0, 30, false);
    expect(load.load(0)).toBe(30);
    expect(load.pending).toBe(0);
  });

  test("counts what is under way for less where the weight is more", () => {
    const load = createLoad();
    load.setRelativeWeight(2);
    load.start();
    load.start();
    expect(load.load(0)).toBe(60);
  });

  test("is not improved by failing fast", () => {
    const load = createLoad();
    observe(load, 0, 100);
    load.start();
    load.finish(5000, 1, true);
    expect(load.rttMs(5000)).toBe(100);
    const fresh = createLoad();
    observe(fresh, 0, 5);
    fresh.start();
    fresh.finish(60_000, 1, true);
    expect(fresh.rttMs(60_000)).toBeGreaterThanOrEqual(OPTIONS.defaultRttMs);
  });

  test("learns nothing from a request that was abandoned", () => {
    const load = createLoad();
    load.start();
    load.abandon();
    expect(load.rttMs(0)).toBe(30);
  });

  test("of one that fails fast grows until it attracts nothing, and fades again", () => {
    const failing = createLoad();
    const slow = createLoad();
    for (let each = 0; each < 40; each += 1) {
      observe(slow, each, 200);
      failing.start();
      failing.finish(each, 1, true);
    }
    expect(failing.load(40)).toBeGreaterThan(slow.load(40) * 100);
    expect(failing.merit(40)).toBeLessThan(0.01);
    expect(failing.merit(60_000)).toBeGreaterThan(0.99);
  });

  test("is hardly raised by one failure in a hundred", () => {
    const load = createLoad();
    for (let each = 1; each <= 1000; each += 1) {
      load.start();
      load.finish(each, 30, each % 100 === 50);
    }
    expect(load.merit(1000)).toBeGreaterThan(0.99);
  });

  test("grows with slow start and penalty, and both end", () => {
    const load = createLoad();
    load.beginSlowStart(0, 1000);
    expect(load.demand(0)).toBeCloseTo(10, 9);
    expect(load.demand(500)).toBeCloseTo(1 / 0.55, 9);
    expect(load.demand(1000)).toBe(1);
    load.penalised = true;
    expect(load.demand(1000)).toBe(1000);
    load.penalised = false;
    expect(load.demand(1000)).toBe(1);
  });

  test("counts a try that was cut short for as long as it took, if that is longer", () => {
    const load = createLoad();
    load.start();
    load.cut(0, 10);
    expect(load.rttMs(0)).toBe(30);
    load.start();
    load.cut(0, 400);
    expect(load.rttMs(0)).toBe(400);
    expect(load.pending).toBe(0);
  });

  test("fades as if nothing had been when one was cut short early", () => {
    const [cut, untouched] = [createLoad(), createLoad()];
    cut.start();
    cut.cut(5_000, 1);
    expect(cut.rttMs(5_000)).toBe(untouched.rttMs(5_000));
  });

  test("is counted for the whole group too", () => {
    const group = { pending: 0 };
    const [one, other] = ["a", "b"].map(
      (id) => new EndpointLoad(sampleEndpoint(id), OPTIONS, 0, group),
    );
    one?.start();
    other?.start();
    expect(one?.groupPending).toBe(2);
    other?.finish(0, 1, false);
    expect(one?.groupPending).toBe(1);
  });
});
