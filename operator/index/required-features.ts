/**
 * What a proxy must be able to do to take a destination: everything that the destination asks for
 * beyond plain routing. A proxy that lacks one of them keeps what it has, rather than serve a part
 * of what was meant.
 */
import { isIP } from "node:net";
import {
  type BackendSettings,
  DEFAULT_BALANCER,
  DEFAULT_DISCOVERY,
} from "../../mesh/backend-settings.ts";
import type { Action, Destination } from "../../mesh/destination.ts";
import type { EndpointSet } from "../../mesh/endpoint-set.ts";
import { DEFAULT_RETRY, type Retry } from "../../mesh/retry.ts";
import type { RouteBehaviour } from "../../mesh/route-behaviour.ts";
import { FEATURES, type Feature } from "../../mesh/snapshot.ts";

export function requiredFeatures(body: Destination): readonly Feature[] {
  const wanted = new Set<Feature>(["http1"]);
  for (const { action } of body.rules) {
    if (isSplit(action, body)) wanted.add("split");
    if (action.retry.object >= 0 && action.retry.maxRetries > 0) {
      wanted.add(retriesMore(action.retry) ? "retry" : "retry-unsent");
    }
    addBehaviour(action.behaviour, wanted);
  }
  for (const settings of body.backends) addSettings(settings, wanted);
  const { limit, adaptive, importanceHeader } = body.concurrency;
  if (limit > 0 || adaptive || importanceHeader !== "") wanted.add("concurrency");
  return FEATURES.filter((feature) => wanted.has(feature));
}

/** Older proxies take addresses alone: what is none is a host's name, and sets can be large. */
export function requiredByEndpoints({ endpoints }: EndpointSet): readonly Feature[] {
  return endpoints.some(({ address }) => isIP(address) === 0) ? ["dns-endpoints"] : [];
}

function isSplit({ backends }: Action, body: Destination): boolean {
  return backends.length !== 1 || backends[0]?.service !== body.service;
}

/** More than that what was never sent goes elsewhere. */
function retriesMore(retry: Retry): boolean {
  return (
    retry.statuses.length > 0 ||
    retry.grpcCodes.length > 0 ||
    retry.onReset ||
    retry.onPerTryTimeout ||
    retry.perTryTimeoutMs !== DEFAULT_RETRY.perTryTimeoutMs ||
    retry.hedge !== null
  );
}

function addBehaviour(behaviour: RouteBehaviour, wanted: Set<Feature>): void {
  if (behaviour.mirror !== null) wanted.add("mirror");
  if (behaviour.delay !== null || behaviour.abort !== null) wanted.add("faults");
  if (behaviour.requestHeaders !== null || behaviour.answerHeaders !== null) wanted.add("headers");
  if (behaviour.rewrite !== null) wanted.add("rewrite");
  if (behaviour.redirect !== null) wanted.add("redirect");
  if (behaviour.rateLimit !== null) wanted.add("rate-limit");
}

function addSettings(
  { balancer, breaker, discovery, nodes = "any" }: BackendSettings,
  wanted: Set<Feature>,
): void {
  // One that cannot prefer its node still serves what was meant.
  if (nodes === "only") wanted.add("nodes");
  if (breaker !== null) wanted.add("breaker");
  if (
    discovery.trust !== DEFAULT_DISCOVERY.trust ||
    discovery.graceMs !== DEFAULT_DISCOVERY.graceMs
  ) {
    wanted.add("discovery");
  }
  if (
    balancer.policy !== DEFAULT_BALANCER.policy ||
    balancer.slowStartMs !== DEFAULT_BALANCER.slowStartMs ||
    balancer.zone !== DEFAULT_BALANCER.zone ||
    balancer.subset !== DEFAULT_BALANCER.subset
  ) {
    wanted.add("balancing");
  }
}
