import { describe, expect, it } from "vitest";
import { DEFAULT_POLICY_RETRY } from "../../mesh/resolve-retry.ts";
import { readSample } from "../sample-read.ts";

const policy = (spec: string) =>
  `apiVersion: heddle.mesh/v1alpha1\nkind: RetryPolicy\nmetadata: {name: p, namespace: shop}\nspec:\n  ${spec}\n`;

const TARGET = "targetRef: {kind: Service, name: web}";

describe("a RetryPolicy", () => {
  it("with everything it can say", () => {
    const read = readSample(
      policy(`targetRef: {kind: Service, name: web, routes: [a, b]}
  maxRetries: 3
  retryOn: [503, 502-504, 5xx, unavailable, cancelled, connect-failure, reset, per-try-timeout]
  methods: [get, PUT, GET]
  idempotencyKeyHeader: Idempotency-Key
  perTryTimeout: 500ms
  backoff: {base: 10ms, max: 250ms, jitter: 0.5}
  budget: {ratio: 0.1, ttl: 20s}
  bodyLimit: 64Ki
  retryAfterMax: 5s
  hedge: {percentile: 95, max: 2}`),
    );
    expect(read).toEqual({
      found: [],
      intent: {
        type: "policy",
        service: { namespace: "shop", name: "web" },
        routes: ["a", "b"],
        retry: {
          maxRetries: 3,
          conditions: {
            statuses: [
              { min: 503, max: 503 },
              { min: 502, max: 504 },
              { min: 500, max: 599 },
            ],
            grpcCodes: [1, 14],
            onReset: true,
            onRefusedStream: true,
            onPerTryTimeout: true,
          },
          methods: ["GET", "PUT"],
          idempotencyKeyHeader: "idempotency-key",
          perTryTimeoutMs: 500,
          backoff: { baseMs: 10, maxMs: 250, jitter: 0.5 },
          bodyBytesMax: 65_536,
          retryAfterMaxMs: 5000,
          hedge: { afterMs: 0, percentile: 95, max: 2 },
        },
        budget: { ratio: 0.1, minRetriesPerSecond: 10, ttlMs: 20_000 },
      },
      notEnforced: [],
    });
  });

  it("retries once what was never sent when it says nothing else", () => {
    expect(readSample(policy(TARGET))).toMatchObject({
      found: [],
      intent: { retry: DEFAULT_POLICY_RETRY, routes: [], budget: null },
      notEnforced: [],
    });
  });

  it.each([
    ["[connect-failure]", [], false],
    ["['503']", [[503, 503]], false],
    ["[4xx]", [[400, 499]], false],
    ["[502-504, 502-504]", [[502, 504]], false],
    ["[per-try-timeout, refused-stream]", [], true],
  ])("understands retryOn %s", (retryOn, statuses, onPerTryTimeout) => {
    const ranges = statuses.map(([min, max]) => ({ min, max }));
    expect(readSample(policy(`${TARGET}\n  retryOn: ${retryOn}`)).intent).toMatchObject({
      retry: { conditions: { statuses: ranges, onReset: false, onPerTryTimeout } },
    });
  });

  it.each([
    ["hedge: {after: 50ms}", { hedge: { afterMs: 50, percentile: 0, max: 1 } }],
    ["hedge: {percentile: 99.9}", { hedge: { afterMs: 0, percentile: 99.9, max: 1 } }],
    ["backoff: {base: 1s}", { backoff: { baseMs: 1000, maxMs: 1000, jitter: 1 } }],
    ["backoff: {max: 10ms}", { backoff: { baseMs: 10, maxMs: 10, jitter: 1 } }],
    ["bodyLimit: 0", { bodyBytesMax: 0 }],
    ["bodyLimit: 16Mi", { bodyBytesMax: 16_777_216 }],
    ["maxRetries: 0", { maxRetries: 0 }],
    ["perTryTimeout: 1s\n  retryOn: [per-try-timeout]", { perTryTimeoutMs: 1_000 }],
    ["perTryTimeout: 1s\n  hedge: {after: 999ms}", { perTryTimeoutMs: 1_000 }],
    ["perTryTimeout: 1s\n  hedge: {percentile: 50}", { perTryTimeoutMs: 1_000 }],
  ])("understands %s", (field, retry) => {
    expect(readSample(policy(`${TARGET}\n  ${field}`))).toMatchObject({
      found: [],
      intent: { retry },
    });
  });

  it.each([
    ["perTryTimeout: 1s\n  retryOn: [503]", "no-effect spec.perTryTimeout"],
    ["retryOn: [1xx]", "unused spec.retryOn[0]"],
    ["retryOn: [5xx, per-try-timeout]", "no-effect spec.retryOn[1]"],
    ["perTryTimeout: 1s\n  hedge: {after: 1s}", "no-effect spec.hedge.after"],
    ['methods: [GET, "*"]', "no-effect spec.methods[1]"],
    ["budget: {ratio: 20}", "large-ratio spec.budget.ratio"],
  ])("warns of %j", (fields, found) => {
    const read = readSample(policy(`${TARGET}\n  ${fields}`));
    expect(read.intent).not.toBeNull();
    expect(read.found).toEqual([`warning ${found}`]);
  });

  it("may aim at a profile by its full name, and at another namespace", () => {
    const full = "targetRef: {kind: ServiceProfile, name: pay.bank.svc.cluster.local}";
    const other = "targetRef: {kind: Service, name: pay, namespace: bank}";
    for (const target of [full, other]) {
      expect(readSample(policy(target)).intent).toMatchObject({
        service: { namespace: "bank", name: "pay" },
      });
    }
  });

  it.each([
    ["targetRef: {kind: Servcie, name: web}", "error bad-value spec.targetRef.kind"],
    ["targetRef: {kind: Service, name: web.shop}", "error bad-service spec.targetRef.name"],
    [
      "targetRef: {kind: Service, name: web, group: linkerd.io}",
      "error contradiction spec.targetRef.group",
    ],
    [
      "targetRef: {kind: Service, name: web, routes: [a, a]}",
      "error duplicate spec.targetRef.routes[1]",
    ],
    ["maxRetries: 2", "error required spec.targetRef"],
    [`${TARGET}\n  maxRetries: 11`, "error out-of-range spec.maxRetries"],
    [`${TARGET}\n  retryOn: [600]`, "error out-of-range spec.retryOn[0]"],
    [`${TARGET}\n  retryOn: [504-502]`, "error empty-range spec.retryOn[0]"],
    [`${TARGET}\n  retryOn: [conect-failure]`, "error bad-value spec.retryOn[0]"],
    [`${TARGET}\n  backoff: {base: 1s, max: 10ms}`, "error out-of-range spec.backoff.max"],
    [`${TARGET}\n  backoff: {jitter: 2}`, "error out-of-range spec.backoff.jitter"],
    [`${TARGET}\n  hedge: {max: 1}`, "error contradiction spec.hedge"],
    [`${TARGET}\n  hedge: {after: '0'}`, "error out-of-range spec.hedge.after"],
    [`${TARGET}\n  bodyLimit: 17Mi`, "error out-of-range spec.bodyLimit"],
    [`${TARGET}\n  bodyLimit: 64Kb`, "error bad-value spec.bodyLimit"],
    [`${TARGET}\n  perTryTimeout: 5`, "error wrong-type spec.perTryTimeout"],
    [`${TARGET}\n  maxRetry: 5`, "error unknown-field spec.maxRetry"],
  ])("refuses %j", (spec, found) => {
    expect(readSample(policy(spec))).toMatchObject({ intent: null, found: [found] });
  });
});
