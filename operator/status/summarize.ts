/** One line about an object, for the column of a table. */
import { formatPortRanges } from "../../base/port-ranges.ts";
import { describeConditions } from "../../mesh/describe-retry.ts";
import type { BackendIntent, Intent, ProfileIntent, ServiceName } from "../../mesh/intent.ts";
import type { Concurrency } from "../../mesh/route-behaviour.ts";

/** Longer ones are cut: a table has only so much room. */
const SUMMARY_LENGTH_MAX = 200;

export function summarize(intent: Intent): string {
  const text = describe(intent);
  return text.length > SUMMARY_LENGTH_MAX ? `${text.slice(0, SUMMARY_LENGTH_MAX - 1)}…` : text;
}

/** `namespace/name` of the service that an object speaks about; empty for a route group. */
export function serviceOf(intent: Intent, own: ServiceName): string {
  if (intent.type === "route-group") return "";
  const { namespace, name } = intent.type === "service" ? own : intent.service;
  return `${namespace}/${name}`;
}

function describe(intent: Intent): string {
  switch (intent.type) {
    case "service":
      if (intent.externalName !== "") return `external name ${intent.externalName}`;
      return intent.ports.length === 0
        ? "no ports"
        : `ports ${intent.ports.map(({ port }) => port).join(", ")}`;
    case "endpoint-slice": {
      const ready = intent.endpoints.filter(({ state }) => state === "ready").length;
      return `${ready} of ${intent.endpoints.length} ready`;
    }
    case "profile":
      return describeProfile(intent);
    case "split": {
      const shown = shares(intent.backends, intent.service.namespace);
      return intent.matches.length === 0 ? shown : `${shown} of what matches`;
    }
    case "policy": {
      const routes = intent.routes.length === 0 ? "all routes" : intent.routes.join(", ");
      const { maxRetries, conditions, hedge } = intent.retry;
      const reasons = conditions === null ? "" : describeConditions(conditions);
      const on = reasons === "" ? "" : ` on ${reasons}`;
      const hedged = hedge === null ? "" : ", hedged";
      return `${counted(maxRetries, "retry", "retries")}${on}${hedged}; ${routes}`;
    }
    case "route-group":
      return counted(intent.matches.length, "match", "matches");
  }
}

function describeProfile(profile: ProfileIntent): string {
  const { routes, overrides, balancer, breaker, concurrency, opaquePorts, service } = profile;
  const parts = [counted(routes.length, "route")];
  if (overrides.length > 0) parts.push(shares(overrides, service.namespace));
  if (balancer !== null) parts.push(balancer.policy);
  if (breaker !== null) parts.push("circuit breaker");
  if (concurrency !== null) parts.push(describeLimit(concurrency));
  if (opaquePorts !== null) {
    const ports = formatPortRanges(opaquePorts);
    parts.push(ports === "" ? "no opaque ports" : `opaque ${ports}`);
  }
  return parts.join("; ");
}

function describeLimit({ limit, adaptive }: Concurrency): string {
  if (adaptive) return limit === 0 ? "adaptive limit" : `adaptive limit up to ${limit}`;
  return limit === 0 ? "no limit" : `limit ${limit}`;
}

function shares(backends: readonly BackendIntent[], namespace: string): string {
  let total = 0;
  for (const { weightMilli } of backends) total += weightMilli;
  if (total === 0) return "all weights are zero: the service itself";
  return backends
    .map(({ service, port, weightMilli }) => {
      const name =
        service.namespace === namespace ? service.name : `${service.namespace}/${service.name}`;
      const at = port === 0 ? "" : `:${port}`;
      return `${name}${at} ${percent(weightMilli / total)}`;
    })
    .join(", ");
}

/** At most one digit after the point, and never a share that is there as 0 % or 100 %. */
function percent(share: number): string {
  const rounded = Math.round(share * 1000) / 10;
  if (rounded === 0 && share > 0) return "<0.1%";
  if (rounded === 100 && share < 1) return ">99.9%";
  return `${rounded}%`;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
