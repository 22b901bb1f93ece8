/**
 * Compiles all that was said about one service into destinations: one for each of its ports, and
 * another beside it for each client namespace that wants something different. Pure: the same
 * objects give the same result, in whatever order they came.
 */

import { DEFAULT_BALANCER, DEFAULT_DISCOVERY } from "../../mesh/backend-settings.ts";
import type { Destination, ObjectRef } from "../../mesh/destination.ts";
import { DEFAULT_RETRY_BUDGET } from "../../mesh/retry.ts";
import { DEFAULT_CONCURRENCY } from "../../mesh/route-behaviour.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { Feature } from "../../mesh/snapshot.ts";
import type { ObjectId } from "../sources/object-source.ts";
import { buildRules } from "./build-rules.ts";
import { compareText } from "./compare-text.ts";
import { type Decided, decide } from "./decide.ts";
import { ObjectList } from "./object-list.ts";
import type { ServiceInputs } from "./object-view.ts";
import { reportUnresolved, serviceKeyOf } from "./resolve-backends.ts";
import { type Verdict, Verdicts } from "./verdict.ts";

export interface CompiledDestination {
  readonly body: Destination;
  readonly requires: readonly Feature[];
  /** All objects that had a part, those without an index in the body too. */
  readonly objects: readonly ObjectRef[];
}

export interface CompiledPort {
  readonly key: ServiceKey;
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
  const ports = (service?.intent.ports ?? []).map(({ port }): CompiledPort => {
    const byClientNamespace = new Map<string, CompiledDestination>();
    for (const [namespace, decided] of views) {
      byClientNamespace.set(namespace, compileDestination(inputs, port, decided));
    }
    return {
      key: serviceKeyOf(inputs.name.namespace, inputs.name.name, port),
      base: compileDestination(inputs, port, base),
      byClientNamespace,
    };
  });
  return { ports, verdicts: verdicts.close() };
}

function clientNamespaces({ name, profiles, splits, policies }: ServiceInputs): readonly string[] {
  const namespaces = new Set<string>();
  for (const { ref } of [...profiles, ...splits, ...policies]) {
    if (ref.namespace !== name.namespace) namespaces.add(ref.namespace);
  }
  return [...namespaces].sort(compareText).slice(0, CLIENT_NAMESPACES_MAX);
}

function reportReferences(inputs: ServiceInputs, verdicts: Verdicts): void {
  for (const profile of inputs.profiles) {
    const { overrides } = profile.intent;
    reportUnresolved(inputs, profile, "spec.dstOverrides", overrides, verdicts);
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
  port: number,
  decided: Decided,
): CompiledDestination {
  const key = serviceKeyOf(inputs.name.namespace, inputs.name.name, port);
  const objects = new ObjectList();
  const rules = buildRules(inputs, port, decided, objects);
  const sets = new Set<ServiceKey>();
  let splits = false;
  let retries = false;
  for (const { action } of rules) {
    for (const { service } of action.backends) sets.add(service);
    splits ||= action.backends.length !== 1 || action.backends[0]?.service !== key;
    retries ||= action.retry.object >= 0 && action.retry.maxRetries > 0;
  }
  // Their places are named by nothing in the body, but they had a part in it.
  if (decided.budget !== undefined) objects.indexOf(decided.budget.object.ref);
  if (decided.balancer !== undefined) objects.indexOf(decided.balancer.object.ref);
  const requires: Feature[] = ["http1"];
  if (splits) requires.push("split");
  if (retries) requires.push("retry-unsent");
  const endpointSets = [...sets].sort(compareText);
  const body: Destination = {
    service: key,
    rules,
    objects: objects.refs,
    endpointSets,
    backends: endpointSets.map((backend) => ({
      service: backend,
      balancer: decided.balancer?.balancer ?? DEFAULT_BALANCER,
      breaker: null,
      discovery: DEFAULT_DISCOVERY,
    })),
    budget: decided.budget?.budget ?? DEFAULT_RETRY_BUDGET,
    concurrency: DEFAULT_CONCURRENCY,
  };
  const groups = decided.splits.flatMap((claim) => claim.groups);
  const service = inputs.service === undefined ? [] : [inputs.service.ref];
  return { body, requires, objects: [...objects.refs, ...groups, ...service] };
}
