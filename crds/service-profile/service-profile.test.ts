import { describe, expect, it } from "vitest";
import { DEFAULT_BEHAVIOUR_INTENT } from "../../mesh/intent.ts";
import { readSample } from "../sample-read.ts";

const profile = (spec: string, name = "web") =>
  `apiVersion: heddle.mesh/v1alpha1\nkind: ServiceProfile\nmetadata: {name: ${name}, namespace: shop}\nspec:\n${spec}`;

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
          behaviour: DEFAULT_BEHAVIOUR_INTENT,
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
          behaviour: DEFAULT_BEHAVIOUR_INTENT,
        },
      ],
      budget: null,
      overrides: [],
      balancer: null,
      breaker: null,
      discovery: null,
      concurrency: null,
      opaquePorts: null,
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

  it("names opaque ports, or says that there are none", () => {
    const read = readSample(profile('  opaquePorts: [3306, "4000-4010", "25"]\n'));
    expect(read.found).toEqual([]);
    expect(read.notEnforced).toEqual([]);
    expect(read.intent).toMatchObject({
      opaquePorts: [
        { first: 3306, last: 3306 },
        { first: 4000, last: 4010 },
        { first: 25, last: 25 },
      ],
    });
    expect(readSample(profile("  opaquePorts: []\n")).intent).toMatchObject({ opaquePorts: [] });
  });

  it.each([
    ["opaquePorts: ['20-10']", "bad-port", "opaquePorts[0]"],
    [
      "retryBudget: {retryRatio: -1, minRetriesPerSecond: 1, ttl: 1s}",
      "out-of-range",
      "retryBudget.retryRatio",
    ],
  ])("refuses %s", (fields, code, field) => {
    expect(readSample(profile(`  ${fields}\n`))).toMatchObject({
      intent: null,
      found: [`error ${code} spec.${field}`],
    });
  });
});
