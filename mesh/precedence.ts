/**
 * Who wins when several objects speak about the same traffic. One function decides it, for the
 * operator that compiles and for lint that warns, so that they cannot disagree. The decision is
 * per topic: an object can lose its routes and keep its budget.
 *
 * The order is: the client's own namespace, then the kind that the topic belongs to first, then
 * the group, then the older object (in files: path, then place), then namespace and name.
 */

import type { IntentObject, ServiceName } from "./intent.ts";
import type { RetryBudget } from "./retry.ts";

/** One thing that only one object can decide for a service, as seen by some clients. */
export interface Claim {
  /** `routes`, `retryBudget`, `backends`, `loadBalancer`, `retries` …; narrower ones say more. */
  readonly topic: string;
  readonly service: ServiceName;
  /** The clients it binds: those of one namespace, or empty for all. */
  readonly clients: string;
}

export interface Contest extends Claim {
  readonly winner: IntentObject;
  /** They claim the same for the same clients: a conflict. */
  readonly losers: readonly IntentObject[];
  /** They decide for everyone else, and these clients have their own: intent, no conflict. */
  readonly overridden: readonly IntentObject[];
}

const GROUPS: readonly string[] = ["heddle.mesh", "linkerd.io", "split.smi-spec.io"];

/** Best first. `clients` is the namespace whose view is asked for; empty for everyone's. */
export function rank<T extends IntentObject>(objects: readonly T[], clients: string): readonly T[] {
  return [...objects].sort((a, b) => comparePrecedence(a, b, clients, ""));
}

/** Below zero when `a` beats `b` in the eyes of clients of that namespace. */
export function comparePrecedence(
  a: IntentObject,
  b: IntentObject,
  clients: string,
  topic: string,
): number {
  return (
    outsider(a, clients) - outsider(b, clients) ||
    kindOrder(a, topic) - kindOrder(b, topic) ||
    groupOrder(a) - groupOrder(b) ||
    compareText(a.location.file, b.location.file) ||
    a.location.document - b.location.document ||
    a.location.line - b.location.line ||
    a.location.column - b.location.column ||
    (a.createdAtWallMs ?? 0) - (b.createdAtWallMs ?? 0) ||
    compareText(a.ref.namespace, b.ref.namespace) ||
    compareText(a.ref.name, b.ref.name) ||
    compareText(a.ref.kind, b.ref.kind)
  );
}

/** Code units, so that every machine sorts alike. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function outsider(object: IntentObject, clients: string): number {
  return clients !== "" && object.ref.namespace === clients ? 0 : 1;
}

function groupOrder(object: IntentObject): number {
  const place = GROUPS.indexOf(object.ref.group);
  return place < 0 ? GROUPS.length : place;
}

/** A profile's overrides beat a split; a policy's budget beats a profile's. */
function kindOrder(object: IntentObject, topic: string): number {
  const first = topic === "retryBudget" ? "policy" : "profile";
  return object.intent.type === first ? 0 : 1;
}

/** What an object claims. Services, endpoints and route groups claim nothing. */
export function claimsOf(object: IntentObject): readonly Claim[] {
  const { intent } = object;
  if (intent.type !== "profile" && intent.type !== "split" && intent.type !== "policy") return [];
  const clients = intent.service.namespace === object.ref.namespace ? "" : object.ref.namespace;
  return topicsOf(object, clients).map((topic) => ({ topic, service: intent.service, clients }));
}

function topicsOf(object: IntentObject, clients: string): readonly string[] {
  const { intent } = object;
  switch (intent.type) {
    case "profile": {
      // Linkerd takes the profile in the client's namespace whole, with whatever it lacks.
      const whole = clients !== "" && object.ref.group === "linkerd.io";
      return [
        ...(whole || intent.routes.length > 0 ? ["routes"] : []),
        ...(whole || intent.budget !== null ? ["retryBudget"] : []),
        ...(whole || intent.overrides.length > 0 ? ["backends"] : []),
        ...(intent.balancer !== null ? ["loadBalancer"] : []),
        ...(intent.breaker !== null ? ["circuitBreaker"] : []),
        ...(intent.discovery !== null ? ["discovery"] : []),
        ...(intent.concurrency !== null ? ["concurrency"] : []),
        ...(intent.opaquePorts !== null ? ["opaquePorts"] : []),
      ];
    }
    case "split":
      if (intent.matches.length === 0) return ["backends"];
      return [`${MATCHED_BACKENDS} ${JSON.stringify(intent.matches)}`];
    case "policy": {
      const retries = intent.routes.map((route) => `retries of route ${JSON.stringify(route)}`);
      return [
        ...(retries.length === 0 ? ["retries"] : retries),
        ...(intent.budget !== null ? ["retryBudget"] : []),
      ];
    }
    default:
      return [];
  }
}

