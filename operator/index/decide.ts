/**
 * Decides, for the clients of one namespace, which object speaks for each group of fields of one
 * service, and tells the others that they lost. Precedence is per group of fields, so that two
 * objects that speak about different things both count.
 *
 * A profile of Linkerd's in the clients' own namespace is the exception: there it replaces those of
 * the service's namespace whole, and what it does not say is then not said.
 */

import type { PortRange } from "../../base/port-ranges.ts";
import type { IntentObject, PolicyIntent, ProfileIntent, SplitIntent } from "../../mesh/intent.ts";
import { comparePrecedence } from "../../mesh/precedence.ts";
import type { RetryBudget } from "../../mesh/retry.ts";
import type { Concurrency } from "../../mesh/route-behaviour.ts";
import { RuleSize } from "../../mesh/rule-size.ts";
import {
  type Chosen,
  type DecidedSettings,
  decideConcurrency,
  decideOpaquePorts,
  decideSettings,
  type Lose,
  type Profile,
  rankFor,
} from "./decide-settings.ts";
import type { ObjectOf, ServiceInputs } from "./object-view.ts";
import { claimsOverlap, type SplitClaim, splitClaim } from "./split-claim.ts";
import { describeRef, type Verdicts } from "./verdict.ts";

/** Splits of one service that can hold at once, told apart by their matches. */
export const SPLITS_PER_SERVICE_MAX = 16;

type Policy = ObjectOf<PolicyIntent>;

export interface Decided {
  readonly routes: Profile | undefined;
  readonly overrides: Profile | undefined;
  /** How the service's own endpoints are used, and those of backends that do not say. */
  readonly settings: DecidedSettings;
  readonly concurrency: Chosen<Concurrency> | undefined;
  /** Where no profile says any, the Service may. */
  readonly opaquePorts: Chosen<readonly PortRange[]> | undefined;
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
    rankFor(objects, home, clients, topic);
  const lose: Lose = (loser, field, winner) => {
    const own = winner.ref.namespace === clients && loser.ref.namespace !== clients;
    verdicts.lost(loser.ref, field, winner.ref, own ? clients : "");
  };
  const profiles = ranked(inputs.profiles, "");
  const claimants = (speaks: (intent: ProfileIntent) => boolean): readonly Profile[] =>
    profiles.filter(({ ref, intent }) => {
      const whole = ref.group === "linkerd.io" && ref.namespace === clients;
      return whole || speaks(intent);
    });
  const first = (field: string, [winner, ...losers]: readonly Profile[]): Profile | undefined => {
    if (winner !== undefined) for (const loser of losers) lose(loser, field, winner);
    return winner;
  };

  const overrides = first(
    "spec.dstOverrides",
    claimants((intent) => intent.overrides.length > 0),
  );
  const routes = first(
    "spec.routes",
    claimants((intent) => intent.routes.length > 0),
  );
  const budgeting = claimants((intent) => intent.budget !== null);
  const policies = orderPolicies(ranked(inputs.policies, "retries"), clients, lose);
  return {
    routes,
    ...decideBackends(ranked(inputs.splits, "backends"), overrides, routes, inputs, {
      verdicts,
      lose,
      clients,
    }),
    settings: decideSettings(profiles, lose),
    concurrency: decideConcurrency(profiles, lose),
    opaquePorts: decideOpaquePorts(profiles, lose),
    budget: decideBudget(policies, budgeting, clients, lose),
    policies,
  };
}

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

/** A policy's budget goes before a profile's, as the kind that is made for retries. */
function decideBudget(
  policies: readonly Policy[],
  profiles: readonly Profile[],
  clients: string,
  lose: Lose,
): Decided["budget"] {
  const speaking = [...policies.filter(({ intent }) => intent.budget !== null), ...profiles];
  speaking.sort((a, b) => comparePrecedence(a, b, clients, "retryBudget"));
  const [winner, ...losers] = speaking;
  if (winner === undefined) return undefined;
  for (const loser of losers) {
    // Two of one standing that ask for the same do not contend.
    const peers = (winner.ref.namespace === clients) === (loser.ref.namespace === clients);
    if (peers && sameBudget(winner.intent.budget, loser.intent.budget)) continue;
    const field = loser.intent.type === "policy" ? "spec.budget" : "spec.retryBudget";
    lose(loser, field, winner);
  }
  const { budget } = winner.intent;
  return budget === null ? undefined : { object: winner, budget };
}

function sameBudget(a: RetryBudget | null, b: RetryBudget | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.ratio === b.ratio && a.minRetriesPerSecond === b.minRetriesPerSecond && a.ttlMs === b.ttlMs
  );
}

/**
 * Overrides take all traffic, so that no split holds beside them, but for one: a split in the
 * clients' own namespace goes before the overrides of the service's.
 */
function decideBackends(
  ranked: readonly ObjectOf<SplitIntent>[],
  overriding: Profile | undefined,
  routes: Profile | undefined,
  inputs: ServiceInputs,
  { verdicts, lose, clients }: Judge,
): Pick<Decided, "overrides" | "splits"> {
  const size = new RuleSize(routes?.intent.routes ?? []);
  const standing: SplitClaim[] = [];
  let overrides = overriding;
  for (const split of ranked) {
    const claim = splitClaim(split, inputs, verdicts);
    if (claim === undefined) continue;
    const same = standing.find((other) => claimsOverlap(other, claim));
    const goesFirst = split.ref.namespace === clients && overrides?.ref.namespace !== clients;
    const full = standing.length < SPLITS_PER_SERVICE_MAX ? undefined : standing[0];
    const winner = same?.split ?? (goesFirst ? undefined : overrides) ?? full?.split;
    if (winner !== undefined) {
      lose(split, "spec", winner);
      continue;
    }
    const excess = claim.match === null ? "" : size.add(claim.match);
    if (excess !== "") {
      const by = routes === undefined ? "" : ` with the routes of ${describeRef(routes.ref)}`;
      const message = `it would make${by} ${excess}: this split takes no traffic`;
      verdicts.reference(split.ref, "TooLarge", message);
      continue;
    }
    standing.push(claim);
    if (claim.match === null && overrides !== undefined) {
      lose(overrides, "spec.dstOverrides", split);
      overrides = undefined;
    }
  }
  const some = standing.filter(({ match }) => match !== null);
  const rest = standing.filter(({ match }) => match === null);
  return { overrides, splits: [...some, ...rest] };
}

interface Judge {
  readonly verdicts: Verdicts;
  readonly lose: Lose;
  readonly clients: string;
}
