/**
 * Writes routes, splits and policies into one ordered list of rules. A route says how a request
 * is treated and a split says where it goes, so a profile of routes under a split with matches
 * becomes their product: for each route first what the split takes, then the rest.
 */
import {
  type Action,
  DEFAULT_TIMEOUTS,
  type Rule,
  type WeightedBackend,
} from "../../mesh/destination.ts";
import type { RouteIntent } from "../../mesh/intent.ts";
import { MATCH_EVERYTHING, type Match } from "../../mesh/match.ts";
import { resolveRetry } from "../../mesh/resolve-retry.ts";
import type { Retry } from "../../mesh/retry.ts";
import { DEFAULT_BEHAVIOUR, type RouteBehaviour } from "../../mesh/route-behaviour.ts";
import type { Decided } from "./decide.ts";
import type { ObjectList } from "./object-list.ts";
import type { ServiceInputs } from "./object-view.ts";
import { apexOnly, hasPort, resolveBackends, serviceKeyOf } from "./resolve-backends.ts";

/** Where the traffic of one match goes. */
interface Direction {
  readonly match: Match;
  readonly backends: readonly WeightedBackend[];
  readonly object: number;
}

export function buildRules(
  inputs: ServiceInputs,
  port: number,
  decided: Decided,
  objects: ObjectList,
): readonly Rule[] {
  const directions = buildDirections(inputs, port, decided, objects);
  const rules: Rule[] = [];
  const profile = decided.routes;
  if (profile !== undefined) {
    const object = objects.indexOf(profile.ref);
    for (const route of byPriority(profile.intent.routes)) {
      const treatment = treat(route, object, inputs, port, decided, objects);
      for (const direction of directions) {
        rules.push({
          route: route.name,
          object,
          match: both(route.match, direction.match),
          action: { ...treatment, ...whither(direction) },
        });
      }
    }
  }
  const treatment = treatDefault(decided, objects);
  for (const direction of directions) {
    rules.push({
      route: "",
      object: direction.match === MATCH_EVERYTHING ? -1 : direction.object,
      match: direction.match,
      action: { ...treatment, ...whither(direction) },
    });
  }
  return rules;
}

/** In the order in which they are asked; the last matches everything, and no other does. */
function buildDirections(
  inputs: ServiceInputs,
  port: number,
  decided: Decided,
  objects: ObjectList,
): readonly Direction[] {
  const directions: Direction[] = [];
  for (const { split, match } of decided.splits) {
    const backends = resolveBackends(inputs, port, split.intent.backends);
    if (backends === undefined) continue;
    const object = objects.indexOf(split.ref);
    directions.push({ match: match ?? MATCH_EVERYTHING, backends, object });
    if (match === null) return directions;
  }
  const profile = decided.overrides;
  if (profile !== undefined) {
    const backends = resolveBackends(inputs, port, profile.intent.overrides);
    if (backends !== undefined) {
      directions.push({ match: MATCH_EVERYTHING, backends, object: objects.indexOf(profile.ref) });
      return directions;
    }
  }
  const apex = apexOnly(serviceKeyOf(inputs.name.namespace, inputs.name.name, port));
  directions.push({ match: MATCH_EVERYTHING, backends: apex, object: -1 });
  return directions;
}

function whither({ backends, object }: Direction): Pick<Action, "backends" | "splitObject"> {
  return { backends, splitObject: object };
}

/** What a route says of its requests, wherever they go. */
type Treatment = Omit<Action, "backends" | "splitObject">;

function treat(
  route: RouteIntent,
  object: number,
  inputs: ServiceInputs,
  port: number,
  decided: Decided,
  objects: ObjectList,
): Treatment {
  return {
    timeouts: {
      requestMs: route.requestTimeoutMs,
      responseMs: route.responseTimeoutMs,
      idleMs: route.idleTimeoutMs,
    },
    retry: retryOf(decided, objects, route, object),
    behaviour: behaviourOf(route, inputs, port),
    responseClasses: route.responseClasses,
  };
}

function treatDefault(decided: Decided, objects: ObjectList): Treatment {
  const route = { name: "", isRetryable: false, responseClasses: [] };
  return {
    timeouts: DEFAULT_TIMEOUTS,
    retry: retryOf(decided, objects, route, -1),
    behaviour: DEFAULT_BEHAVIOUR,
    responseClasses: [],
  };
}

function retryOf(
  decided: Decided,
  objects: ObjectList,
  route: Pick<RouteIntent, "name" | "isRetryable" | "responseClasses">,
  routeObject: number,
): Retry {
  const found = decided.policies.find(
    ({ intent: { routes } }) => routes.length === 0 || routes.includes(route.name),
  );
  const policy =
    found === undefined ? null : { object: objects.indexOf(found.ref), retry: found.intent.retry };
  return resolveRetry(route, { policy, routeObject });
}

/** A mirror without the port that was called gets nothing of what is called there. */
function behaviourOf(route: RouteIntent, inputs: ServiceInputs, port: number): RouteBehaviour {
  const { mirror, ...behaviour } = route.behaviour;
  if (mirror === null || !hasPort(inputs, mirror.service, port)) {
    return { ...behaviour, mirror: null };
  }
  const { namespace, name } = mirror.service;
  return { ...behaviour, mirror: { ...mirror, service: serviceKeyOf(namespace, name, port) } };
}

/** Higher priority first; the sort is stable, so equal ones keep the order of the list. */
function byPriority(routes: readonly RouteIntent[]): readonly RouteIntent[] {
  return [...routes].sort((a, b) => b.priority - a.priority);
}

function both(a: Match, b: Match): Match {
  if (b === MATCH_EVERYTHING) return a;
  return a.kind === "all" && a.of.length === 0 ? b : { kind: "all", of: [a, b] };
}
