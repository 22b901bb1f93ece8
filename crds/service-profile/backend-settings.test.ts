import { describe, expect, it } from "vitest";
import {
  DEFAULT_BALANCER,
  DEFAULT_BREAKER,
  DEFAULT_DISCOVERY,
} from "../../mesh/backend-settings.ts";
import type { ProfileIntent } from "../../mesh/intent.ts";
import { readSample } from "../sample-read.ts";

const profile = (spec: string) =>
  `apiVersion: heddle.mesh/v1alpha1\nkind: ServiceProfile\nmetadata: {name: web}\nspec:\n  ${spec}\n`;

/** One group of settings of a profile in which nothing is wrong. */
function read<Group extends keyof ProfileIntent>(group: Group, spec: string): ProfileIntent[Group] {
  const { intent, found, notEnforced } = readSample(profile(spec));
  expect(found).toEqual([]);
  expect(notEnforced).toEqual([]);
  if (intent?.type !== "profile") throw new Error("no profile");
  return intent[group];
}

describe("a profile's settings of endpoints", () => {
  it("are nobody's where it says nothing", () => {
    for (const group of ["balancer", "breaker", "discovery", "concurrency"] as const) {
      expect(read(group, "routes: []")).toBeNull();
    }
  });

  it.each([
    ["{}", {}],
    ["{policy: least-request}", { policy: "least-request" }],
    ["{policy: random, zone: only}", { policy: "random", zone: "only" }],
    ["{peakEwma: {decay: 5s, defaultRtt: 10ms}}", { decayMs: 5000, defaultRttMs: 10 }],
    ["{slowStart: 30s, subset: 3, zone: any}", { slowStartMs: 30_000, subset: 3, zone: "any" }],
    [
      "{policy: consistent-hash, hash: {header: X-User}}",
      { policy: "consistent-hash", hash: { kind: "header", name: "x-user" } },
    ],
    [
      "{policy: consistent-hash, hash: {cookie: Id}}",
      { policy: "consistent-hash", hash: { kind: "cookie", name: "Id" } },
    ],
    [
      "{policy: consistent-hash, hash: {source: true}}",
      { policy: "consistent-hash", hash: { kind: "source" } },
    ],
  ])("balance by %s", (yaml, fields) => {
    expect(read("balancer", `loadBalancer: ${yaml}`)).toEqual({ ...DEFAULT_BALANCER, ...fields });
  });

  it.each([
    ["{}", {}],
    ["{consecutiveFailures: 3}", { consecutiveFailures: 3 }],
    [
      "{successRate: {threshold: 0.8, window: 30s, minRequests: 20}}",
      { successRateMin: 0.8, windowMs: 30_000, requestsMin: 20 },
    ],
    ["{maxEvictedShare: 0.2}", { evictedShareMax: 0.2 }],
    ["{backoff: {base: 2s}}", { backoff: { baseMs: 2000, maxMs: 60_000, jitter: 0.5 } }],
    ["{backoff: {max: 10s, jitter: 0}}", { backoff: { baseMs: 1000, maxMs: 10_000, jitter: 0 } }],
    // A longer base than the default of the other end moves that end.
    ["{backoff: {base: 2m}}", { backoff: { baseMs: 120_000, maxMs: 120_000, jitter: 0.5 } }],
  ])("break by %s", (yaml, fields) => {
    expect(read("breaker", `circuitBreaker: ${yaml}`)).toEqual({ ...DEFAULT_BREAKER, ...fields });
  });

  it.each([
    ["{}", DEFAULT_DISCOVERY],
    ["{grace: 5m}", { trust: "advisory", graceMs: 300_000 }],
    ["{trust: strict}", { trust: "strict", graceMs: DEFAULT_DISCOVERY.graceMs }],
  ])("trust discovery by %s", (yaml, wanted) => {
    expect(read("discovery", `discovery: ${yaml}`)).toEqual(wanted);
  });

  it.each([
    ["{}", [0, 0, 0, false, ""]],
    ["{limit: 10}", [10, 0, 0, false, ""]],
    ["{limit: 10, queue: {}}", [10, 100, 1000, false, ""]],
    ["{adaptive: true, queue: {length: 5, timeout: 20ms}}", [0, 5, 20, true, ""]],
    ["{importanceHeader: X-Importance}", [0, 0, 0, false, "x-importance"]],
  ])("limit what is asked at a time by %s", (yaml, wanted) => {
    const found = read("concurrency", `concurrency: ${yaml}`);
    expect(found === null ? null : Object.values(found)).toEqual(wanted);
  });

  it.each([
    ["loadBalancer: {hash: {}}", "error contradiction", "loadBalancer.hash"],
    ["loadBalancer: {hash: {source: true}}", "error contradiction", "loadBalancer.hash"],
    ["loadBalancer: {policy: consistent-hash}", "error required", "loadBalancer.hash"],
    [
      "loadBalancer: {policy: consistent-hash, hash: {cookie: a, header: b}}",
      "error contradiction",
      "loadBalancer.hash",
    ],
    [
      "loadBalancer: {policy: consistent-hash, hash: {source: false}}",
      "error contradiction",
      "loadBalancer.hash.source",
    ],
    [
      "loadBalancer: {policy: consistent-hash, hash: {cookie: a=b}}",
      "error bad-value",
      "loadBalancer.hash.cookie",
    ],
    ["loadBalancer: {policy: fastest}", "error bad-value", "loadBalancer.policy"],
    ["loadBalancer: {peakEwma: {decay: '0'}}", "error out-of-range", "loadBalancer.peakEwma.decay"],
    [
      "circuitBreaker: {backoff: {base: 2s, max: 1s}}",
      "error out-of-range",
      "circuitBreaker.backoff.max",
    ],
    ["circuitBreaker: {backoff: {base: '0'}}", "error out-of-range", "circuitBreaker.backoff.base"],
    [
      "circuitBreaker: {successRate: {threshold: 0.5, window: 1ms}}",
      "error out-of-range",
      "circuitBreaker.successRate.window",
    ],
    ["concurrency: {queue: {timeout: x}}", "error bad-value", "concurrency.queue.timeout"],
    [
      "concurrency: {limit: 1, queue: {timeout: '0'}}",
      "error out-of-range",
      "concurrency.queue.timeout",
    ],
    ["discovery: {trust: blind}", "error bad-value", "discovery.trust"],
  ])("refuses %s", (fields, code, field) => {
    expect(readSample(profile(fields))).toMatchObject({
      intent: null,
      found: [`${code} spec.${field}`],
    });
  });

  it.each([
    ["loadBalancer: {policy: random, peakEwma: {decay: 1s}}", "loadBalancer.peakEwma"],
    ["concurrency: {queue: {length: 5}}", "concurrency.queue"],
    ["discovery: {trust: strict, grace: 5s}", "discovery.grace"],
  ])("warns of %s, which does nothing", (fields, field) => {
    expect(readSample(profile(fields)).found).toEqual([`warning unused spec.${field}`]);
  });
});
