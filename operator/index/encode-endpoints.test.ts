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
