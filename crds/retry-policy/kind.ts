/** `RetryPolicy`, put into the mesh's words. */
import { type Path, ROOT } from "../../base/shape.ts";
import type { PolicyIntent, PolicyRetry, ServiceName } from "../../mesh/intent.ts";
import { DEFAULT_POLICY_RETRY } from "../../mesh/resolve-retry.ts";
import type { Hedge } from "../../mesh/retry.ts";
import { type Kind, type ReadContext, SPEC_KEYS } from "../kind.ts";
import { noteUnenforced } from "../note-unenforced.ts";
import { readBodyLimit } from "../read-byte-size.ts";
import { checkOrder, readDuration } from "../read-duration.ts";
import { readMethod } from "../read-method.ts";
import { readRetryBudget } from "../read-retry-budget.ts";
import { readServiceName } from "../service-names.ts";
import { POLICY_UNENFORCED } from "./enforced.ts";
import { readRetryOn } from "./retry-on.ts";
import type { RetryPolicySpec } from "./schema.ts";
import { validateRetryPolicySpec } from "./validate.gen.ts";

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
      retry: readRetry(spec, path, context),
      budget:
        budget === undefined
          ? null
          : readRetryBudget({ ...absent, ...budget }, at, "ratio", context),
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

function readRetry(spec: RetryPolicySpec, path: Path, context: ReadContext): PolicyRetry {
  const { retryOn, methods = [], backoff = {} } = spec;
  const at = (key: string): Path => ({ parent: path, key });
  const { baseMs, maxMs, jitter } = DEFAULT_POLICY_RETRY.backoff;
  const order = checkOrder(backoff, "base", "max", at("backoff"), context, [baseMs, maxMs]);
  const perTryTimeoutMs = readDuration(spec.perTryTimeout, at("perTryTimeout"), context, 0);
  checkTryTime(retryOn, perTryTimeoutMs, path, context);
  return {
    maxRetries: spec.maxRetries ?? DEFAULT_POLICY_RETRY.maxRetries,
    conditions: retryOn === undefined ? null : readRetryOn(retryOn, at("retryOn"), context),
    methods: [
      ...new Set(
        methods.map((method, index) =>
          readMethod(method, { parent: at("methods"), key: index }, context),
        ),
      ),
    ],
    idempotencyKeyHeader: (spec.idempotencyKeyHeader ?? "").toLowerCase(),
    perTryTimeoutMs,
    backoff: { baseMs: order.lowMs, maxMs: order.highMs, jitter: backoff.jitter ?? jitter },
    bodyBytesMax: readBodyLimit(
      spec.bodyLimit,
      at("bodyLimit"),
      context,
      DEFAULT_POLICY_RETRY.bodyBytesMax,
    ),
    retryAfterMaxMs: readDuration(
      spec.retryAfterMax,
      at("retryAfterMax"),
      context,
      DEFAULT_POLICY_RETRY.retryAfterMaxMs,
    ),
    hedge: readHedge(spec.hedge, perTryTimeoutMs, at("hedge"), context),
  };
}

/** The time for a try and what follows when it is over are said in two places. */
function checkTryTime(
  retryOn: RetryPolicySpec["retryOn"],
  perTryTimeoutMs: number,
  path: Path,
  context: ReadContext,
): void {
  if (retryOn === undefined) return;
  const at = retryOn.indexOf("per-try-timeout");
  if (perTryTimeoutMs > 0 && at < 0) {
    const field = { parent: path, key: "perTryTimeout" };
    const message = "a try that takes longer fails, and is not tried again";
    context.warning(field, "no-effect", message, "add per-try-timeout to retryOn");
  }
  if (perTryTimeoutMs === 0 && at >= 0) {
    const entry = { parent: { parent: path, key: "retryOn" }, key: at };
    const message = "no try has a time of its own that could be over";
    context.warning(entry, "no-effect", message, "add perTryTimeout");
  }
}

function readHedge(
  hedge: RetryPolicySpec["hedge"],
  perTryTimeoutMs: number,
  path: Path,
  context: ReadContext,
): Hedge | null {
  if (hedge === undefined) return null;
  if ((hedge.after === undefined) === (hedge.percentile === undefined)) {
    const message = "needs either after or percentile";
    context.error(path, "contradiction", message, "give one of the two");
  }
  const after = { parent: path, key: "after" };
  const afterMs = readDuration(hedge.after, after, context, 0);
  if (hedge.after !== undefined && afterMs === 0) {
    const message = "must not be zero: every request would be sent twice";
    context.error(after, "out-of-range", message);
  }
  if (perTryTimeoutMs > 0 && afterMs >= perTryTimeoutMs) {
    const message = "perTryTimeout ends a try before there is a second one beside it";
    context.warning(after, "no-effect", message, "make it shorter than perTryTimeout");
  }
  return { afterMs, percentile: hedge.percentile ?? 0, max: hedge.max ?? 1 };
}
