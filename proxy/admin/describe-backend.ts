/** One backend as `/config` shows it: its source, what was decided about it, its endpoints. */
import type { ExplainedBreaker } from "../../mesh/explain.ts";
import { BREAKER_STATE_NAMES, OPEN } from "../balance/breaker.ts";
import type { EndpointLoad } from "../balance/peak-ewma.ts";
import type { Backend } from "../outbound/backend.ts";

export function describeBackend(backend: Backend, nowMs: number): unknown {
  const { endpoints, settings, trust } = backend;
  const trusted = new Map([...trust.endpoints].map((each) => [each.endpoint.id, each]));
  return {
    service: backend.key,
    source: endpoints.source,
    synced: endpoints.synced,
    available: backend.available,
    balancer: settings.balancer,
    breaker: settings.breaker,
    evicted: backend.eviction?.evictedCount ?? 0,
    discovery: {
      trust: settings.discovery.trust,
      standing: backend.standing,
      decisions: backend.history.list(nowMs),
    },
    connections: backend.countConnections(),
    endpoints: [...backend.loads].map((load) => {
      const known = trusted.get(load.endpoint.id);
      return {
        ...load.endpoint,
        ...(known?.kept == null ? {} : { kept: known.kept, keptForMs: known.untilMs - nowMs }),
        eligible: backend.isEligible(load),
        breaker: describeBreaker(load, nowMs),
        pending: load.pending,
        rttMs: load.rttMs(nowMs),
      };
    }),
  };
}

/** Null where nothing is evicted. */
export function describeBreaker(load: EndpointLoad, nowMs: number): ExplainedBreaker | null {
  const { breaker, penalised } = load;
  if (breaker === null) return null;
  const state = breaker.state(nowMs);
  return {
    state: BREAKER_STATE_NAMES[state],
    reason: breaker.reason ?? "",
    isPenalised: penalised,
    forMs: nowMs - breaker.sinceMs,
    probeInMs: state === OPEN ? Math.max(0, breaker.probeDueMs - nowMs) : 0,
    consecutiveFailures: breaker.consecutiveFailures,
  };
}
