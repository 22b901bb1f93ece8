/**
 * Stacks that no operator configures, with one endpoint that is known: the application behind the
 * inbound listener, and what lies outside the mesh. They are made of the same layers as any other.
 */
import { formatAddress } from "../../base/address.ts";
import {
  type BackendSettings,
  DEFAULT_BALANCER,
  DEFAULT_DISCOVERY,
} from "../../mesh/backend-settings.ts";
import { DEFAULT_TIMEOUTS, type Destination } from "../../mesh/destination.ts";
import type { Endpoint, EndpointSet } from "../../mesh/endpoint-set.ts";
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

/** Where it leads. What is known of an endpoint besides holds for it too. */
export type FixedTarget = Pick<Endpoint, "address" | "port"> & Partial<Endpoint>;

export interface FixedStack {
  readonly stack: DestinationStack;
  readonly backend: Backend;
  /** Serves the same endpoint by other rules, with what is known of it from before. */
  recompose(destination: Destination, revision: string, regexes: RegexCompiler): DestinationStack;
  /** What is under way ends by itself; its series end with it. `stack` is the one in use. */
  close(stack: DestinationStack): void;
}

export function composeFixed(
  service: ServiceKey,
  target: FixedTarget,
  deps: FixedStackDeps,
  concurrency: Concurrency = DEFAULT_CONCURRENCY,
): FixedStack {
  const set = endpointSet(service, target);
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
  const close: FixedStack["close"] = ({ routes }) => {
    backend.retire();
    for (const { recorder } of routes) recorder.close();
    memory.close();
  };
  return { stack, backend, recompose, close };
}

function settings(service: ServiceKey): BackendSettings {
  return { service, balancer: DEFAULT_BALANCER, breaker: null, discovery: DEFAULT_DISCOVERY };
}

function endpointSet(service: ServiceKey, target: FixedTarget): EndpointSet {
  const known = {
    id: formatAddress({ host: target.address, port: target.port }),
    weight: 1,
    zone: "",
    node: "",
    protocol: "http1" as const,
    proxied: false,
    identity: "",
    ...target,
  };
  // Whoever dials it means it, ready or not.
  const endpoints: readonly Endpoint[] = [{ ...known, state: "ready" }];
  return { service, source: "fixed", synced: true, endpoints };
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
