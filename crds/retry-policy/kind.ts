/** `RetryPolicy`, put into the mesh's words. */
import { type Path, ROOT } from "../../base/shape.ts";
import type { PolicyIntent, ServiceName } from "../../mesh/intent.ts";
import { type Kind, type ReadContext, SPEC_KEYS } from "../kind.ts";
import { noteUnenforced } from "../note-unenforced.ts";
import { checkOrder, readDuration } from "../read-duration.ts";
import { readRetryBudget } from "../read-retry-budget.ts";
import { readServiceName } from "../service-names.ts";
import { POLICY_UNENFORCED } from "./enforced.ts";
import { checkRetryOn } from "./retry-on.ts";
import type { RetryPolicySpec } from "./schema.ts";
import { validateRetryPolicySpec } from "./validate.gen.ts";

const DEFAULT_MAX_RETRIES = 1;

export const retryPolicyKind: Kind = {
  group: "heddle.mesh",
  kind: "RetryPolicy",
  versions: ["v1alpha1"],
  keys: () => SPEC_KEYS,
  read(manifest, context): PolicyIntent | null {
    const { spec } = manifest.body;
    const path = { parent: ROOT, key: "spec" };
    if (!validateRetryPolicySpec(spec, context.error, path)) return null;
    noteUnenforced(spec, path, POLICY_UNENFORCED, context);
    checkUnenforced(spec, path, context);
    const target = { parent: path, key: "targetRef" };
    const service = targetService(spec.targetRef, manifest.namespace, target, context);
    if (service === undefined) return null;
    checkRoutes(spec.targetRef.routes ?? [], { parent: target, key: "routes" }, context);
    const { budget } = spec;
    const at = { parent: path, key: "budget" };
    const absent = { ratio: undefined, minRetriesPerSecond: undefined, ttl: undefined };
    return {
      type: "policy",
      service,
      routes: spec.targetRef.routes ?? [],
      maxRetries: spec.maxRetries ?? DEFAULT_MAX_RETRIES,
      budget: budget === undefined ? null : readRetryBudget({ ...absent, ...budget }, at, context),
    };
  },
};

/** A profile's name leads to its service; a service is named by its own name alone. */
function targetService(
  target: RetryPolicySpec["targetRef"],
  namespace: string,
  path: Path,
  context: ReadContext,
): ServiceName | undefined {
  const wanted = target.namespace ?? namespace;
  const at = { parent: path, key: "name" };
  const isCore = target.group === undefined || target.group === "" || target.group === "core";
  if (target.kind === "Service" && !isCore) {
    const message = `a Service is of the core group, not of ${target.group}`;
    context.error({ parent: path, key: "group" }, "contradiction", message, 'take "group" away');
  }
  if (target.kind === "Service" && target.name.includes(".")) {
    const message = `${JSON.stringify(target.name)} is not the name of a Service`;
    const [name, other] = target.name.split(".");
    context.error(at, "bad-service", message, `write name: ${name}, namespace: ${other}`);
    return undefined;
  }
  return readServiceName(target.name, wanted, at, context);
}

function checkRoutes(routes: readonly string[], path: Path, context: ReadContext): void {
  const seen = new Set<string>();
  for (const [index, route] of routes.entries()) {
    if (seen.has(route)) {
      const at = { parent: path, key: index };
      context.error(at, "duplicate", `${JSON.stringify(route)} is listed twice`);
    }
    seen.add(route);
  }
}

/** Fields that nothing acts on yet must be right all the same. */
function checkUnenforced(spec: RetryPolicySpec, path: Path, context: ReadContext): void {
  checkRetryOn(spec.retryOn ?? [], { parent: path, key: "retryOn" }, context);
  readDuration(spec.perTryTimeout, { parent: path, key: "perTryTimeout" }, context, 0);
  readDuration(spec.retryAfterMax, { parent: path, key: "retryAfterMax" }, context, 0);
  if (spec.backoff !== undefined) {
    checkOrder(spec.backoff, "base", "max", { parent: path, key: "backoff" }, context);
  }
  const { hedge } = spec;
  if (hedge === undefined) return;
  const at = { parent: path, key: "hedge" };
  readDuration(hedge.after, { parent: at, key: "after" }, context, 0);
  if ((hedge.after === undefined) === (hedge.percentile === undefined)) {
    const message = "needs either after or percentile";
    context.error(at, "contradiction", message, "give one of the two");
  }
}