const MATCHED_BACKENDS = "backends where";

/**
 * Every topic that more than one object claims, with its winner, sorted. Two splits of which one
 * is bound to matches do not meet here: it takes its share, and the other takes the rest.
 */
export function contests(objects: readonly IntentObject[]): readonly Contest[] {
  const found: Contest[] = [];
  for (const group of claimGroups(objects)) {
    for (const clients of new Set(group.claimants.map((claimant) => claimant.clients))) {
      const contest = contestFor(group, clients);
      if (contest.losers.length > 0 || contest.overridden.length > 0) found.push(contest);
    }
  }
  return found.sort(compareContests);
}

interface ClaimGroup {
  readonly topic: string;
  readonly service: ServiceName;
  readonly claimants: { readonly object: IntentObject; readonly clients: string }[];
}

function claimGroups(objects: readonly IntentObject[]): readonly ClaimGroup[] {
  const groups = new Map<string, ClaimGroup>();
  for (const object of objects) {
    for (const claim of claimsOf(object)) {
      const { topic, service, clients } = claim;
      const key = groupKey(service, topic);
      const group = groups.get(key) ?? { topic, service, claimants: [] };
      groups.set(key, group);
      group.claimants.push({ object, clients });
    }
  }
  joinOverrides(groups);
  return [...groups.values()];
}

function groupKey(service: ServiceName, topic: string): string {
  return `${service.namespace}/${service.name} ${topic}`;
}

/** Overrides decide all traffic of a service, so that they also beat splits bound to matches. */
function joinOverrides(groups: Map<string, ClaimGroup>): void {
  for (const group of groups.values()) {
    if (!group.topic.startsWith(MATCHED_BACKENDS)) continue;
    const all = groups.get(groupKey(group.service, "backends"));
    const profiles = all?.claimants.filter(({ object }) => object.intent.type === "profile") ?? [];
    group.claimants.push(...profiles);
  }
}

function contestFor(group: ClaimGroup, clients: string): Contest {
  const order = (a: IntentObject, b: IntentObject) => comparePrecedence(a, b, clients, group.topic);
  const bound = (wanted: string) =>
    group.claimants
      .filter((claimant) => claimant.clients === wanted)
      .map(({ object }) => object)
      .sort(order);
  // Profiles that were joined to a narrower topic meet each other in the wider one.
  const counts = (object: IntentObject) =>
    !group.topic.startsWith(MATCHED_BACKENDS) || object.intent.type === "split";
  const [winner, ...others] = bound(clients);
  if (winner === undefined) throw new Error("a contest without a claimant");
  const losers = others.filter((other) => counts(other) && !agrees(group.topic, winner, other));
  const overridden = clients === "" ? [] : bound("").filter(counts);
  return { topic: group.topic, service: group.service, clients, winner, losers, overridden };
}

/** Two that ask for the same budget do not contend. */
function agrees(topic: string, winner: IntentObject, other: IntentObject): boolean {
  if (topic !== "retryBudget") return false;
  const a = budgetOf(winner);
  const b = budgetOf(other);
  if (a === null || b === null) return a === b;
  return (
    a.ratio === b.ratio && a.minRetriesPerSecond === b.minRetriesPerSecond && a.ttlMs === b.ttlMs
  );
}

function budgetOf({ intent }: IntentObject): RetryBudget | null {
  return intent.type === "profile" || intent.type === "policy" ? intent.budget : null;
}

function compareContests(a: Contest, b: Contest): number {
  return (
    compareText(a.service.namespace, b.service.namespace) ||
    compareText(a.service.name, b.service.name) ||
    compareText(a.topic, b.topic) ||
    compareText(a.clients, b.clients)
  );
}
