/**
 * What a service's destination means in front of its application: the names of its routes, how
 * much of each it takes, and how important each is. Where requests go, how they are changed, and
 * what is tried again is the caller's side of it, and was done there.
 */
import { DEFAULT_TIMEOUTS, type Destination, type Rule } from "../../mesh/destination.ts";
import { DEFAULT_RETRY } from "../../mesh/retry.ts";
import { type Concurrency, DEFAULT_BEHAVIOUR } from "../../mesh/route-behaviour.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";

/** `concurrency` is the application's own limit: the destination's bounds each caller. */
export function inboundDestination(live: Destination, concurrency: Concurrency): Destination {
  const { service } = live;
  return {
    ...live,
    rules: live.rules.map((rule) => inboundRule(rule, service)),
    endpointSets: [service],
    backends: live.backends.filter((one) => one.service === service),
    concurrency: { ...concurrency, importanceHeader: live.concurrency.importanceHeader },
  };
}

function inboundRule(rule: Rule, service: ServiceKey): Rule {
  const { behaviour, responseClasses } = rule.action;
  const { rateLimit, importance } = behaviour;
  return {
    ...rule,
    action: {
      backends: [{ service, weight: 1 }],
      splitObject: -1,
      timeouts: DEFAULT_TIMEOUTS,
      retry: { ...DEFAULT_RETRY, maxRetries: 0 },
      behaviour: { ...DEFAULT_BEHAVIOUR, rateLimit, importance },
      responseClasses,
    },
  };
}
