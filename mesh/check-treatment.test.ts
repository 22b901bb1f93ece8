import { describe, expect, it } from "vitest";
import {
  type BackendSettings,
  DEFAULT_BALANCER,
  DEFAULT_BREAKER,
  DEFAULT_DISCOVERY,
} from "./backend-settings.ts";
import { isHeaderName, settingsProblem, treatmentProblem } from "./check-treatment.ts";
import { DEFAULT_TIMEOUTS } from "./destination.ts";
import { DEFAULT_RETRY, type Retry } from "./retry.ts";
import { DEFAULT_BEHAVIOUR, type RouteBehaviour } from "./route-behaviour.ts";
import { formatServiceKey } from "./service-key.ts";

const service = formatServiceKey({ scheme: "svc", namespace: "shop", name: "web", port: 80 });

function problem(retry: Partial<Retry>, behaviour: Partial<RouteBehaviour>): string {
  const action = {
    backends: [],
    splitObject: -1,
    timeouts: DEFAULT_TIMEOUTS,
    retry: { ...DEFAULT_RETRY, ...retry },
    behaviour: { ...DEFAULT_BEHAVIOUR, ...behaviour },
    responseClasses: [],
  };
  return treatmentProblem(action) ?? "";
}

function settings(fields: Partial<BackendSettings>): string {
  const defaults = { balancer: DEFAULT_BALANCER, breaker: null, discovery: DEFAULT_DISCOVERY };
  return settingsProblem({ service, ...defaults, ...fields }) ?? "";
}

const place = { path: "", pathPrefix: "", matchedPrefix: "", host: "" };
const set = (name: string, value: string) => ({ set: [{ name, value }], add: [], remove: [] });

describe("how requests are treated", () => {
  it.each<[string, Partial<Retry>]>([
    ["a range of statuses", { statuses: [{ min: 503, max: 502 }] }],
    ["a method", { methods: ["G T"] }],
    ["a method", { methods: ["GET\r\n"] }],
    ["idempotency keys", { idempotencyKeyHeader: "A" }],
    ["backoff of retries", { backoff: { baseMs: 2, maxMs: 1, jitter: 0 } }],
    ["a hedge", { hedge: { afterMs: 0, percentile: 0, max: 1 } }],
    ["a hedge", { hedge: { afterMs: 1, percentile: 50, max: 1 } }],
    ["no further tries", { hedge: { afterMs: 1, percentile: 0, max: 0 } }],
  ])("is refused for %s of %j", (about, retry) => {
    expect(problem(retry, {})).toContain(about);
  });

  it.each<[string, Partial<RouteBehaviour>]>([
    ["an edited header", { requestHeaders: set("A", "b") }],
    ["an edited header", { answerHeaders: set("", "b") }],
    ["the edited header a", { requestHeaders: set("a", "b\r\nc: d") }],
    ["the edited header a", { answerHeaders: set("a", "\u00e4") }],
    ["a removed header", { answerHeaders: { set: [], add: [], remove: ["a b"] } }],
    ["a new path", { rewrite: { ...place, path: "a" } }],
    ["a new path", { rewrite: { ...place, path: "/a HTTP/1.1\r\n" } }],
    ["a new path", { rewrite: { ...place, path: "/a?b" } }],
    ["a new prefix", { rewrite: { ...place, pathPrefix: "/a" } }],
    ["a new host", { rewrite: { ...place, host: "a\r\nb" } }],
    ["a scheme", { redirect: { ...place, status: 302, scheme: "javascript", host: "a" } }],
    ["a new host", { redirect: { ...place, status: 302, scheme: "", host: "a/b" } }],
    ["a delay", { delay: { share: 1, minMs: 2, maxMs: 1 } }],
    ["a rate limit", { rateLimit: { requestsPerSecond: 1, burst: 1, header: "A" } }],
  ])("is refused for %s of %j", (about, behaviour) => {
    expect(problem({}, behaviour)).toContain(about);
  });

  it("is taken otherwise", () => {
    expect(problem({}, {})).toBe("");
    const hedge = { afterMs: 0, percentile: 95, max: 1 };
    expect(problem({ methods: ["GET", "M-SEARCH"], hedge }, {})).toBe("");
    const rewrite = { path: "", pathPrefix: "/v2/~a%20b", matchedPrefix: "/", host: "[::1]:80" };
    const redirect = { ...rewrite, status: 308, scheme: "https" } as const;
    expect(problem({}, { rewrite, redirect, requestHeaders: set("x-a", "b\tc") })).toBe("");
  });

  it("is used on endpoints in a way that makes sense", () => {
    expect(settings({})).toBe("");
    const hashing = { ...DEFAULT_BALANCER, policy: "consistent-hash" } as const;
    expect(settings({ balancer: hashing })).toContain("nothing to hash");
    expect(settings({ balancer: { ...hashing, hash: { kind: "source" } } })).toBe("");
    const upper = { ...hashing, hash: { kind: "header", name: "A" } } as const;
    expect(settings({ balancer: upper })).toContain("a header to hash");
    const backoff = { baseMs: 2, maxMs: 1, jitter: 0 };
    expect(settings({ breaker: { ...DEFAULT_BREAKER, backoff } })).toContain("backoff");
  });

  it("knows a header's name", () => {
    expect(["a", "x-a", "A", "", "a b", ":path"].map(isHeaderName)).toEqual([
      ...[true, true, false, false, false, false],
    ]);
  });
});
