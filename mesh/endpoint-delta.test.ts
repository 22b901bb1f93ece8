import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyEndpointDelta, diffEndpointSets } from "./endpoint-delta.ts";
import type { Endpoint, EndpointSet } from "./endpoint-set.ts";
import { formatServiceKey } from "./service-key.ts";

const SERVICE = formatServiceKey({ scheme: "svc", namespace: "shop", name: "web", port: 80 });

function endpoint(index: number, weight: number): Endpoint {
  return {
    id: `10.0.0.${index}:80`,
    address: `10.0.0.${index}`,
    port: 80,
    state: "ready",
    weight,
    zone: "",
    node: "",
    protocol: "http1",
    proxied: false,
    identity: "",
  };
}

function setOf(entries: readonly (readonly [number, number])[], synced = true): EndpointSet {
  const endpoints = [...new Map(entries).entries()]
    .map(([index, weight]) => endpoint(index, weight))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  return { service: SERVICE, source: "files", synced, endpoints };
}

const anySet = fc
  .tuple(fc.array(fc.tuple(fc.nat(40), fc.nat(2))), fc.boolean())
  .map(([entries, synced]) => setOf(entries, synced));

describe("endpoint delta", () => {
  it("applied to its base gives what it was made of", () => {
    fc.assert(
      fc.property(anySet, anySet, (base, next) => {
        expect(applyEndpointDelta(base, diffEndpointSets(base, next))).toEqual(next);
      }),
    );
  });

  it("is empty between a set and itself", () => {
    const set = setOf([[1, 1]]);
    expect(diffEndpointSets(set, setOf([[1, 1]]))).toMatchObject({ upsert: [], remove: [] });
  });

  it("names only what differs", () => {
    const base = setOf([
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
    const next = setOf([
      [1, 1],
      [2, 2],
      [4, 1],
    ]);
    const { upsert, remove } = diffEndpointSets(base, next);
    expect(upsert.map(({ id }) => id)).toEqual(["10.0.0.2:80", "10.0.0.4:80"]);
    expect(remove).toEqual(["10.0.0.3:80"]);
  });

  it("does not fit a base that lacks what it removes, or removes what it brings", () => {
    const base = setOf([[1, 1]]);
    const common = { service: SERVICE, source: "files", synced: true };
    expect(
      applyEndpointDelta(base, { ...common, upsert: [], remove: ["10.0.0.9:80"] }),
    ).toBeUndefined();
    const both = { ...common, upsert: [endpoint(1, 2)], remove: ["10.0.0.1:80"] };
    expect(applyEndpointDelta(base, both)).toBeUndefined();
  });
});
