/** Our own `ServiceProfile`: checked beyond its schema, and put into the mesh's words. */
import { type Path, ROOT } from "../../base/shape.ts";
import { type Balancer, DEFAULT_BALANCER } from "../../mesh/backend-settings.ts";
import type { ResponseClass } from "../../mesh/destination.ts";
import type { ProfileIntent, RouteIntent, ServiceName } from "../../mesh/intent.ts";
import { type Kind, type ReadContext, SPEC_KEYS } from "../kind.ts";
import { noteUnenforced } from "../note-unenforced.ts";
import { readRequestCondition, readResponseCondition } from "../read-condition.ts";
import { readDuration } from "../read-duration.ts";
import { readOverrides } from "../read-override.ts";
import { readRetryBudget } from "../read-retry-budget.ts";
import { readServiceName } from "../service-names.ts";
import { checkProfileBehaviour } from "./behaviour.ts";
import { PROFILE_UNENFORCED } from "./enforced.ts";
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
    checkProfileBehaviour(spec, path, context);
    const service = profiledService(spec, manifest.metadata.name, manifest.namespace, context);
    if (service === undefined) return null;
    const { retryBudget } = spec;
    const budgetPath = { parent: path, key: "retryBudget" };
    return {
      type: "profile",
      service,
      routes: readRoutes(spec.routes ?? [], { parent: path, key: "routes" }, context),
      budget:
        retryBudget === undefined
          ? null
          : readRetryBudget({ ...retryBudget, ratio: retryBudget.retryRatio }, budgetPath, context),
      overrides: readOverrides(
        spec.dstOverrides ?? [],
        service,
        { parent: path, key: "dstOverrides" },
        context,
      ),
      balancer: readBalancer(spec, { parent: path, key: "loadBalancer" }, context),
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
  path: Path,
  context: ReadContext,
): readonly RouteIntent[] {
  const places = new Map<string, number>();
  return routes.map((route, index) => {
    const at = { parent: path, key: index };
    const first = places.get(route.name);
    if (first !== undefined) {
      const name = JSON.stringify(route.name);
      const message = `${name} is the name of routes[${first}] already`;
      context.error({ parent: at, key: "name" }, "duplicate", message, "rename one of them");
    } else places.set(route.name, index);
    return readRoute(route, at, context);
  });
}

function readRoute(route: Route, path: Path, context: ReadContext): RouteIntent {
  const { timeout, timeouts } = route;
  const limits = { parent: path, key: "timeouts" };
  if (timeout !== undefined && timeouts?.request !== undefined) {
    const at = { parent: path, key: "timeout" };
    context.error(at, "contradiction", "says the same as timeouts.request", "keep one of them");
  }
  const requestPath =
    timeout === undefined ? { parent: limits, key: "request" } : { parent: path, key: "timeout" };
  return {
    name: route.name,
    match: readRequestCondition(route.condition, { parent: path, key: "condition" }, context),
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

/** Only what chooses or tunes the policy that there is; the rest is noted as not enforced. */
function readBalancer(spec: ServiceProfileSpec, path: Path, context: ReadContext): Balancer | null {
  const { loadBalancer } = spec;
  if (loadBalancer === undefined) return null;
  const settings = loadBalancer.peakEwma;
  if (loadBalancer.policy === undefined && settings === undefined) return null;
  const parent = { parent: path, key: "peakEwma" };
  const { decayMs, defaultRttMs } = DEFAULT_BALANCER;
  return {
    ...DEFAULT_BALANCER,
    decayMs: readDuration(settings?.decay, { parent, key: "decay" }, context, decayMs),
    defaultRttMs: readDuration(
      settings?.defaultRtt,
      { parent, key: "defaultRtt" },
      context,
      defaultRttMs,
    ),
  };
}
