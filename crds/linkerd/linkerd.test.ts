import { describe, expect, it } from "vitest";
import { DEFAULT_BEHAVIOUR_INTENT } from "../../mesh/intent.ts";
import { readSample } from "../sample-read.ts";

const profile = (spec: string, version = "v1alpha2", name = "web.shop.svc.cluster.local") => `
apiVersion: linkerd.io/${version}
kind: ServiceProfile
metadata:
  name: ${name}
  namespace: shop
spec:
${spec}`;

const condition = (yaml: string) =>
  readSample(profile(`  routes:\n  - name: a\n    condition: ${yaml}\n`));

/** The match of the only route. */
function matchOf(yaml: string): unknown {
  const { intent } = condition(yaml);
  return intent?.type === "profile" ? intent.routes[0]?.match : null;
}

describe("a ServiceProfile of Linkerd's", () => {
  it("in the shape of a voting application's", () => {
    const read = readSample(
      profile(`  routes:
  - name: POST /emojivoto.v1.VotingService/VoteDoughnut
    condition:
      pathRegex: /emojivoto\\.v1\\.VotingService/VoteDoughnut
      method: POST
    responseClasses:
    - condition:
        status:
          min: 500
          max: 599
      isFailure: true
    timeout: 250ms
  retryBudget:
    retryRatio: 0.2
    minRetriesPerSecond: 10
    ttl: 10s
`),
    );
    expect(read.found).toEqual([]);
    expect(read.notEnforced).toEqual([]);
    expect(read.intent).toEqual({
      type: "profile",
      service: { namespace: "shop", name: "web" },
      routes: [
        {
          name: "POST /emojivoto.v1.VotingService/VoteDoughnut",
          match: {
            kind: "all",
            of: [
              { kind: "method", method: "POST" },
              { kind: "pathRegex", regex: "/emojivoto\\.v1\\.VotingService/VoteDoughnut" },
            ],
          },
          priority: 0,
          responseClasses: [{ match: { kind: "status", min: 500, max: 599 }, isFailure: true }],
          isRetryable: false,
          requestTimeoutMs: 250,
          responseTimeoutMs: 0,
          idleTimeoutMs: 0,
          behaviour: DEFAULT_BEHAVIOUR_INTENT,
        },
      ],
      budget: { ratio: 0.2, minRetriesPerSecond: 10, ttlMs: 10_000 },
      overrides: [],
      balancer: null,
      breaker: null,
      discovery: null,
      concurrency: null,
      opaquePorts: null,
    });
  });

  it("in the shape of a book shop's", () => {
    const read = readSample(
      profile(`  routes:
  - condition:
      method: GET
      pathRegex: /books/[^/]*
    name: GET /books/{id}
  - condition:
      all:
      - any:
        - method: DELETE
        - method: POST
      - not:
          pathRegex: ^/books/[^/]*/edit$
    name: writes
    isRetryable: true
`),
    );
    expect(read.found).toEqual([]);
    expect(read.notEnforced).toEqual([]);
    expect(read.intent).toMatchObject({
      routes: [
        { isRetryable: false },
        {
          isRetryable: true,
          match: {
            kind: "all",
            of: [
              {
                kind: "any",
                of: [
                  { kind: "method", method: "DELETE" },
                  { kind: "method", method: "POST" },
                ],
              },
              { kind: "not", of: { kind: "pathRegex", regex: "/books/[^/]*/edit" } },
            ],
          },
        },
      ],
    });
  });

  it.each([
    ["{method: get}", { kind: "method", method: "GET" }],
    ["{method: PURGE}", { kind: "method", method: "PURGE" }],
    ["{pathRegex: ' /a '}", { kind: "pathRegex", regex: "/a" }],
    ["{pathRegex: '^/a'}", { kind: "pathRegex", regex: "/a" }],
    ["{pathRegex: '/a$'}", { kind: "pathRegex", regex: "/a" }],
    ["{pathRegex: '/a\\$'}", { kind: "pathRegex", regex: "/a\\$" }],
    ["{pathRegex: '/(a|b)'}", { kind: "pathRegex", regex: "/(a|b)" }],
    ["{pathRegex: '/a|/b|/c'}", { kind: "pathRegex", regex: "/a.*|.*/b.*|.*/c" }],
    ["{all: []}", { kind: "all", of: [] }],
    ["{any: []}", { kind: "any", of: [] }],
    [
      "{any: [{all: [{method: GET}]}]}",
      { kind: "any", of: [{ kind: "all", of: [{ kind: "method", method: "GET" }] }] },
    ],
  ])("condition %s", (yaml, match) => {
    expect(matchOf(yaml)).toEqual(match);
  });

  it("warns of alternatives that are anchored at their outer ends only", () => {
    expect(condition("{pathRegex: '/a|/b'}").found).toEqual([
      "warning loose-regex spec.routes[0].condition.pathRegex",
    ]);
  });

  it.each([
    ["{}", "error empty-condition spec.routes[0].condition"],
    ["{all: [{}]}", "error empty-condition spec.routes[0].condition.all[0]"],
    ["{not: [{method: GET}]}", "error wrong-type spec.routes[0].condition.not"],
    ["{any: [null]}", "error wrong-type spec.routes[0].condition.any[0]"],
    ["{path: /a}", "error unknown-field spec.routes[0].condition.path"],
    ["{pathRegex: '('}", "error bad-regex spec.routes[0].condition.pathRegex"],
    ["{pathRegex: '[a-z&&b]'}", "error bad-regex spec.routes[0].condition.pathRegex"],
    ["{pathRegex: '[a-z--b]'}", "error bad-regex spec.routes[0].condition.pathRegex"],
    ["{pathRegex: '[a[bc]]'}", "error bad-regex spec.routes[0].condition.pathRegex"],
  ])("refuses the condition %s", (yaml, found) => {
    expect(condition(yaml)).toMatchObject({ intent: null, found: [found] });
  });

  it("nests as far as a snapshot can, and no further", () => {
    const nested = (levels: number) =>
      `${"{not: ".repeat(levels)}{method: GET}${"}".repeat(levels)}`;
    expect(condition(nested(6)).found).toEqual([]);
    expect(condition(nested(7)).found).toEqual([
      `error too-deep spec.routes[0].condition${".not".repeat(7)}`,
    ]);
    expect(condition(nested(90)).found[0]).toContain("error too-deep");
  });

  it.each([
    ["{min: 500}", { kind: "status", min: 500, max: 500 }],
    ["{max: 404}", { kind: "status", min: 404, max: 404 }],
    ["{min: 400, max: 404}", { kind: "status", min: 400, max: 404 }],
  ])("status %s: one bound alone is that status", (range, match) => {
    const read = readSample(
      profile(
        `  routes:\n  - name: a\n    condition: {method: GET}\n    responseClasses: [{condition: {status: ${range}}}]\n`,
      ),
    );
    expect(read.intent).toMatchObject({
      routes: [{ responseClasses: [{ match, isFailure: false }] }],
    });
  });

  it.each([
    [
      "a timeout that does not parse",
      "  routes: [{name: a, condition: {method: GET}, timeout: soon}]\n",
      "error bad-value spec.routes[0].timeout",
    ],
    [
      "a budget out of range",
      "  retryBudget: {retryRatio: 1001, minRetriesPerSecond: 1, ttl: 10s}\n",
      "error out-of-range spec.retryBudget.retryRatio",
    ],
    [
      "a ttl out of range",
      "  retryBudget: {retryRatio: 1, minRetriesPerSecond: 1, ttl: 100ms}\n",
      "error out-of-range spec.retryBudget.ttl",
    ],
    ["an unknown field", "  retryBudgt: {}\n", "error unknown-field spec.retryBudgt"],
  ])("refuses %s, which Linkerd ignores", (_, spec, found) => {
    expect(readSample(profile(spec))).toMatchObject({ intent: null, found: [found] });
  });

  it("takes overrides by quantity, with the port that is looked up when none is named", () => {
    const read = readSample(
      profile(`  dstOverrides:
  - authority: web-v1.shop.svc.cluster.local:8080
    weight: 900m
  - authority: web-v2.shop.svc.cluster.local
    weight: "0.1"
`),
    );
    expect(read).toMatchObject({
      found: [],
      intent: {
        overrides: [
          { service: { namespace: "shop", name: "web-v1" }, port: 8080, weightMilli: 900 },
          { service: { namespace: "shop", name: "web-v2" }, port: 0, weightMilli: 100 },
        ],
      },
    });
  });

  it("is named for its service in full, in the service's or the client's namespace", () => {
    const elsewhere = readSample(
      profile("  routes: []\n", "v1alpha2", "pay.bank.svc.cluster.local"),
    );
    expect(elsewhere.intent).toMatchObject({ service: { namespace: "bank", name: "pay" } });
    expect(readSample(profile("  routes: []\n", "v1alpha2", "web")).found).toEqual([
      "error bad-service metadata.name",
    ]);
  });

  it("wants routes in v1alpha1 only", () => {
    expect(readSample(profile("  {}\n", "v1alpha1")).found).toEqual(["error required spec.routes"]);
    expect(readSample(profile("  {}\n")).found).toEqual([]);
  });
});
