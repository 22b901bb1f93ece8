/** What the injected containers ask of the node. */
import { parseQuantityMilli } from "../base/quantity.ts";
import type { InjectOptions, Resources } from "./inject-options.ts";
import { type Fields, mapAt, type Pod } from "./pod.ts";

/**
 * Requests without limits: an autoscaler that goes by CPU knows nothing of a pod in which one
 * container requests none, and a quota refuses it; a limit would slow the application down.
 */
const DEFAULT_REQUESTS: Resources["requests"] = { cpu: "20m", memory: "48Mi" };

/**
 * A request is never above its limit, which the API server would refuse. A pod that bounds itself
 * as a whole gets no requests of ours: they must not be more than the whole.
 */
export function proxyResources(pod: Pod, { resources }: InjectOptions): Fields {
  const isBoundedAsWhole = Object.keys(mapAt(pod.spec, "resources")).length > 0;
  const requests = isBoundedAsWhole
    ? resources.requests
    : { ...defaultRequests(resources.limits), ...resources.requests };
  return {
    ...(Object.keys(requests).length === 0 ? {} : { requests }),
    ...(Object.keys(resources.limits).length === 0 ? {} : { limits: resources.limits }),
  };
}

function defaultRequests(limits: Resources["limits"]): Resources["requests"] {
  const requests: Record<string, string> = {};
  for (const [resource, request] of Object.entries(DEFAULT_REQUESTS)) {
    const limit = limits[resource];
    const isLower = limit !== undefined && milli(limit) < milli(request);
    requests[resource] = isLower ? limit : request;
  }
  return requests;
}

function milli(quantity: string): number {
  return parseQuantityMilli(quantity) ?? 0;
}
