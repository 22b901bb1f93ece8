/**
 * How a profile wants its service's endpoints used: balancing, breaking, trust in discovery, and
 * how much one proxy asks at a time. Each group is null where the profile says nothing about it.
 */
import type { Path } from "../../base/shape.ts";
import {
  type Balancer,
  type Breaker,
  DEFAULT_BALANCER,
  DEFAULT_BREAKER,
  DEFAULT_DISCOVERY,
  type Discovery,
  type HashKey,
} from "../../mesh/backend-settings.ts";
import { type Concurrency, DEFAULT_CONCURRENCY } from "../../mesh/route-behaviour.ts";
import type { ReadContext } from "../kind.ts";
import { checkOrder, readBoundedDuration, readDuration } from "../read-duration.ts";
import type { ServiceProfileSpec } from "./schema.ts";

type LoadBalancer = NonNullable<ServiceProfileSpec["loadBalancer"]>;

const QUEUE_LENGTH = 100;
const QUEUE_TIMEOUT_MS = 1000;

/** What divides by them would otherwise divide by nothing. */
const SHORTEST_MS = 1;
const WINDOW_MIN_MS = 100;
const HOUR_MS = 3_600_000;

export function readBalancer(
  balancer: ServiceProfileSpec["loadBalancer"],
  path: Path,
  context: ReadContext,
): Balancer | null {
  if (balancer === undefined) return null;
  const { policy = DEFAULT_BALANCER.policy, peakEwma, slowStart, zone, subset } = balancer;
  const ewma = { parent: path, key: "peakEwma" };
  if (peakEwma !== undefined && policy !== "peak-ewma") {
    context.warning(ewma, "unused", `${policy} has no use for it`, "take it away");
  }
  const bounds = { minMs: SHORTEST_MS, maxMs: HOUR_MS };
  const decay = { ...bounds, fallbackMs: DEFAULT_BALANCER.decayMs };
  const rtt = { ...bounds, fallbackMs: DEFAULT_BALANCER.defaultRttMs };
  return {
    policy,
    decayMs: readBoundedDuration(peakEwma?.decay, { parent: ewma, key: "decay" }, context, decay),
    defaultRttMs: readBoundedDuration(
      peakEwma?.defaultRtt,
      { parent: ewma, key: "defaultRtt" },
      context,
      rtt,
    ),
    hash: readHash(balancer, policy, { parent: path, key: "hash" }, context),
    slowStartMs: readDuration(
      slowStart,
      { parent: path, key: "slowStart" },
      context,
      DEFAULT_BALANCER.slowStartMs,
    ),
    zone: zone ?? DEFAULT_BALANCER.zone,
    subset: subset ?? DEFAULT_BALANCER.subset,
  };
}

function readHash(
  { hash }: LoadBalancer,
  policy: Balancer["policy"],
  path: Path,
  context: ReadContext,
): HashKey | null {
  const isHashing = policy === "consistent-hash";
  if (hash === undefined) {
    const message = "consistent-hash needs something to hash";
    if (isHashing) context.error(path, "required", message, 'add "hash"');
    return null;
  }
  const { header, cookie, source } = hash;
  if (!isHashing) {
    const hint = 'add policy: "consistent-hash"';
    context.error(path, "contradiction", `${policy} hashes nothing`, hint);
  } else if (Object.keys(hash).length !== 1) {
    context.error(path, "contradiction", "needs one of header, cookie and source");
  } else if (source === false) {
    const at = { parent: path, key: "source" };
    context.error(at, "contradiction", "leaves nothing to hash", "write source: true");
  }
  if (header !== undefined) return { kind: "header", name: header.toLowerCase() };
  return cookie === undefined ? { kind: "source" } : { kind: "cookie", name: cookie };
}

export function readBreaker(
  breaker: ServiceProfileSpec["circuitBreaker"],
  path: Path,
  context: ReadContext,
): Breaker | null {
  if (breaker === undefined) return null;
  const { consecutiveFailures, successRate, backoff = {}, maxEvictedShare } = breaker;
  const waiting = { parent: path, key: "backoff" };
  const { baseMs, maxMs, jitter } = DEFAULT_BREAKER.backoff;
  const order = checkOrder(backoff, "base", "max", waiting, context, [baseMs, maxMs]);
  if (order.lowMs < SHORTEST_MS) {
    const message = "must not be zero: an endpoint that is out has to stay out for a while";
    context.error({ parent: waiting, key: "base" }, "out-of-range", message);
  }
  const rate = { parent: path, key: "successRate" };
  return {
    consecutiveFailures: consecutiveFailures ?? DEFAULT_BREAKER.consecutiveFailures,
    successRateMin: successRate?.threshold ?? DEFAULT_BREAKER.successRateMin,
    windowMs: readBoundedDuration(successRate?.window, { parent: rate, key: "window" }, context, {
      minMs: WINDOW_MIN_MS,
      maxMs: HOUR_MS,
      fallbackMs: DEFAULT_BREAKER.windowMs,
    }),
    requestsMin: successRate?.minRequests ?? DEFAULT_BREAKER.requestsMin,
    backoff: { baseMs: order.lowMs, maxMs: order.highMs, jitter: backoff.jitter ?? jitter },
    evictedShareMax: maxEvictedShare ?? DEFAULT_BREAKER.evictedShareMax,
  };
}

export function readDiscovery(
  discovery: ServiceProfileSpec["discovery"],
  path: Path,
  context: ReadContext,
): Discovery | null {
  if (discovery === undefined) return null;
  const { trust, graceMs } = DEFAULT_DISCOVERY;
  const grace = { parent: path, key: "grace" };
  if (discovery.trust === "strict" && discovery.grace !== undefined) {
    context.warning(grace, "unused", "strict trust gives no time of grace", "take it away");
  }
  return {
    trust: discovery.trust ?? trust,
    graceMs: readDuration(discovery.grace, grace, context, graceMs),
  };
}

export function readConcurrency(
  concurrency: ServiceProfileSpec["concurrency"],
  path: Path,
  context: ReadContext,
): Concurrency | null {
  if (concurrency === undefined) return null;
  const { limit = 0, queue, adaptive = false, importanceHeader = "" } = concurrency;
  const at = { parent: path, key: "queue" };
  if (queue !== undefined && limit === 0 && !adaptive) {
    const message = "without a limit no request ever waits";
    context.warning(at, "unused", message, "add a limit, or adaptive: true");
  }
  const timeout = readBoundedDuration(queue?.timeout, { parent: at, key: "timeout" }, context, {
    minMs: SHORTEST_MS,
    maxMs: HOUR_MS,
    fallbackMs: QUEUE_TIMEOUT_MS,
  });
  return {
    ...DEFAULT_CONCURRENCY,
    limit,
    queueLength: queue === undefined ? 0 : (queue.length ?? QUEUE_LENGTH),
    queueTimeoutMs: queue === undefined ? 0 : timeout,
    adaptive,
    importanceHeader: importanceHeader.toLowerCase(),
  };
}
