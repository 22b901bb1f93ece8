import { describe, expect, it } from "vitest";
import { readSample } from "../sample-read.ts";

const policy = (spec: string) =>
  `apiVersion: heddle.mesh/v1alpha1\nkind: RetryPolicy\nmetadata: {name: p, namespace: shop}\nspec:\n  ${spec}\n`;

const TARGET = "targetRef: {kind: Service, name: web}";

describe("a RetryPolicy", () => {
  it("with everything it can say", () => {
    const read = readSample(
      policy(`targetRef: {kind: Service, name: web, routes: [a, b]}
  maxRetries: 3
  retryOn: [503, 502-504, 5xx, unavailable, connect-failure, reset]
  methods: [GET, PUT]
  idempotencyKeyHeader: Idempotency-Key
  perTryTimeout: 500ms
  backoff: {base: 25ms, max: 250ms, jitter: 0.5}
  budget: {ratio: 0.1, ttl: 20s}
  bodyLimit: 64Ki
  retryAfterMax: 5s
  hedge: {percentile: 95, max: 1}`),
    );
    expect(read).toEqual({
      found: [],
      intent: {
        type: "policy",
        service: { namespace: "shop", name: "web" },
        routes: ["a", "b"],
        maxRetries: 3,
        budget: { ratio: 0.1, minRetriesPerSecond: 10, ttlMs: 20_000 },
      },
      notEnforced: [
        "spec.retryOn[0]",
        "spec.retryOn[1]",
        "spec.retryOn[2]",
        "spec.retryOn[3]",
        "spec.retryOn[5]",
        "spec.methods",
        "spec.idempotencyKeyHeader",
        "spec.perTryTimeout",
        "spec.backoff",
        "spec.budget",
        "spec.bodyLimit",
        "spec.retryAfterMax",
        "spec.hedge",
      ],
    });
  });

  it("retries once when it says nothing else", () => {
    expect(readSample(policy(TARGET))).toMatchObject({
      intent: { maxRetries: 1, routes: [], budget: null },
      notEnforced: [],
    });
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
    [`${TARGET}\n  bodyLimit: 64Kb`, "error bad-value spec.bodyLimit"],
    [`${TARGET}\n  perTryTimeout: 5`, "error wrong-type spec.perTryTimeout"],
    [`${TARGET}\n  maxRetry: 5`, "error unknown-field spec.maxRetry"],
  ])("refuses %j", (spec, found) => {
    expect(readSample(policy(spec))).toMatchObject({ intent: null, found: [found] });
  });
});
