/**
 * Which profile decides how the endpoints of a service are used. Each group of settings is decided
 * by itself: one profile can speak of balancing and another of breaking.
 */
import type { PortRange } from "../../base/port-ranges.ts";
import {
  type BackendSettings,
  type Balancer,
  type Breaker,
  DEFAULT_BALANCER,
  DEFAULT_DISCOVERY,
  type Discovery,
  type NodePreference,
} from "../../mesh/backend-settings.ts";
import type { ObjectRef } from "../../mesh/destination.ts";
import type { IntentObject, ProfileIntent, ServiceName } from "../../mesh/intent.ts";
import { comparePrecedence } from "../../mesh/precedence.ts";
import type { Concurrency } from "../../mesh/route-behaviour.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { ObjectOf } from "./object-view.ts";

export type Profile = ObjectOf<ProfileIntent>;

/** A group of settings, and who said so. */
export interface Chosen<T> {
  readonly object: Profile;
  readonly value: T;
}

export interface DecidedSettings {
  readonly balancer: Chosen<Balancer> | undefined;
  readonly breaker: Chosen<Breaker> | undefined;
  readonly discovery: Chosen<Discovery> | undefined;
}

/** Told of every profile that another one beats in some field. */
export type Lose = (loser: IntentObject, field: string, winner: IntentObject) => void;

/**
 * Objects about a service of namespace `home` that bind the clients of a namespace, best first.
 * `clients` is empty where everyone is meant.
 */
export function rankFor<T extends IntentObject>(
  objects: readonly T[],
  home: string,
  clients: string,
  topic: string,
): T[] {
  return objects
    .filter(({ ref }) => ref.namespace === home || ref.namespace === clients)
    .sort((a, b) => comparePrecedence(a, b, clients, topic));
}

/** `profiles` are those about one service, best first. */
export function decideSettings(profiles: readonly Profile[], lose: Lose): DecidedSettings {
  return {
    balancer: choose(profiles, "spec.loadBalancer", ({ balancer }) => balancer, lose),
    breaker: choose(profiles, "spec.circuitBreaker", ({ breaker }) => breaker, lose),
    discovery: choose(profiles, "spec.discovery", ({ discovery }) => discovery, lose),
  };
}

export function decideConcurrency(
  profiles: readonly Profile[],
  lose: Lose,
): Chosen<Concurrency> | undefined {
  return choose(profiles, "spec.concurrency", ({ concurrency }) => concurrency, lose);
}

export function decideOpaquePorts(
  profiles: readonly Profile[],
  lose: Lose,
): Chosen<readonly PortRange[]> | undefined {
  return choose(profiles, "spec.opaquePorts", ({ opaquePorts }) => opaquePorts, lose);
}

function choose<T>(
  profiles: readonly Profile[],
  field: string,
  read: (intent: ProfileIntent) => T | null,
  lose: Lose,
): Chosen<T> | undefined {
  let chosen: Chosen<T> | undefined;
  for (const object of profiles) {
    const value = read(object.intent);
    if (value === null) continue;
    if (chosen === undefined) chosen = { object, value };
    else lose(object, field, chosen.object);
  }
  return chosen;
}

/** Settings of one backend, and the profiles that had a part in them. */
export interface ResolvedSettings {
  readonly settings: BackendSettings;
  readonly from: readonly ObjectRef[];
}

/**
 * How one backend is used: as its own service's profile says, and where that says nothing, as the
 * profile of the service that was called does. What nodes mean its Service alone says.
 */
export function backendSettings(
  backend: { readonly key: ServiceKey; readonly name: ServiceName },
  own: readonly Profile[],
  clients: string,
  apex: DecidedSettings,
  nodes: NodePreference,
): ResolvedSettings {
  const ranked = rankFor(own, backend.name.namespace, clients, "");
  const decided = decideSettings(ranked, () => undefined);
  const balancer = decided.balancer ?? apex.balancer;
  const breaker = decided.breaker ?? apex.breaker;
  const discovery = decided.discovery ?? apex.discovery;
  const chosen = [balancer, breaker, discovery].filter((one) => one !== undefined);
  return {
    settings: {
      service: backend.key,
      balancer: balancer?.value ?? DEFAULT_BALANCER,
      breaker: breaker?.value ?? null,
      discovery: discovery?.value ?? DEFAULT_DISCOVERY,
      ...(nodes === "any" ? {} : { nodes }),
    },
    from: chosen.map(({ object }) => object.ref),
  };
}
