/**
 * Stacks that no operator configures, with one endpoint that is known: the application behind the
 * inbound listener, and what lies outside the mesh. They are made of the same layers as any other.
 */

import {
  type BackendSettings,
  DEFAULT_BALANCER,
  DEFAULT_DISCOVERY,
} from "../../mesh/backend-settings.ts";
import { DEFAULT_TIMEOUTS, type Destination } from "../../mesh/destination.ts";
import type { EndpointSet } from "../../mesh/endpoint-set.ts";
import { MATCH_EVERYTHING } from "../../mesh/match.ts";
import { noRegexes, type RegexCompiler } from "../../mesh/regex-engine.ts";
import { DEFAULT_RETRY, DEFAULT_RETRY_BUDGET } from "../../mesh/retry.ts";
import {
  type Concurrency,
  DEFAULT_BEHAVIOUR,
  DEFAULT_CONCURRENCY,
} from "../../mesh/route-behaviour.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { DestinationStack } from "../exchange/stacks.ts";
import { Backend, type BackendDeps } from "./backend.ts";
import { type ComposeDeps, composeDestination } from "./compose-destination.ts";
import { DestinationMemory } from "./destination-memory.ts";

export interface FixedStackDeps {
  readonly compose: Omit<ComposeDeps, "backend" | "regexes">;
  readonly backend: BackendDeps;
}

export interface FixedStack {
  readonly stack: DestinationStack;
  readonly backend: Backend;
  /** Serves the same endpoint by other rules, with what is known of it from before. */
  recompose(destination: Destination, revision: string, regexes: RegexCompiler): DestinationStack;
}

export function composeFixed(
  service: ServiceKey,
  target: { readonly address: string; readonly port: number },
  deps: FixedStackDeps,
  concurrency: Concurrency = DEFAULT_CONCURRENCY,
): FixedStack {
  const set = endpointSet(service, target.address, target.port);
  const backend = new Backend(set, settings(service), deps.backend);
  const memory = new DestinationMemory(service, deps.compose);
  const recompose: FixedStack["recompose"] = (rules, revision, regexes) =>
    composeDestination(
      rules,
      revision,
      { ...deps.compose, regexes, backend: () => backend },
      memory,
    );
  const stack = recompose(destination(service, concurrency), "fixed", noRegexes);
  return { stack, backend, recompose };
}

function settings(service: ServiceKey): BackendSettings {
  return { service, balancer: DEFAULT_BALANCER, breaker: null, discovery: DEFAULT_DISCOVERY };
}

function endpointSet(service: ServiceKey, address: string, port: number): EndpointSet {
  return {
    service,
    source: "fixed",
    synced: true,
    endpoints: [
      {
        id: `${address}:${port}`,
        address,
        port,
        state: "ready",
        weight: 1,
        zone: "",
        node: "",
        protocol: "http1",
        proxied: false,
        identity: "",
      },
    ],
  };
}

function destination(service: ServiceKey, concurrency: Concurrency): Destination {
  return {
    service,
    objects: [],
    endpointSets: [service],
    budget: DEFAULT_RETRY_BUDGET,
    backends: [settings(service)],
    concurrency,
    rules: [
      {
        route: "",
        object: -1,
        match: MATCH_EVERYTHING,
        action: {
          backends: [{ service, weight: 1 }],
          splitObject: -1,
          timeouts: DEFAULT_TIMEOUTS,
          retry: { ...DEFAULT_RETRY, maxRetries: 0 },
          behaviour: DEFAULT_BEHAVIOUR,
          responseClasses: [],
        },
      },
    ],
  };
}
