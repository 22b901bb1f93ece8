import { describe, expect, it } from "vitest";
import { DEFAULT_BALANCER, DEFAULT_DISCOVERY } from "../../mesh/backend-settings.ts";
import type { ObjectRef } from "../../mesh/destination.ts";
import type { ExplainedPolicy } from "../../mesh/explain-policy.ts";
import { DEFAULT_RETRY, DEFAULT_RETRY_BUDGET } from "../../mesh/retry.ts";
import { DEFAULT_BEHAVIOUR, DEFAULT_CONCURRENCY } from "../../mesh/route-behaviour.ts";
import { formatServiceKey, type ServiceKey } from "../../mesh/service-key.ts";
import { Answer } from "./answer.ts";
import { readPolicy } from "./explained-policy.ts";

const ref: ObjectRef = { group: "g", kind: "k", namespace: "n", name: "o", generation: 1 };
const web = formatServiceKey({ scheme: "svc", namespace: "shop", name: "web", port: 80 });

function read(value: unknown): ExplainedPolicy {
  const parsed: unknown = JSON.parse(JSON.stringify(value));
  return readPolicy(
    new Answer(parsed),
    () => ref,
    (text) => text as ServiceKey,
  );
}

const full: ExplainedPolicy = {
  timeouts: { requestMs: 1, responseMs: 2, idleMs: 3 },
  retry: {
    object: ref,
    maxRetries: 4,
    statuses: [{ min: 500, max: 599 }],
    grpcCodes: [14],
    onReset: true,
    onRefusedStream: true,
    onPerTryTimeout: true,
    isRetryable: true,
    methods: ["GET"],
    idempotencyKeyHeader: "key",
    perTryTimeoutMs: 5,
    backoff: { baseMs: 6, maxMs: 7, jitter: 0.5 },
    bodyBytesMax: 8,
    retryAfterMaxMs: 9,
    hedge: { afterMs: 10, percentile: 0, max: 1 },
    mayRepeat: true,
  },
  budget: { ratio: 0.5, minRetriesPerSecond: 1, ttlMs: 1000 },
  balancer: DEFAULT_BALANCER,
  behaviour: {
    mirror: { service: web, share: 0.5, match: null, bodyBytesMax: 1, compare: true },
    delay: { share: 0.1, minMs: 1, maxMs: 2 },
    abort: { share: 0.1, status: 503 },
    requestHeaders: { set: [{ name: "a", value: "b" }], add: [], remove: ["c"] },
    answerHeaders: { set: [], add: [{ name: "d", value: "e" }], remove: [] },
    rewrite: { path: "/a", pathPrefix: "", matchedPrefix: "", host: "h" },
    redirect: {
      ...{ status: 308, scheme: "https", host: "h", path: "" },
      ...{ pathPrefix: "/b", matchedPrefix: "/c" },
    },
    rateLimit: { requestsPerSecond: 1, burst: 2, header: "f" },
    importance: "sheddable",
  },
  concurrency: {
    ...{ limit: 1, queueLength: 2, queueTimeoutMs: 3 },
    ...{ adaptive: true, importanceHeader: "g" },
  },
  backends: [
    {
      service: web,
      balancer: { ...DEFAULT_BALANCER, hash: { kind: "cookie", name: "i" } },
      breaker: {
        ...{ consecutiveFailures: 1, successRateMin: 0.5, windowMs: 2, requestsMin: 3 },
        backoff: { baseMs: 4, maxMs: 5, jitter: 1 },
        evictedShareMax: 0.25,
      },
      discovery: { trust: "strict", graceMs: 6 },
    },
    {
      service: web,
      balancer: { ...DEFAULT_BALANCER, hash: { kind: "source" }, zone: "only", subset: 3 },
      breaker: null,
      discovery: DEFAULT_DISCOVERY,
    },
  ],
};

describe("an explained policy", () => {
  it("is read as the proxy has it", () => {
    expect(read(full)).toEqual(full);
  });

  it("of an earlier proxy does what such a proxy does", () => {
    const { policy, decayMs, defaultRttMs } = DEFAULT_BALANCER;
    const early = {
      timeouts: full.timeouts,
      retry: { object: null, maxRetries: 1 },
      budget: DEFAULT_RETRY_BUDGET,
      balancer: { policy, decayMs, defaultRttMs },
    };
    const { object: _, ...retry } = DEFAULT_RETRY;
    expect(read(early)).toEqual({
      ...early,
      retry: { ...retry, object: null, onRefusedStream: true, mayRepeat: false },
      balancer: DEFAULT_BALANCER,
      behaviour: DEFAULT_BEHAVIOUR,
      concurrency: DEFAULT_CONCURRENCY,
      backends: [],
    });
  });

  it.each([
    ["retry.grpcCodes[0]", { retry: { ...full.retry, grpcCodes: ["14"] } }],
    ["concurrency.adaptive", { concurrency: { ...full.concurrency, adaptive: "yes" } }],
    ["behaviour.importance", { behaviour: { ...full.behaviour, importance: "high" } }],
    ["backends[0].balancer.policy", { backends: [{ service: web, balancer: { policy: "x" } }] }],
  ])("names %s when it is not what it should be", (path, fields) => {
    expect(() => read({ ...full, ...fields })).toThrow(path);
  });
});
