/** One backend as `/config` shows it: its source, what was decided about it, its endpoints. */
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
    discovery: {
      trust: settings.discovery.trust,
      standing: trust.standing,
      decisions: backend.history.list(nowMs),
    },
    connections: backend.countConnections(),
    endpoints: [...backend.loads].map((load) => {
      const known = trusted.get(load.endpoint.id);
      return {
        ...load.endpoint,
        ...(known?.kept == null ? {} : { kept: known.kept, keptForMs: known.untilMs - nowMs }),
        pending: load.pending,
        rttMs: load.rttMs(nowMs),
      };
    }),
  };
}
