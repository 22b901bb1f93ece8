import { describe, expect, it } from "vitest";
import { readSample } from "../sample-read.ts";

const profile = (spec: string, name = "web") =>
  `apiVersion: heddle.mesh/v1alpha1\nkind: ServiceProfile\nmetadata: {name: ${name}, namespace: shop}\nspec:\n${spec}`;

const MATCH = "condition: {method: GET}";

describe("a ServiceProfile", () => {
  it("with routes of every kind", () => {
    const read = readSample(
      profile(`  service: web.shop.svc.cluster.local
  routes:
    - name: first
      condition:
        method: get
        pathPrefix: /a
        headers:
          - {name: X-One, prefix: a, suffix: z}
          - {name: X-Two}
        not: {path: /a/b}
      priority: 5
      timeouts: {request: 1s, response: 500ms, idle: 1m30s}
      responseClasses:
        - condition: {any: [{status: {min: 500}}, {not: {status: {min: 200, max: 399}}}]}
          isFailure: true
    - name: second
      condition: {pathRegex: '^/b/[^/]*$'}
      timeout: 0.5s
`),
    );
    expect(read.found).toEqual([]);
    expect(read.intent).toEqual({
      type: "profile",
      service: { namespace: "shop", name: "web" },
      routes: [
        {
          name: "first",
          match: {
            kind: "all",
            of: [
              { kind: "method", method: "GET" },
              { kind: "pathPrefix", prefix: "/a" },
              { kind: "header", name: "x-one", value: { kind: "prefix", text: "a" } },
              { kind: "header", name: "x-one", value: { kind: "suffix", text: "z" } },
              { kind: "header", name: "x-two", value: { kind: "present" } },
              { kind: "not", of: { kind: "path", path: "/a/b" } },
            ],
          },
          priority: 5,
          responseClasses: [
            {
              match: {
                kind: "any",
                of: [
                  { kind: "status", min: 500, max: 500 },
                  { kind: "not", of: { kind: "status", min: 200, max: 399 } },
                ],
              },
              isFailure: true,
            },
          ],
          isRetryable: false,
          requestTimeoutMs: 1000,
          responseTimeoutMs: 500,
          idleTimeoutMs: 90_000,
        },
        {
          name: "second",
          match: { kind: "pathRegex", regex: "/b/[^/]*" },
          priority: 0,
          responseClasses: [],
          isRetryable: false,
          requestTimeoutMs: 500,
          responseTimeoutMs: 0,
          idleTimeoutMs: 0,
        },
      ],
      budget: null,
      overrides: [],
      balancer: null,
    });
  });

  it("is for the service that it is named for, when it names none", () => {
    const service = (name: string) => readSample(profile("  routes: []\n", name)).intent;
    expect(service("web")).toMatchObject({ service: { namespace: "shop", name: "web" } });
    expect(service("pay.bank.svc.cluster.local")).toMatchObject({
      service: { namespace: "bank", name: "pay" },
    });
  });

  it("takes Linkerd's spelling of the budget, overrides and timeouts", () => {
    const read = readSample(
      profile(`  retryBudget: {retryRatio: 0.5, minRetriesPerSecond: 3, ttl: 20s}
  dstOverrides: [{authority: "v2.beta:8080", weight: 500m}, {authority: v1, weight: 2}]
`),
    );
    expect(read.intent).toMatchObject({
      budget: { ratio: 0.5, minRetriesPerSecond: 3, ttlMs: 20_000 },
      overrides: [
        { service: { namespace: "beta", name: "v2" }, port: 8080, weightMilli: 500 },
        { service: { namespace: "shop", name: "v1" }, port: 0, weightMilli: 2000 },
      ],
    });
  });

  it("tunes the balancer that there is", () => {
    const read = readSample(profile("  loadBalancer: {peakEwma: {decay: 5s, defaultRtt: 10ms}}\n"));
    expect(read).toMatchObject({
      notEnforced: [],
      intent: { balancer: { policy: "peak-ewma", decayMs: 5000, defaultRttMs: 10 } },
    });
    expect(readSample(profile("  loadBalancer: {subset: 3}\n"))).toMatchObject({
      notEnforced: ["spec.loadBalancer.subset"],
      intent: { balancer: null },
    });
  });

  it("names everything that nothing acts on yet, and takes it", () => {
    const read = readSample(
      profile(`  routes:
    - name: a
      ${MATCH}
      isRetryable: true
      mirror: {service: dark, match: {any: [{method: GET}]}, bodyLimit: 1Mi, compare: true}
      faults: {delay: {share: 0.1, min: 10ms, max: 1s}, abort: {share: 0.1, status: 503}}
      headers: {request: {set: [{name: a, value: b}], remove: [c]}, response: {add: []}}
      rewrite: {path: /x, host: y}
      rateLimit: {requestsPerSecond: 10, burst: 5, header: x-user}
  opaquePorts: [3306, "4000-4010"]
  loadBalancer: {policy: consistent-hash, hash: {cookie: id}, slowStart: 10s, zone: prefer}
  circuitBreaker: {consecutiveFailures: 5, successRate: {threshold: 0.8, window: 10s},
    backoff: {base: 1s, max: 60s, jitter: 0.5}, maxEvictedShare: 0.5}
  concurrency: {limit: 10, queue: {length: 5, timeout: 1s}, adaptive: true}
  discovery: {trust: strict, grace: 30s}
`),
    );
    expect(read.found).toEqual([]);
    expect(read.intent).not.toBeNull();
    expect(read.notEnforced).toEqual([
      "spec.routes[0].isRetryable",
      "spec.routes[0].mirror",
      "spec.routes[0].faults",
      "spec.routes[0].headers",
      "spec.routes[0].rewrite",
      "spec.routes[0].rateLimit",
      "spec.opaquePorts",
      "spec.loadBalancer.policy",
      "spec.loadBalancer.hash",
      "spec.loadBalancer.slowStart",
      "spec.loadBalancer.zone",
      "spec.circuitBreaker",
      "spec.concurrency",
      "spec.discovery",
    ]);
  });

  it.each([
    ["faults: {delay: {share: 1, min: 2s, max: 1s}}", "out-of-range", "faults.delay.max"],
    ["rewrite: {path: /a, pathPrefix: /b}", "contradiction", "rewrite"],
    ["mirror: {service: a.b.c, share: 1}", "bad-service", "mirror.service"],
    ["mirror: {service: a, share: 2}", "out-of-range", "mirror.share"],
    ["headers: {request: {set: [{name: a}]}}", "required", "headers.request.set[0].value"],
    ["rateLimit: {}", "required", "rateLimit.requestsPerSecond"],
  ])("refuses %s although nothing acts on it", (fields, code, field) => {
    const read = readSample(profile(`  routes: [{name: a, ${MATCH}, ${fields}}]\n`));
    expect(read).toMatchObject({
      intent: null,
      found: [`error ${code} spec.routes[0].${field}`],
    });
  });

  it.each([
    ["loadBalancer: {hash: {}}", "contradiction", "loadBalancer.hash"],
    [
      "circuitBreaker: {backoff: {base: 2s, max: 1s}}",
      "out-of-range",
      "circuitBreaker.backoff.max",
    ],
    ["concurrency: {queue: {timeout: x}}", "bad-value", "concurrency.queue.timeout"],
    ["discovery: {trust: blind}", "bad-value", "discovery.trust"],
    ["opaquePorts: ['20-10']", "bad-port", "opaquePorts[0]"],
  ])("refuses %s", (fields, code, field) => {
    expect(readSample(profile(`  ${fields}\n`))).toMatchObject({
      intent: null,
      found: [`error ${code} spec.${field}`],
    });
  });
});
