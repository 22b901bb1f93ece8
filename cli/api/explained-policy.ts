/**
 * Reads how a proxy would treat a request. A proxy of an earlier version says less: what it does
 * not say has the mesh's defaults, which are what such a proxy does.
 */
import {
  BALANCER_POLICIES,
  type BackendSettings,
  type Balancer,
  type Breaker,
  DEFAULT_BALANCER,
  DEFAULT_DISCOVERY,
  type Discovery,
  type HashKey,
} from "../../mesh/backend-settings.ts";
import type { ObjectRef } from "../../mesh/destination.ts";
import type { ExplainedPolicy, ExplainedRetry } from "../../mesh/explain-policy.ts";
import { DEFAULT_RETRY, type Hedge, type RetryBackoff } from "../../mesh/retry.ts";
import { type Concurrency, DEFAULT_CONCURRENCY } from "../../mesh/route-behaviour.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { Answer } from "./answer.ts";
import { readBehaviour } from "./explained-behaviour.ts";

export function readPolicy(
  answer: Answer,
  readRef: (answer: Answer) => ObjectRef,
  asKey: (text: string) => ServiceKey,
): ExplainedPolicy {
  const timeouts = answer.object("timeouts");
  const budget = answer.object("budget");
  return {
    timeouts: {
      requestMs: timeouts.number("requestMs"),
      responseMs: timeouts.number("responseMs"),
      idleMs: timeouts.number("idleMs"),
    },
    retry: readRetry(answer.object("retry"), readRef),
    budget: {
      ratio: budget.number("ratio"),
      minRetriesPerSecond: budget.number("minRetriesPerSecond"),
      ttlMs: budget.number("ttlMs"),
    },
    balancer: readBalancer(answer.object("balancer")),
    behaviour: readBehaviour(answer.objectOrNull("behaviour"), asKey),
    concurrency: readConcurrency(answer.objectOrNull("concurrency")),
    backends: answer.listOrEmpty("backends", (one) => readSettings(one, asKey)),
  };
}

function readRetry(answer: Answer, readRef: (answer: Answer) => ObjectRef): ExplainedRetry {
  const object = answer.objectOrNull("object");
  const backoff = answer.objectOrNull("backoff");
  const hedge = answer.objectOrNull("hedge");
  return {
    object: object === null ? null : readRef(object),
    maxRetries: answer.number("maxRetries"),
    statuses: answer.listOrEmpty("statuses", (one) => ({
      min: one.number("min"),
      max: one.number("max"),
    })),
    grpcCodes: answer.numbersOrEmpty("grpcCodes"),
    onReset: answer.flagOr("onReset", DEFAULT_RETRY.onReset),
    onRefusedStream: answer.flagOr("onRefusedStream", DEFAULT_RETRY.onRefusedStream),
    onPerTryTimeout: answer.flagOr("onPerTryTimeout", DEFAULT_RETRY.onPerTryTimeout),
    isRetryable: answer.flagOr("isRetryable", DEFAULT_RETRY.isRetryable),
    methods: answer.texts("methods"),
    idempotencyKeyHeader: answer.textOr("idempotencyKeyHeader", ""),
    perTryTimeoutMs: answer.numberOr("perTryTimeoutMs", DEFAULT_RETRY.perTryTimeoutMs),
    backoff: backoff === null ? DEFAULT_RETRY.backoff : readBackoff(backoff),
    bodyBytesMax: answer.numberOr("bodyBytesMax", DEFAULT_RETRY.bodyBytesMax),
    retryAfterMaxMs: answer.numberOr("retryAfterMaxMs", DEFAULT_RETRY.retryAfterMaxMs),
    hedge: hedge === null ? null : readHedge(hedge),
    mayRepeat: answer.flagOr("mayRepeat", false),
  };
}

function readBackoff(answer: Answer): RetryBackoff {
  return {
    baseMs: answer.number("baseMs"),
    maxMs: answer.number("maxMs"),
    jitter: answer.number("jitter"),
  };
}

function readHedge(answer: Answer): Hedge {
  return {
    afterMs: answer.number("afterMs"),
    percentile: answer.number("percentile"),
    max: answer.number("max"),
  };
}

function readConcurrency(answer: Answer | null): Concurrency {
  if (answer === null) return DEFAULT_CONCURRENCY;
  return {
    limit: answer.number("limit"),
    queueLength: answer.number("queueLength"),
    queueTimeoutMs: answer.number("queueTimeoutMs"),
    adaptive: answer.flag("adaptive"),
    importanceHeader: answer.textOr("importanceHeader", ""),
  };
}

function readSettings(answer: Answer, asKey: (text: string) => ServiceKey): BackendSettings {
  const breaker = answer.objectOrNull("breaker");
  const discovery = answer.objectOrNull("discovery");
  return {
    service: asKey(answer.text("service")),
    balancer: readBalancer(answer.object("balancer")),
    breaker: breaker === null ? null : readBreaker(breaker),
    discovery: discovery === null ? DEFAULT_DISCOVERY : readDiscovery(discovery),
  };
}

function readBalancer(answer: Answer): Balancer {
  const hash = answer.objectOrNull("hash");
  return {
    policy: answer.word("policy", BALANCER_POLICIES),
    decayMs: answer.number("decayMs"),
    defaultRttMs: answer.number("defaultRttMs"),
    hash: hash === null ? null : readHash(hash),
    slowStartMs: answer.numberOr("slowStartMs", DEFAULT_BALANCER.slowStartMs),
    zone: answer.has("zone")
      ? answer.word("zone", ["any", "prefer", "only"])
      : DEFAULT_BALANCER.zone,
    subset: answer.numberOr("subset", DEFAULT_BALANCER.subset),
  };
}

function readHash(answer: Answer): HashKey {
  const kind = answer.word("kind", ["header", "cookie", "source"]);
  return kind === "source" ? { kind } : { kind, name: answer.text("name") };
}

function readBreaker(answer: Answer): Breaker {
  return {
    consecutiveFailures: answer.number("consecutiveFailures"),
    successRateMin: answer.number("successRateMin"),
    windowMs: answer.number("windowMs"),
    requestsMin: answer.number("requestsMin"),
    backoff: readBackoff(answer.object("backoff")),
    evictedShareMax: answer.number("evictedShareMax"),
  };
}

function readDiscovery(answer: Answer): Discovery {
  return {
    trust: answer.word("trust", ["advisory", "strict"]),
    graceMs: answer.number("graceMs"),
  };
}
