/** How a request would be treated, a line for each concern; what is not asked for has no line. */
import { formatDuration } from "../../base/duration.ts";
import type { BackendSettings, Balancer, Breaker } from "../../mesh/backend-settings.ts";
import { describeConditions } from "../../mesh/describe-retry.ts";
import type { ExplainedPolicy, ExplainedRetry } from "../../mesh/explain-policy.ts";
import type {
  Concurrency,
  HeaderEdits,
  Mirror,
  Redirect,
  Rewrite,
  RouteBehaviour,
} from "../../mesh/route-behaviour.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import { printable } from "./printable.ts";
import { formatShare } from "./units.ts";

/** A label and what stands behind it. */
export type PolicyLine = readonly [label: string, text: string];

export function policyLines(
  policy: ExplainedPolicy,
  serviceName: (key: ServiceKey) => string,
  origin: string,
): readonly PolicyLine[] {
  const { timeouts, retry, budget, balancer, behaviour, concurrency, backends } = policy;
  const limit = (label: string, durationMs: number): string =>
    `${label} ${durationMs === 0 ? "none" : formatDuration(durationMs)}`;
  return [
    [
      "timeouts",
      `${limit("request", timeouts.requestMs)}, ${limit("response", timeouts.responseMs)}, ` +
        limit("idle", timeouts.idleMs),
    ],
    ...(timeouts.requestMs === 0 ? [] : DEADLINE_LINES),
    ["retries", `at most ${retry.maxRetries}, from ${origin}`],
    ...(retry.maxRetries === 0 ? [] : retryLines(retry)),
    [
      "budget",
      `${formatShare(budget.ratio)} of requests and ${budget.minRetriesPerSecond} per second, ` +
        `counted over ${formatDuration(budget.ttlMs)}`,
    ],
    ...behaviourLines(behaviour, serviceName),
    ...limitLines(concurrency, behaviour),
    ...(backends.length === 0 ? [["balancing", describeBalancer(balancer)] as const] : []),
    ...backends.flatMap((one) => backendLines(one, backends.length > 1, serviceName)),
  ];
}

const DEADLINE_LINES: readonly PolicyLine[] = [
  ["", "what is left goes on in heddle-deadline; calls that the application makes for it"],
  ["", "are held to it only if the application copies that header"],
];

function retryLines(retry: ExplainedRetry): readonly PolicyLine[] {
  const lines: PolicyLine[] = [];
  const reasons = describeConditions(retry);
  lines.push(["", `of what was never sent${reasons === "" ? "" : `, and on ${reasons}`}`]);
  if (reasons !== "") {
    lines.push(["", describeRepeatable(retry)]);
    lines.push(["", describePauses(retry)]);
  }
  if (retry.hedge !== null) {
    const { afterMs, percentile, max } = retry.hedge;
    const after = afterMs > 0 ? formatDuration(afterMs) : `the p${percentile} of its latency`;
    lines.push(["hedging", `up to ${max} more at the same time, after ${after}`]);
  }
  return lines;
}

function describeRepeatable(retry: ExplainedRetry): string {
  return `${describeMethods(retry)}: this request may${retry.mayRepeat ? "" : " not"} be repeated`;
}

function describeMethods(retry: ExplainedRetry): string {
  if (retry.isRetryable) return "of any method, since the route is retryable";
  const methods = retry.methods.length === 0 ? "idempotent methods" : retry.methods.join(", ");
  const key = retry.idempotencyKeyHeader;
  return key === "" ? `of ${methods}` : `of ${methods}, or with ${key}`;
}

function describePauses({ backoff, perTryTimeoutMs, bodyBytesMax }: ExplainedRetry): string {
  const pauses = `pauses of ${formatDuration(backoff.baseMs)} to ${formatDuration(backoff.maxMs)}`;
  const each = perTryTimeoutMs === 0 ? "" : `, each try ${formatDuration(perTryTimeoutMs)}`;
  return `${pauses}${each}, bodies up to ${bodyBytesMax} bytes`;
}

function behaviourLines(
  { mirror, delay, abort, requestHeaders, answerHeaders, rewrite, redirect }: RouteBehaviour,
  serviceName: (key: ServiceKey) => string,
): readonly PolicyLine[] {
  const lines: PolicyLine[] = [];
  if (redirect !== null) lines.push(["redirect", describeRedirect(redirect)]);
  if (rewrite !== null) lines.push(["rewrite", describeRewrite(rewrite)]);
  if (requestHeaders !== null) lines.push(["request", describeEdits(requestHeaders)]);
  if (answerHeaders !== null) lines.push(["answer", describeEdits(answerHeaders)]);
  if (mirror !== null) lines.push(["mirror", describeMirror(mirror, serviceName)]);
  if (delay !== null) {
    const range =
      delay.minMs === delay.maxMs
        ? formatDuration(delay.minMs)
        : `${formatDuration(delay.minMs)} to ${formatDuration(delay.maxMs)}`;
    lines.push(["fault", `${formatShare(delay.share)} delayed by ${range}`]);
  }
  if (abort !== null) {
    lines.push(["fault", `${formatShare(abort.share)} answered with ${abort.status}`]);
  }
  return lines;
}

