/** Endpoints to write tests and benchmarks with. */
import type { Endpoint } from "../../mesh/endpoint-set.ts";
import { FailedEndpoints } from "../exchange/failed-endpoints.ts";
import type { EndpointLoad } from "./peak-ewma.ts";

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

/** In this order, the last one last. */
export function sampleFailed(...loads: readonly EndpointLoad[]): FailedEndpoints {
  const failed = new FailedEndpoints();
  for (const load of loads) failed.add(load);
  return failed;
}
