/**
 * Compiles all that was said about one service into destinations: one for each of its ports, and
 * another beside it for each client namespace that wants something different. Pure: the same
 * objects give the same result, in whatever order they came.
 */

import { includesPort } from "../../base/port-ranges.ts";
import type { AddressKey } from "../../mesh/address-key.ts";
import type { Destination, ObjectRef, Rule } from "../../mesh/destination.ts";
import type { ServiceName, ServicePortIntent } from "../../mesh/intent.ts";
import { type PortProtocol, portProtocol } from "../../mesh/port-protocol.ts";
import { DEFAULT_RETRY_BUDGET } from "../../mesh/retry.ts";
import { DEFAULT_CONCURRENCY } from "../../mesh/route-behaviour.ts";
import { parseServiceKey, type ServiceKey } from "../../mesh/service-key.ts";
import type { Feature } from "../../mesh/snapshot.ts";
import type { ObjectId } from "../sources/object-source.ts";
import { buildRules } from "./build-rules.ts";
import { compareText } from "./compare-text.ts";
import { type Decided, decide } from "./decide.ts";
import { decideAddresses } from "./decide-addresses.ts";
import { backendSettings, type ResolvedSettings } from "./decide-settings.ts";
import { ObjectList } from "./object-list.ts";
import { backendNames, type ServiceInputs, serviceId, speaksOfEndpoints } from "./object-view.ts";
import { requiredFeatures } from "./required-features.ts";
import { reportUnresolved, reportUnresolvedMirrors, serviceKeyOf } from "./resolve-backends.ts";
import { type Verdict, Verdicts } from "./verdict.ts";

export interface CompiledDestination {
  readonly body: Destination;
  readonly requires: readonly Feature[];
  /** What is spoken there, told with the addresses of the port rather than in the body. */
  readonly protocol: PortProtocol;
  /** All objects that had a part, those without an index in the body too. */
  readonly objects: readonly ObjectRef[];
}

export interface CompiledPort {
  readonly key: ServiceKey;
  /** Where the service itself is dialled, without what another service has. */
  readonly addresses: readonly AddressKey[];
  readonly base: CompiledDestination;
  readonly byClientNamespace: ReadonlyMap<string, CompiledDestination>;
}

export interface CompiledService {
  readonly ports: readonly CompiledPort[];
  /** For the service and every object that speaks about it. */
  readonly verdicts: ReadonlyMap<ObjectId, Verdict>;
}

/** Namespaces that can have their own view of one service. */
export const CLIENT_NAMESPACES_MAX = 500;

export function compileService(inputs: ServiceInputs): CompiledService {
  const verdicts = new Verdicts();
  const speakers = [...inputs.profiles, ...inputs.splits, ...inputs.policies];
  for (const speaker of speakers) verdicts.judged(speaker.ref);
  const { service } = inputs;
  if (service === undefined) {
    const { namespace, name } = inputs.name;
    for (const { ref } of speakers) {
      verdicts.reference(ref, "ServiceNotFound", `Service ${namespace}/${name} does not exist`);
    }
  } else {
    verdicts.judged(service.ref);
  }
  reportReferences(inputs, verdicts);

  const base = decide(inputs, inputs.name.namespace, verdicts);
  const views = new Map<string, Decided>();
  for (const namespace of clientNamespaces(inputs)) {
    views.set(namespace, decide(inputs, namespace, verdicts));
  }
  const ports = (service?.intent.ports ?? []).map((port): CompiledPort => {
    const byClientNamespace = new Map<string, CompiledDestination>();
    for (const [namespace, decided] of views) {
      byClientNamespace.set(namespace, compileDestination(inputs, port, decided, namespace));
    }
    return {
      key: serviceKeyOf(inputs.name.namespace, inputs.name.name, port.port),
      addresses: decideAddresses(inputs, port.port, verdicts),
      base: compileDestination(inputs, port, base, ""),
      byClientNamespace,
    };
  });
  return { ports, verdicts: verdicts.close() };
}

/** Those that have objects of their own about the service, or about how a backend is used. */
function clientNamespaces(inputs: ServiceInputs): readonly string[] {
  const { name, profiles, splits, policies } = inputs;
  const namespaces = new Set<string>();
  for (const { ref } of [...profiles, ...splits, ...policies]) {
    if (ref.namespace !== name.namespace) namespaces.add(ref.namespace);
  }
  for (const backend of backendsOf(inputs)) {
    for (const { ref, intent } of inputs.profilesOf(backend)) {
      const isForeign = ref.namespace !== backend.namespace;
      if (isForeign && speaksOfEndpoints(intent)) namespaces.add(ref.namespace);
    }
  }
  return [...namespaces].sort(compareText).slice(0, CLIENT_NAMESPACES_MAX);
}

