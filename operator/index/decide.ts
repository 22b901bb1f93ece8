/**
 * Decides, for the clients of one namespace, which object speaks for each group of fields of one
 * service, and tells the others that they lost. Precedence is per group of fields, so that two
 * objects that speak about different things both count.
 *
 * A profile of Linkerd's in the clients' own namespace is the exception: there it replaces those of
 * the service's namespace whole, and what it does not say is then not said.
 */

import { BODY_LIMITS } from "../../mesh/body-limits.ts";
import type { Balancer, RetryBudget } from "../../mesh/destination.ts";
import type { IntentObject, PolicyIntent, ProfileIntent, SplitIntent } from "../../mesh/intent.ts";
import { comparePrecedence } from "../../mesh/precedence.ts";
import type { ObjectOf, ServiceInputs } from "./object-view.ts";
import { claimsOverlap, type SplitClaim, splitClaim } from "./split-claim.ts";
import type { Verdicts } from "./verdict.ts";

/** Splits of one service that can hold at once, told apart by their matches. */
export const SPLITS_PER_SERVICE_MAX = 16;

/** Rules of one destination: what a proxy takes. */
const RULES_MAX = BODY_LIMITS.rulesMax;

type Profile = ObjectOf<ProfileIntent>;
type Policy = ObjectOf<PolicyIntent>;

export interface Decided {
  readonly routes: Profile | undefined;
  readonly overrides: Profile | undefined;
  readonly balancer: { readonly object: Profile; readonly balancer: Balancer } | undefined;
  readonly budget: { readonly object: IntentObject; readonly budget: RetryBudget } | undefined;
  /** Splits with matches first, the one without last; empty where overrides decide. */
  readonly splits: readonly SplitClaim[];
  /** In the order in which they are asked: the first that covers a route decides. */
  readonly policies: readonly Policy[];
}

export function decide(
  inputs: ServiceInputs,
  clientNamespace: string,
  verdicts: Verdicts,
): Decided {
  const home = inputs.name.namespace;
  const clients = clientNamespace === home ? "" : clientNamespace;
  const ranked = <T extends IntentObject>(objects: readonly T[], topic: string): T[] =>
    objects
      .filter(({ ref }) => ref.namespace === clientNamespace || ref.namespace === home)
      .sort((a, b) => comparePrecedence(a, b, clients, topic));
  const lose: Lose = (loser, field, winner) => {
    const own = winner.ref.namespace === clients && loser.ref.namespace !== clients;
    verdicts.lost(loser.ref, field, winner.ref, own ? clients : "");
  };
  const profiles = ranked(inputs.profiles, "");
  const first = (field: string, speaks: (intent: ProfileIntent) => boolean, part = false) => {
    const whole = (profile: Profile): boolean =>
      !part && profile.ref.group === "linkerd.io" && profile.ref.namespace === clients;
    const claimants = profiles.filter((one) => whole(one) || speaks(one.intent));
    const winner = claimants[0];
    for (const loser of claimants.slice(1)) {
      if (winner !== undefined && speaks(loser.intent)) lose(loser, field, winner);
    }
    return winner;
  };

  const overriding = first("spec.dstOverrides", (intent) => intent.overrides.length > 0);
  const overrides = overriding?.intent.overrides.length === 0 ? undefined : overriding;
  const routes = first("spec.routes", (intent) => intent.routes.length > 0);
  const balancing = first("spec.loadBalancer", (intent) => intent.balancer !== null, true);
  const budgeting = first("spec.retryBudget", (intent) => intent.budget !== null);
  const policies = orderPolicies(ranked(inputs.policies, "retries"), clients, lose);
  const balancer = balancing?.intent.balancer ?? null;
  return {
    routes,
    overrides,
    balancer: balancing && balancer ? { object: balancing, balancer } : undefined,
    budget: decideBudget(policies, budgeting, clients, lose),
    splits: decideSplits(ranked(inputs.splits, "backends"), overrides, routes, inputs, {
      verdicts,
      lose,
    }),
    policies,
  };
}

type Lose = (loser: IntentObject, field: string, winner: IntentObject) => void;

/**
 * A policy that names routes goes before one that covers all, within one namespace. Two that cover
 * the same route are a conflict: the second never decides there.
 */
function orderPolicies(ranked: readonly Policy[], clients: string, lose: Lose): readonly Policy[] {
  const own = ({ ref }: Policy): number => Number(ref.namespace !== clients);
  const general = ({ intent }: Policy): number => Number(intent.routes.length === 0);
  const ordered = [...ranked].sort((a, b) => own(a) - own(b) || general(a) - general(b));
  const coveredBy = new Map<string, Policy>();
  for (const policy of ordered) {
    const { routes } = policy.intent;
    for (const route of routes.length === 0 ? [""] : routes) {
      const earlier = coveredBy.get(route);
      if (earlier === undefined) coveredBy.set(route, policy);
      else lose(policy, route === "" ? "spec" : `route "${route}"`, earlier);
    }
  }
  return ordered;
}

/**
 * The clients' own namespace first; then a policy goes before a profile, being the kind made for
 * retries; and as the budget belongs to the whole service, a policy for all routes goes before one
 * for some.
 */
function decideBudget(
  policies: readonly Policy[],
  profile: Profile | undefined,
  clients: string,
  lose: Lose,
): Decided["budget"] {
  const own = ({ ref }: IntentObject): number => Number(ref.namespace !== clients);
  const part = ({ intent }: Policy): number => Number(intent.routes.length > 0);
  const speaking = [...policies].sort((a, b) => own(a) - own(b) || part(a) - part(b));
  const candidates: (Policy | Profile)[] = [...speaking];
  if (profile !== undefined) candidates.push(profile);
  candidates.sort((a, b) => own(a) - own(b));
  let winner: Decided["budget"];
  for (const object of candidates) {
    const { budget } = object.intent;
    if (budget === null) continue;
    if (winner === undefined) winner = { object, budget };
    else if (!sameBudget(budget, winner.budget)) {
      const field = object.intent.type === "policy" ? "spec.budget" : "spec.retryBudget";
      lose(object, field, winner.object);
    }
  }
  return winner;
}

function sameBudget(a: RetryBudget, b: RetryBudget): boolean {
  return (
    a.ratio === b.ratio && a.minRetriesPerSecond === b.minRetriesPerSecond && a.ttlMs === b.ttlMs
  );
}

function decideSplits(
  ranked: readonly ObjectOf<SplitIntent>[],
  overrides: Profile | undefined,
  routes: Profile | undefined,
  inputs: ServiceInputs,
  { verdicts, lose }: { readonly verdicts: Verdicts; readonly lose: Lose },
): readonly SplitClaim[] {
  // Every route is written once for each split, and once more for the rest.
  const perRoute = Math.floor(RULES_MAX / ((routes?.intent.routes.length ?? 0) + 1)) - 1;
  const splitsMax = Math.max(1, Math.min(SPLITS_PER_SERVICE_MAX, perRoute));
  const standing: SplitClaim[] = [];
  for (const split of ranked) {
    if (overrides !== undefined) {
      lose(split, "spec", overrides);
      continue;
    }
    const claim = splitClaim(split, inputs, verdicts);
    if (claim === undefined) continue;
    const winner = standing.find((other) => claimsOverlap(other, claim));
    if (winner !== undefined) lose(split, "spec", winner.split);
    else if (standing.length < splitsMax) standing.push(claim);
    else lose(split, "spec", standing[0]?.split ?? split);
  }
  return [
    ...standing.filter(({ match }) => match !== null),
    ...standing.filter(({ match }) => match === null),
  ];
}