function describeMirror(mirror: Mirror, serviceName: (key: ServiceKey) => string): string {
  const what = mirror.match === null ? formatShare(mirror.share) : "what matches";
  const compared = mirror.compare ? ", answers compared" : "";
  return `${what} copied to ${serviceName(mirror.service)}${compared}`;
}

function describeEdits({ set, add, remove }: HeaderEdits): string {
  const names = (values: HeaderEdits["set"]) => values.map(({ name }) => name).join(", ");
  const parts = [
    ...(set.length === 0 ? [] : [`sets ${names(set)}`]),
    ...(add.length === 0 ? [] : [`adds ${names(add)}`]),
    ...(remove.length === 0 ? [] : [`removes ${remove.join(", ")}`]),
  ];
  return printable(parts.join("; "));
}

function describeRewrite({ path, pathPrefix, matchedPrefix, host }: Rewrite): string {
  return describePlace({ path, pathPrefix, matchedPrefix, host, scheme: "" });
}

function describeRedirect({ status, ...place }: Redirect): string {
  return `${status}, ${describePlace(place)}`;
}

function describePlace(place: Omit<Redirect, "status">): string {
  const { scheme, host, path, pathPrefix, matchedPrefix } = place;
  const parts = [
    ...(scheme === "" ? [] : [`scheme ${scheme}`]),
    ...(host === "" ? [] : [`host ${host}`]),
    ...(path === "" ? [] : [`path ${path}`]),
    ...(pathPrefix === ""
      ? []
      : [`${matchedPrefix} at the head of the path becomes ${pathPrefix}`]),
  ];
  return printable(parts.join(", "));
}

function limitLines(
  { limit, queueLength, queueTimeoutMs, adaptive, importanceHeader }: Concurrency,
  { rateLimit, importance }: RouteBehaviour,
): readonly PolicyLine[] {
  const lines: PolicyLine[] = [];
  if (limit > 0 || adaptive) {
    const found = adaptive ? "as many at a time as latency allows" : "";
    const most = limit === 0 ? "" : `at most ${limit} at a time`;
    const waits =
      queueLength === 0
        ? "none waits"
        : `${queueLength} wait up to ${formatDuration(queueTimeoutMs)}`;
    lines.push(["limit", [found, most, waits].filter((part) => part !== "").join(", ")]);
  }
  if (importance !== "normal" || importanceHeader !== "") {
    const by = importanceHeader === "" ? "" : `, unless ${importanceHeader} says otherwise`;
    lines.push(["importance", printable(`${importance}${by}`)]);
  }
  if (rateLimit !== null) {
    const { requestsPerSecond, burst, header } = rateLimit;
    const each = header === "" ? "" : `, for each value of ${header}`;
    const text = `${requestsPerSecond} per second and ${burst} at once${each}`;
    lines.push(["rate", printable(`${text}, at the server's proxy`)]);
  }
  return lines;
}

/** Breaking is told only where it is on, and trust where it is not what it is by default. */
function backendLines(
  { service, balancer, breaker, discovery }: BackendSettings,
  isOneOfMany: boolean,
  serviceName: (key: ServiceKey) => string,
): readonly PolicyLine[] {
  const to = isOneOfMany ? `${serviceName(service)}: ` : "";
  const lines: PolicyLine[] = [["balancing", `${to}${describeBalancer(balancer)}`]];
  if (breaker !== null) lines.push(["breaking", `${to}${describeBreaker(breaker)}`]);
  const trust =
    discovery.trust === "strict"
      ? "strict: what discovery does not list is not used"
      : `advisory, ${formatDuration(discovery.graceMs)} of grace`;
  lines.push(["discovery", `${to}${trust}`]);
  return lines;
}

function describeBalancer({ policy, decayMs, defaultRttMs, ...rest }: Balancer): string {
  const { hash, slowStartMs, zone, subset } = rest;
  const parts: string[] = [policy];
  if (policy === "peak-ewma") {
    parts.push(`decay ${formatDuration(decayMs)}`);
    parts.push(`${formatDuration(defaultRttMs)} assumed at first`);
  }
  if (hash !== null) {
    parts.push(hash.kind === "source" ? "by the caller's address" : `by ${hash.kind} ${hash.name}`);
  }
  if (slowStartMs > 0) parts.push(`slow start ${formatDuration(slowStartMs)}`);
  if (zone === "only") parts.push("own zone only");
  if (zone === "any") parts.push("any zone alike");
  if (subset > 0) parts.push(`at most ${subset} endpoints`);
  return printable(parts.join(", "));
}

function describeBreaker(breaker: Breaker): string {
  const { consecutiveFailures, successRateMin, windowMs, requestsMin, backoff } = breaker;
  const parts: string[] = [];
  if (consecutiveFailures > 0) parts.push(`after ${consecutiveFailures} failures in a row`);
  if (successRateMin > 0) {
    const rate = `below ${formatShare(successRateMin)} of at least ${requestsMin} requests`;
    parts.push(`${rate} in ${formatDuration(windowMs)}`);
  }
  const out = `out for ${formatDuration(backoff.baseMs)} to ${formatDuration(backoff.maxMs)}`;
  const most = `at most ${formatShare(breaker.evictedShareMax)} of endpoints`;
  return `${parts.join(" or ")}, ${out}, ${most}`;
}
