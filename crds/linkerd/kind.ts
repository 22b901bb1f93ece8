/**
 * Linkerd's `ServiceProfile`, put into the mesh's words with Linkerd's documented meaning. What
 * Linkerd itself drops in silence (a timeout that does not parse, a budget out of range, an
 * expression that does not compile) is an error here.
 */
import { type Path, ROOT } from "../../base/shape.ts";
import {
  DEFAULT_BEHAVIOUR_INTENT,
  type ProfileIntent,
  type RouteIntent,
  type ServiceName,
} from "../../mesh/intent.ts";
import { checkRoutesSize } from "../check-size.ts";
import { type Kind, type Manifest, type ReadContext, SPEC_KEYS } from "../kind.ts";
import { noteUnenforced, type UnenforcedFields } from "../note-unenforced.ts";
import { readPortRanges } from "../port-range.ts";
import { readDuration } from "../read-duration.ts";
import { readOverrides } from "../read-override.ts";
import { readRetryBudget } from "../read-retry-budget.ts";
import { findRepeatedNames } from "../repeated-names.ts";
import { parseServiceName } from "../service-names.ts";
import { readLinkerdRequestMatch, readLinkerdResponseMatch } from "./read-condition.ts";
import type { LinkerdProfileSpec } from "./schema.ts";
import { validateLinkerdProfileSpec } from "./validate.gen.ts";

type Route = NonNullable<LinkerdProfileSpec["routes"]>[number];

/** `opaquePorts` does nothing in Linkerd either: the Service's annotation decides there. */
export const LINKERD_UNENFORCED: UnenforcedFields = ["opaquePorts"];

export const linkerdProfileKind: Kind = {
  group: "linkerd.io",
  kind: "ServiceProfile",
  versions: ["v1alpha1", "v1alpha2"],
  keys: () => SPEC_KEYS,
  read(manifest, context): ProfileIntent | null {
    const spec = manifest.body.spec ?? {};
    const path = { parent: ROOT, key: "spec" };
    if (!validateLinkerdProfileSpec(spec, context.error, path)) return null;
    if (manifest.version === "v1alpha1" && spec.routes === undefined) {
      const at = { parent: path, key: "routes" };
      context.error(at, "required", '"routes" is required in v1alpha1', "use v1alpha2");
    }
    noteUnenforced(spec, path, LINKERD_UNENFORCED, context);
    const ports = { parent: path, key: "opaquePorts" };
    readPortRanges(spec.opaquePorts ?? [], ports, context);
    const service = profiledService(manifest, context);
    if (service === undefined) return null;
    const { retryBudget } = spec;
    const budgetPath = { parent: path, key: "retryBudget" };
    const overrides = { parent: path, key: "dstOverrides" };
    return {
      type: "profile",
      service,
      routes: readRoutes(spec.routes ?? [], { parent: path, key: "routes" }, context),
      budget:
        retryBudget === undefined
          ? null
          : readRetryBudget(
              { ...retryBudget, ratio: retryBudget.retryRatio },
              budgetPath,
              "retryRatio",
              context,
            ),
      overrides: readOverrides(spec.dstOverrides ?? [], service, overrides, context),
      balancer: null,
      breaker: null,
      discovery: null,
      concurrency: null,
      opaquePorts: null,
    };
  },
};

/** The object is named for the service, in full; it may stand in the client's namespace. */
function profiledService(manifest: Manifest, context: ReadContext): ServiceName | undefined {
  const { name } = manifest.metadata;
  const service = parseServiceName(name, manifest.namespace, context.clusterDomain);
  if (service !== undefined && name.endsWith(`.svc.${context.clusterDomain}`)) return service;
  const path = { parent: { parent: ROOT, key: "metadata" }, key: "name" };
  const example = `web.${manifest.namespace}.svc.${context.clusterDomain}`;
  const message = `${JSON.stringify(name)} is not the full name of a service`;
  context.error(path, "bad-service", message, `name the profile as ${example}`);
  return undefined;
}

/** Route names may repeat in Linkerd: such routes share their metrics. */
function readRoutes(
  routes: readonly Route[],
  path: Path,
  context: ReadContext,
): readonly RouteIntent[] {
  findRepeatedNames(routes, path, (at, message) => {
    context.warning(at, "duplicate", message, "their metrics are counted together");
  });
  const read = routes.map((route, index) =>
    readRoute(route, { parent: path, key: index }, context),
  );
  return checkRoutesSize(read, path, context);
}

function readRoute(route: Route, path: Path, context: ReadContext): RouteIntent {
  const classes = { parent: path, key: "responseClasses" };
  const timeout = { parent: path, key: "timeout" };
  return {
    name: route.name,
    match: readLinkerdRequestMatch(route.condition, { parent: path, key: "condition" }, context),
    priority: 0,
    responseClasses: (route.responseClasses ?? []).map((one, index) => {
      const at = { parent: { parent: classes, key: index }, key: "condition" };
      return {
        match: readLinkerdResponseMatch(one.condition, at, context),
        isFailure: one.isFailure ?? false,
      };
    }),
    isRetryable: route.isRetryable ?? false,
    requestTimeoutMs: readDuration(route.timeout, timeout, context, 0),
    responseTimeoutMs: 0,
    idleTimeoutMs: 0,
    behaviour: DEFAULT_BEHAVIOUR_INTENT,
  };
}
