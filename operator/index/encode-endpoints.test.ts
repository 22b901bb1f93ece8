import fc from "fast-check";
import { expect, it } from "vitest";
import { encodeCanonical } from "../../base/canonical-json.ts";
import type { Endpoint, EndpointSet } from "../../mesh/endpoint-set.ts";
import { formatServiceKey } from "../../mesh/service-key.ts";
import { EndpointEncoder } from "./encode-endpoints.ts";

const KEY = formatServiceKey({ scheme: "svc", namespace: "shop", name: "web", port: 80 });

const endpoint: fc.Arbitrary<Endpoint> = fc.record(
  {
    id: fc.string(),
    address: fc.ipV4(),
    port: fc.integer({ min: 1, max: 65_535 }),
    state: fc.constantFrom("ready", "serving", "terminating", "not-ready"),
    weight: fc.double({ min: 0, max: 1_000, noNaN: true }),
    zone: fc.string({ unit: "binary" }),
    zoneHints: fc.array(fc.string()),
    node: fc.string(),
    protocol: fc.constantFrom("http1", "http2", "opaque", "unknown"),
    proxied: fc.boolean(),
    identity: fc.string(),
  },
  {
    requiredKeys: [
      ...(["id", "address", "port", "state", "weight", "zone"] as const),
      ...(["node", "protocol", "proxied", "identity"] as const),
    ],
  },
);

const sets: fc.Arbitrary<EndpointSet> = fc.record({
  service: fc.constant(KEY),
  source: fc.string(),
  synced: fc.boolean(),
  endpoints: fc.array(endpoint),
});

it("makes the canonical text of large sets, whatever changes in them", () => {
  const one = (n: number): Endpoint => ({
    ...{ id: `e${String(n).padStart(4, "0")}`, address: "10.0.0.1", port: n, state: "ready" },
    ...{ weight: 1, zone: "a", node: "n", protocol: "http1", proxied: false, identity: "" },
  });
  const many = Array.from({ length: 1_000 }, (_, n) => one(2 * n));
  const changes = fc.array(
    fc.record({
      kind: fc.constantFrom("replace", "remove", "insert", "cut", "turn" as const),
      at: fc.nat(1_000),
      count: fc.integer({ min: 1, max: 200 }),
    }),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(fc.array(changes, { maxLength: 4 }), (rounds) => {
      const encoder = new EndpointEncoder();
      let endpoints: readonly Endpoint[] = many;
      for (const round of [[], ...rounds]) {
        for (const { kind, at, count } of round) {
          const next = [...endpoints];
          if (kind === "replace") next.splice(at, 1, { ...one(2 * at), weight: count });
          else if (kind === "remove") next.splice(at, count);
          else if (kind === "insert") next.splice(at, 0, one(2 * at + 1));
          else if (kind === "cut") next.length = Math.min(next.length, at);
          // No order is relied on for the text to be right.
          else next.reverse();
          endpoints = next;
        }
        const set = { service: KEY, source: "s", synced: true, endpoints };
        expect(encoder.encode(set)).toBe(encodeCanonical(set));
      }
    }),
    { numRuns: 60 },
  );
});

it("makes the canonical text, also of endpoints that it has seen before", () => {
  fc.assert(
    fc.property(sets, sets, (first, second) => {
      const encoder = new EndpointEncoder();
      expect(encoder.encode(first)).toBe(encodeCanonical(first));
      const both = { ...second, endpoints: [...first.endpoints, ...second.endpoints] };
      expect(encoder.encode(both)).toBe(encodeCanonical(both));
    }),
  );
});

it.each([
  ["half a pair of surrogates", { zone: "a\ud800" }],
  ["quotes", { node: 'a"b\\' }],
  ["zero of either sign", { weight: -0 }],
  ["hints", { zoneHints: ["b", "\udc00"] }],
])("makes the canonical text of an endpoint with %s", (_what, members) => {
  const endpoint: Endpoint = {
    ...{ id: "e", address: "10.0.0.1", port: 80, state: "ready", weight: 1, zone: "", node: "" },
    ...{ protocol: "http1", proxied: false, identity: "" },
    ...members,
  };
  const set = { service: KEY, source: "s", synced: true, endpoints: [endpoint] };
  expect(new EndpointEncoder().encode(set)).toBe(encodeCanonical(set));
});
