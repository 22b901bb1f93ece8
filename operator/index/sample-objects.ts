/** Objects for tests, with only what a test is about spelled out. */
import {
  type BackendIntent,
  DEFAULT_BEHAVIOUR_INTENT,
  type EndpointSliceIntent,
  type Intent,
  type IntentObject,
  type MirrorIntent,
  type PolicyIntent,
  type PolicyRetry,
  type ProfileIntent,
  type RouteGroupIntent,
  type RouteIntent,
  type ServiceIntent,
  type SplitIntent,
} from "../../mesh/intent.ts";
import { MATCH_EVERYTHING, type Match } from "../../mesh/match.ts";
import type { Problem } from "../../mesh/problem.ts";
import { DEFAULT_POLICY_RETRY } from "../../mesh/resolve-retry.ts";
import {
  type ObjectId,
  type ObjectSource,
  objectId,
  type SourceObject,
} from "../sources/object-source.ts";

const KINDS: Readonly<Record<Intent["type"], readonly [group: string, kind: string]>> = {
  profile: ["heddle.mesh", "ServiceProfile"],
  split: ["heddle.mesh", "TrafficSplit"],
  policy: ["heddle.mesh", "RetryPolicy"],
  "route-group": ["specs.smi-spec.io", "HTTPRouteGroup"],
  service: ["", "Service"],
  "endpoint-slice": ["discovery.k8s.io", "EndpointSlice"],
};

interface Place {
  readonly namespace?: string;
  readonly group?: string;
  readonly generation?: number;
  readonly file?: string;
  readonly line?: number;
}

function object<I extends Intent>(
  name: string,
  intent: I,
  place: Place = {},
): IntentObject & { readonly intent: I } {
  const [group, kind] = KINDS[intent.type];
  return {
    ref: {
      group: place.group ?? group,
      kind,
      namespace: place.namespace ?? "shop",
      name,
      generation: place.generation ?? 1,
    },
    apiVersion: `${place.group ?? group}/v1`,
    location: { file: place.file ?? "shop.yaml", document: 0, line: place.line ?? 1, column: 1 },
    intent,
    notEnforced: [],
  };
}

export function service(
  name: string,
  ports: readonly number[] = [80],
  place: Place = {},
  fields: Partial<ServiceIntent> = {},
) {
  const intent: ServiceIntent = {
    type: "service",
    clusterIps: [],
    ipFamilies: [],
    headless: false,
    externalName: "",
    ports: ports.map((port) => ({
      name: ports.length === 1 ? "" : `p${port}`,
      port,
      targetPort: port,
      appProtocol: "",
    })),
    opaquePorts: null,
    nodes: "any",
    ...fields,
  };
  return object(name, intent, place);
}

export function route(name: string, match: Match, fields: Partial<RouteIntent> = {}): RouteIntent {
  return {
    name,
    match,
    priority: 0,
    responseClasses: [],
    isRetryable: false,
    requestTimeoutMs: 0,
    responseTimeoutMs: 0,
    idleTimeoutMs: 0,
    behaviour: DEFAULT_BEHAVIOUR_INTENT,
    ...fields,
  };
}

export function profile(of: string, fields: Partial<ProfileIntent> = {}, place: Place = {}) {
  const intent: ProfileIntent = {
    type: "profile",
    service: { namespace: "shop", name: of },
    routes: [],
    budget: null,
    overrides: [],
    balancer: null,
    breaker: null,
    discovery: null,
    concurrency: null,
    opaquePorts: null,
    ...fields,
  };
  return object(`${of}.shop.svc.cluster.local`, intent, place);
}

export function backend(name: string, weight: number, port = 0): BackendIntent {
  return { service: { namespace: "shop", name }, port, weightMilli: weight * 1000 };
}

export function split(
  name: string,
  of: string,
  backends: readonly BackendIntent[],
  matches: SplitIntent["matches"] = [],
  place: Place = {},
) {
  const intent: SplitIntent = {
    type: "split",
    service: { namespace: "shop", name: of },
    backends,
    matches,
  };
  return object(name, intent, place);
}

/** A policy of these fields, and otherwise of the defaults. */
export function policyRetry(fields: Partial<PolicyRetry> = {}): PolicyRetry {
  return { ...DEFAULT_POLICY_RETRY, ...fields };
}

/** Copies everything that a route takes to a service of the same namespace. */
export function mirror(to: string, fields: Partial<MirrorIntent> = {}): MirrorIntent {
  const service = { namespace: "shop", name: to };
  return { service, share: 1, match: null, bodyBytesMax: 65_536, compare: false, ...fields };
}

export function policy(
  name: string,
  of: string,
  fields: Partial<PolicyIntent> = {},
  place: Place = {},
) {
  const intent: PolicyIntent = {
    type: "policy",
    service: { namespace: "shop", name: of },
    routes: [],
    retry: policyRetry({ maxRetries: 3 }),
    budget: null,
    ...fields,
  };
  return object(name, intent, place);
}

export function routeGroup(name: string, matches: RouteGroupIntent["matches"], place: Place = {}) {
  return object(name, { type: "route-group", matches } satisfies RouteGroupIntent, place);
}

export function slice(
  name: string,
  of: string,
  addresses: readonly string[],
  fields: Partial<EndpointSliceIntent> = {},
  place: Place = {},
) {
  const intent: EndpointSliceIntent = {
    type: "endpoint-slice",
    proxied: false,
    service: { namespace: "shop", name: of },
    serviceUid: "",
    ports: [{ name: "", port: 8080, appProtocol: "" }],
    endpoints: addresses.map((address) => ({
      addresses: [address],
      state: "ready",
      hostname: "",
      node: "",
      zone: "",
      targetUid: "",
      protocol: "unknown",
    })),
    ...fields,
  };
  return object(name, intent, place);
}

export const pathIs = (path: string): Match => ({ kind: "path", path });
export const everything: Match = MATCH_EVERYTHING;

/** An object source that a test fills by hand. */
export class SampleSource implements ObjectSource {
  readonly name = "sample";
  synced = true;
  readonly #objects = new Map<ObjectId, SourceObject>();
  readonly #listeners = new Set<(changed: readonly ObjectId[]) => void>();

  constructor(objects: readonly IntentObject[] = []) {
    for (const live of objects) this.#objects.set(objectId(live.ref), sourced(live));
  }

  list(): Iterable<SourceObject> {
    return this.#objects.values();
  }

  get(id: ObjectId): SourceObject | undefined {
    return this.#objects.get(id);
  }

  problems(): readonly Problem[] {
    return [];
  }

  subscribe(listener: (changed: readonly ObjectId[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#listeners.clear();
    return Promise.resolve();
  }

  put(...objects: readonly (IntentObject | SourceObject)[]): void {
    const all = objects.map((one) => ("live" in one ? one : sourced(one)));
    for (const one of all) this.#objects.set(one.id, one);
    this.#tell(all.map(({ id }) => id));
  }

  remove(...objects: readonly IntentObject[]): void {
    const ids = objects.map(({ ref }) => objectId(ref));
    for (const id of ids) this.#objects.delete(id);
    this.#tell(ids);
  }

  #tell(ids: readonly ObjectId[]): void {
    for (const listener of this.#listeners) listener(ids);
  }
}

export function sourced(live: IntentObject, fields: Partial<SourceObject> = {}): SourceObject {
  return {
    id: objectId(live.ref),
    ref: live.ref,
    apiVersion: live.apiVersion,
    location: live.location,
    live,
    problems: [],
    createdAtWallMs: 0,
    spec: {},
    ...fields,
  };
}
