/** Our own `ServiceProfile`: checked beyond its schema, and put into the mesh's words. */
import { type Path, ROOT } from "../../base/shape.ts";
import type { ResponseClass } from "../../mesh/destination.ts";
import type { ProfileIntent, RouteIntent, ServiceName } from "../../mesh/intent.ts";
import { checkRoutesSize } from "../check-size.ts";
import { type Kind, type ReadContext, SPEC_KEYS } from "../kind.ts";
import { noteUnenforced } from "../note-unenforced.ts";
import { readPortRanges } from "../port-range.ts";
import { readRequestCondition, readResponseCondition } from "../read-condition.ts";
import { readDuration } from "../read-duration.ts";
import { readOverrides } from "../read-override.ts";
import { readRetryBudget } from "../read-retry-budget.ts";
import { findRepeatedNames } from "../repeated-names.ts";
import { readServiceName } from "../service-names.ts";
import { PROFILE_UNENFORCED } from "./enforced.ts";
import {
  readBalancer,
  readBreaker,
  readConcurrency,
  readDiscovery,
} from "./read-backend-settings.ts";
import { readBehaviour } from "./read-behaviour.ts";
import type { ServiceProfileSpec } from "./schema.ts";
import { validateServiceProfileSpec } from "./validate.gen.ts";

type Route = NonNullable<ServiceProfileSpec["routes"]>[number];

export const serviceProfileKind: Kind = {
  group: "heddle.mesh",
  kind: "ServiceProfile",
  versions: ["v1alpha1"],
  keys: () => SPEC_KEYS,
  read(manifest, context): ProfileIntent | null {
    const { spec } = manifest.body;
    const path = { parent: ROOT, key: "spec" };
    if (!validateServiceProfileSpec(spec, context.error, path)) return null;
    noteUnenforced(spec, path, PROFILE_UNENFORCED, context);
    const service = profiledService(spec, manifest.metadata.name, manifest.namespace, context);
    if (service === undefined) return null;
    const { retryBudget } = spec;
    const at = (key: string): Path => ({ parent: path, key });
    return {
      type: "profile",
      service,
      routes: readRoutes(spec.routes ?? [], service, at("routes"), context),
      budget:
        retryBudget === undefined
          ? null
          : readRetryBudget(
              { ...retryBudget, ratio: retryBudget.retryRatio },
              at("retryBudget"),
              "retryRatio",
              context,
            ),
      overrides: readOverrides(spec.dstOverrides ?? [], service, at("dstOverrides"), context),
      balancer: readBalancer(spec.loadBalancer, at("loadBalancer"), context),
      breaker: readBreaker(spec.circuitBreaker, at("circuitBreaker"), context),
      discovery: readDiscovery(spec.discovery, at("discovery"), context),
      concurrency: readConcurrency(spec.concurrency, at("concurrency"), context),
      opaquePorts:
        spec.opaquePorts === undefined
          ? null
          : readPortRanges(spec.opaquePorts, at("opaquePorts"), context),
    };
  },
};

/** From `spec.service`, or from the name of an object that is named for its service. */
function profiledService(
  spec: ServiceProfileSpec,
  name: string,
  namespace: string,
  context: ReadContext,
): ServiceName | undefined {
  if (spec.service !== undefined) {
    const path = { parent: { parent: ROOT, key: "spec" }, key: "service" };
    return readServiceName(spec.service, namespace, path, context);
  }
  const path = { parent: { parent: ROOT, key: "metadata" }, key: "name" };
  return readServiceName(name, namespace, path, context);
}

function readRoutes(
  routes: readonly Route[],
  service: ServiceName,
  path: Path,
  context: ReadContext,
): readonly RouteIntent[] {
  findRepeatedNames(routes, path, (at, message) => {
    context.error(at, "duplicate", message, "rename one of them");
  });
  const read = routes.map((route, index) => {
    return readRoute(route, service, { parent: path, key: index }, context);
  });
  return checkRoutesSize(read, path, context);
}

function readRoute(
  route: Route,
  service: ServiceName,
  path: Path,
  context: ReadContext,
): RouteIntent {
  const { timeout, timeouts } = route;
  const limits = { parent: path, key: "timeouts" };
  if (timeout !== undefined && timeouts?.request !== undefined) {
    const at = { parent: path, key: "timeout" };
    context.error(at, "contradiction", "says the same as timeouts.request", "keep one of them");
  }
  const requestPath =
    timeout === undefined ? { parent: limits, key: "request" } : { parent: path, key: "timeout" };
  const condition = { parent: path, key: "condition" };
  const match = readRequestCondition(route.condition, condition, context);
  return {
    name: route.name,
    match,
    priority: route.priority ?? 0,
    responseClasses: readResponseClasses(route, path, context),
    isRetryable: route.isRetryable ?? false,
    requestTimeoutMs: readDuration(timeout ?? timeouts?.request, requestPath, context, 0),
    responseTimeoutMs: readDuration(
      timeouts?.response,
      { parent: limits, key: "response" },
      context,
      0,
    ),
    idleTimeoutMs: readDuration(timeouts?.idle, { parent: limits, key: "idle" }, context, 0),
    behaviour: readBehaviour(route, match, service, path, context),
  };
}

function readResponseClasses(
  route: Route,
  path: Path,
  context: ReadContext,
): readonly ResponseClass[] {
  const parent = { parent: path, key: "responseClasses" };
  return (route.responseClasses ?? []).map((one, index) => {
    const at = { parent: { parent, key: index }, key: "condition" };
    return {
      match: readResponseCondition(one.condition, at, context),
      isFailure: one.isFailure ?? false,
    };
  });
}
