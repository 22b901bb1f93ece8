/** What the operator would send for a service of a simulated history. */
import type { BackendSettings } from "../../mesh/backend-settings.ts";
import type { Destination } from "../../mesh/destination.ts";
import { DEFAULT_BEHAVIOUR, type Mirror } from "../../mesh/route-behaviour.ts";
import { backendSettings, destination, service } from "../harness/fake-table.ts";
import type { ServicePolicies } from "./draw-policies.ts";
import { DARK, type ServiceName } from "./scenario.ts";

/** Grace outlasts every fault of discovery. */
const GRACE_MS = 12_000;
const MIRRORED_BYTES_MAX = 16_384;

export function simulatedDestination(
  name: ServiceName,
  policies: ServicePolicies,
  requestTimeoutMs: number,
): Destination {
  const { retry, budget, concurrency, rateLimit, delay, mirrorShare } = policies;
  const isMirrored = mirrorShare > 0;
  const made = destination(name, [name]);
  const backends = [settingsOf(name, policies)];
  const { breaker } = policies;
  if (isMirrored) backends.push({ ...backendSettings(service(DARK)), breaker });
  backends.sort((one, other) => (one.service < other.service ? -1 : 1));
  return {
    ...made,
    budget,
    concurrency,
    endpointSets: backends.map((backend) => backend.service),
    backends,
    rules: made.rules.map((rule) => ({
      ...rule,
      action: {
        ...rule.action,
        timeouts: { requestMs: requestTimeoutMs, responseMs: 0, idleMs: 0 },
        retry,
        behaviour: {
          ...DEFAULT_BEHAVIOUR,
          rateLimit,
          delay,
          mirror: isMirrored ? mirrorOf(mirrorShare) : null,
        },
      },
    })),
  };
}

function settingsOf(name: ServiceName, { balancer, breaker }: ServicePolicies): BackendSettings {
  const discovery = { trust: "advisory", graceMs: GRACE_MS } as const;
  return { service: service(name), balancer, breaker, discovery };
}

function mirrorOf(share: number): Mirror {
  const bodyBytesMax = MIRRORED_BYTES_MAX;
  return { service: service(DARK), share, match: null, bodyBytesMax, compare: true };
}
