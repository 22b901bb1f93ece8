import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSeededRandom } from "../../base/random.ts";
import { hashText } from "./hash-bytes.ts";
import { EndpointLoad } from "./peak-ewma.ts";
import { NO_HASH } from "./picker.ts";
import { RingHash } from "./ring-hash.ts";
import { sampleEndpoint } from "./sample-endpoint.ts";

const KEYS = Array.from({ length: 4000 }, (_, index) => hashText(`user-${index}`));

function createLoads(ids: readonly string[], weight = 1): EndpointLoad[] {
  const group = { pending: 0 };
  const options = { decayMs: 10_000, defaultRttMs: 30 };
  return ids.map((id) => new EndpointLoad(sampleEndpoint(id, { weight }), options, 0, group));
}

function names(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `10.0.${from}.${index}:8080`);
}

/** Who serves each key. */
function owners(ids: readonly string[]): (string | undefined)[] {
  const picker = new RingHash(createLoads(ids), createSeededRandom(1));
  return KEYS.map((key) => picker.pick(0, null, key)?.endpoint.id);
}

describe("who serves a key", () => {
  test("does not depend on the order of endpoints, nor on the proxy", () => {
    const ids = names(20);
    expect(owners([...ids].reverse())).toEqual(owners(ids));
  });

  test("changes only for keys of one that left, or to one that came", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.nat(), (count, at) => {
        const ids = names(count);
        const gone = ids[at % count];
        const before = owners(ids);
        const after = owners(ids.filter((id) => id !== gone));
        let moved = 0;
        before.forEach((owner, index) => {
          if (owner === after[index]) return;
          expect(owner).toBe(gone);
          moved += 1;
        });
        // A part of a ring differs from 1/n by a tenth or so; three times that is rare.
        expect(moved / KEYS.length).toBeLessThan(1.45 / count + 0.01);
      }),
      { numRuns: 25 },
    );
  });

  test("is spread evenly", () => {
    const counts = new Map<string | undefined, number>();
    for (const owner of owners(names(10))) counts.set(owner, (counts.get(owner) ?? 0) + 1);
    for (const count of counts.values()) {
      expect(count / (KEYS.length / 10)).toBeGreaterThan(0.65);
      expect(count / (KEYS.length / 10)).toBeLessThan(1.35);
    }
    expect(counts.size).toBe(10);
  });

  test("returns when one that was out returns; meanwhile the others keep theirs", () => {
    const loads = createLoads(names(10));
    const picker = new RingHash(loads, createSeededRandom(1));
    const all = () => KEYS.map((key) => picker.pick(0, null, key));
    const before = all();
    const [out] = loads as [EndpointLoad];
    out.evicted = true;
    picker.evict(out);
    const meanwhile = all();
    before.forEach((load, index) => {
      if (load === out) expect(meanwhile[index]).not.toBe(out);
      else expect(meanwhile[index]).toBe(load);
    });
    out.evicted = false;
    picker.readmit(out);
    expect(all()).toEqual(before);
  });
});

test("one hot key does not load one endpoint by more than a quarter above its part", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 30 }),
      fc.integer({ min: 1, max: 600 }),
      (count, total) => {
        const loads = createLoads(names(count));
        const picker = new RingHash(loads, createSeededRandom(1));
        for (let each = 0; each < total; each += 1) picker.pick(0, null, 12_345)?.start();
        const most = Math.max(...loads.map((load) => load.pending));
        expect(most).toBeLessThanOrEqual(Math.ceil((1.25 * total) / count));
      },
    ),
    { numRuns: 40 },
  );
});

test("without a hash all get some", () => {
  const loads = createLoads(names(5));
  const picker = new RingHash(loads, createSeededRandom(1));
  const seen = new Set(Array.from({ length: 200 }, () => picker.pick(0, null, NO_HASH)));
  expect(seen.size).toBe(5);
});

test("has a bounded number of points, built in a turn of the loop", () => {
  const loads = createLoads(names(5000));
  const picker = new RingHash(loads, createSeededRandom(1));
  const seen = new Set(KEYS.map((key) => picker.pick(0, null, key)));
  expect(seen.size).toBeGreaterThan(2000);
});
