import { describe, expect, test } from "vitest";
import { createSeededRandom } from "../../base/random.ts";
import { DEFAULT_BALANCER } from "../../mesh/backend-settings.ts";
import { EndpointBalancer } from "./endpoint-balancer.ts";
import { sampleEndpoint } from "./sample-endpoint.ts";

function createBalancer(): EndpointBalancer {
  return new EndpointBalancer(DEFAULT_BALANCER, createSeededRandom(1));
}

function pickedIds(balancer: EndpointBalancer): string[] {
  const ids = new Set<string>();
  for (let pick = 0; pick < 200; pick += 1) {
    const picked = balancer.picker.pick(0, null);
    if (picked !== null) ids.add(picked.endpoint.id);
  }
  return [...ids].sort();
}

test("before anything is known there is nothing to pick", () => {
  const balancer = createBalancer();
  expect(balancer.picker.size).toBe(0);
  expect(balancer.picker.pick(0, null)).toBeNull();
});

test("those of the first list do not start slowly, and those that come later do", () => {
  const options = { ...DEFAULT_BALANCER, slowStartMs: 10_000 };
  const balancer = new EndpointBalancer(options, createSeededRandom(1));
  balancer.update([sampleEndpoint("a"), sampleEndpoint("b", { state: "not-ready" })], 0);
  balancer.update(
    ["a", "b", "c"].map((id) => sampleEndpoint(id)),
    0,
  );
  const merits = [...balancer.loads].map((load) => load.merit(0));
  expect(merits[0]).toBe(1);
  expect(merits.slice(1).every((merit) => merit < 1)).toBe(true);
});

describe("who is picked", () => {
  test("those that are ready, as long as one is", () => {
    const balancer = createBalancer();
    balancer.update(
      [
        sampleEndpoint("a"),
        sampleEndpoint("b", { state: "serving" }),
        sampleEndpoint("c", { state: "terminating" }),
        sampleEndpoint("d", { state: "not-ready" }),
        sampleEndpoint("e"),
      ],
      0,
    );
    expect(pickedIds(balancer)).toEqual(["a", "e"]);
    expect([...balancer.loads].map((load) => load.endpoint.id)).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("else those that still serve, and never the others", () => {
    const balancer = createBalancer();
    const leaving = sampleEndpoint("c", { state: "terminating" });
    balancer.update([sampleEndpoint("b", { state: "serving" }), leaving], 0);
    expect(pickedIds(balancer)).toEqual(["b"]);
    balancer.update([leaving, sampleEndpoint("d", { state: "not-ready" })], 0);
    expect(balancer.picker.size).toBe(0);
  });

  test("not those of weight zero, unless all are", () => {
    const balancer = createBalancer();
    const idle = sampleEndpoint("a", { weight: 0 });
    balancer.update([idle, sampleEndpoint("b")], 0);
    expect(pickedIds(balancer)).toEqual(["b"]);
    balancer.update([idle], 0);
    expect(pickedIds(balancer)).toEqual(["a"]);
  });
});

describe("an update", () => {
  test("keeps what was learnt about those that stay, and takes their news", () => {
    const balancer = createBalancer();
    balancer.update([sampleEndpoint("a"), sampleEndpoint("b")], 0);
    const [before] = balancer.loads;
    before?.start();
    before?.finish(0, 700, false);
    balancer.update([sampleEndpoint("a", { zone: "west" }), sampleEndpoint("c")], 0);
    const [after] = balancer.loads;
    expect(after).toBe(before);
    expect(after?.rttMs(0)).toBe(700);
    expect(after?.endpoint.zone).toBe("west");
    expect(pickedIds(balancer)).toEqual(["c"]);
  });

  test("publishes a fresh picker and leaves the old one as it was", () => {
    const balancer = createBalancer();
    balancer.update([sampleEndpoint("a")], 0);
    const old = balancer.picker;
    balancer.update([sampleEndpoint("b")], 0);
    expect(balancer.picker).not.toBe(old);
    expect(old.pick(0, null)?.endpoint.id).toBe("a");
  });

  test("forgets those that left: who comes back is new", () => {
    const balancer = createBalancer();
    balancer.update([sampleEndpoint("a")], 0);
    const [before] = balancer.loads;
    balancer.update([], 0);
    balancer.update([sampleEndpoint("a")], 0);
    const [after] = balancer.loads;
    expect(after).not.toBe(before);
  });
});
