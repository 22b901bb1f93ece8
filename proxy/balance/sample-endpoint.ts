/** Endpoints to write tests and benchmarks with. */
import type { Endpoint } from "../../mesh/endpoint-set.ts";

export function sampleEndpoint(id: string, change: Partial<Endpoint> = {}): Endpoint {
  return {
    id,
    address: "127.0.0.1",
    port: 80,
    state: "ready",
    weight: 1,
    zone: "",
    node: "",
    protocol: "unknown",
    proxied: false,
    identity: "",
    ...change,
  };
}