function backendsOf({ profiles, splits }: ServiceInputs): Iterable<ServiceName> {
  const names = new Map<string, ServiceName>();
  for (const { intent } of [...profiles, ...splits]) {
    for (const backend of backendNames(intent)) names.set(serviceId(backend), backend);
  }
  return names.values();
}

function reportReferences(inputs: ServiceInputs, verdicts: Verdicts): void {
  for (const profile of inputs.profiles) {
    const { overrides } = profile.intent;
    reportUnresolved(inputs, profile, "spec.dstOverrides", overrides, verdicts);
    reportUnresolvedMirrors(inputs, profile, profile.intent.routes, verdicts);
  }
  for (const split of inputs.splits) {
    reportUnresolved(inputs, split, "spec.backends", split.intent.backends, verdicts);
  }
  const routes = new Set<string>();
  for (const { intent } of inputs.profiles) for (const { name } of intent.routes) routes.add(name);
  for (const policy of inputs.policies) {
    for (const route of policy.intent.routes) {
      if (routes.has(route)) continue;
      const message = `no ServiceProfile of this service has a route named "${route}"`;
      verdicts.reference(policy.ref, "RouteNotFound", message);
    }
  }
}

function compileDestination(
  inputs: ServiceInputs,
  servicePort: ServicePortIntent,
  decided: Decided,
  clients: string,
): CompiledDestination {
  const { port } = servicePort;
  const key = serviceKeyOf(inputs.name.namespace, inputs.name.name, port);
  const objects = new ObjectList();
  const rules = buildRules(inputs, port, decided, objects);
  const endpointSets = namedSets(rules);
  const settings = endpointSets.map((set) => settingsOf(set, inputs, decided, clients));
  // Their places are named by nothing in the body, but they had a part in it.
  if (decided.budget !== undefined) objects.indexOf(decided.budget.object.ref);
  if (decided.concurrency !== undefined) objects.indexOf(decided.concurrency.object.ref);
  if (decided.opaquePorts !== undefined) objects.indexOf(decided.opaquePorts.object.ref);
  for (const { from } of settings) for (const ref of from) objects.indexOf(ref);
  const body: Destination = {
    service: key,
    rules,
    objects: objects.refs,
    endpointSets,
    backends: settings.map((one) => one.settings),
    budget: decided.budget?.budget ?? DEFAULT_RETRY_BUDGET,
    concurrency: decided.concurrency?.value ?? DEFAULT_CONCURRENCY,
  };
  const groups = decided.splits.flatMap((claim) => claim.groups);
  const service = inputs.service === undefined ? [] : [inputs.service.ref];
  return {
    body,
    requires: requiredFeatures(body),
    protocol: protocolOf(inputs, servicePort, decided),
    objects: [...objects.refs, ...groups, ...service],
  };
}

/** A profile's word goes before the Service's, and a list of opaque ports before a name. */
function protocolOf(
  { service }: ServiceInputs,
  { port, appProtocol, name }: ServicePortIntent,
  { opaquePorts }: Decided,
): PortProtocol {
  const ranges = opaquePorts?.value ?? service?.intent.opaquePorts ?? [];
  return includesPort(ranges, port) ? "opaque" : portProtocol(appProtocol, name);
}

/** Every endpoint set that the rules need, mirrors too. */
function namedSets(rules: readonly Rule[]): readonly ServiceKey[] {
  const sets = new Set<ServiceKey>();
  for (const { action } of rules) {
    for (const { service } of action.backends) sets.add(service);
    if (action.behaviour.mirror !== null) sets.add(action.behaviour.mirror.service);
  }
  return [...sets].sort(compareText);
}

function settingsOf(
  key: ServiceKey,
  inputs: ServiceInputs,
  decided: Decided,
  clients: string,
): ResolvedSettings {
  const name = parseServiceKey(key);
  if (name === undefined) throw new Error(`${key} is no service key`);
  const nodes = inputs.serviceNamed(name)?.intent.nodes ?? "any";
  const own = inputs.profilesOf(name);
  return backendSettings({ key, name }, own, clients, decided.settings, nodes);
}
