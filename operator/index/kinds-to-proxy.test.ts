/** What a kind takes, a proxy takes: from manifests at the edges of the schemas to what is read. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeCanonical } from "../../base/canonical-json.ts";
import { readManifests } from "../../crds/read-manifests.ts";
import { readDestination } from "../../mesh/check-body.ts";
import type { IntentObject } from "../../mesh/intent.ts";
import { objectId } from "../sources/object-source.ts";
import { compileService } from "./compile-service.ts";
import { nothingDirty, ObjectView } from "./object-view.ts";

const some = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const share = some(0, 1, 0.5, 1e-9);
const duration = some("0", "1ns", "1ms", "10s", "1h");
const longest = some("1ms", "999ms", "1h");
const many = some(1, 1_000_000);
const path = some("/", "/a/", `/${"p".repeat(2047)}`);
const header = some("x-a", "x-b", "X-C", `x-${"h".repeat(200)}`);
const host = some("a", "[::1]:80", "a.example:8080", "h".repeat(253));

/** Fields that may each be there or not. */
const maybe = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { requiredKeys: [] });

const set = fc.uniqueArray(fc.record({ name: header, value: some("", "v", "v".repeat(4096)) }), {
  maxLength: 3,
  selector: ({ name }) => name.toLowerCase(),
});
const edits = fc.oneof(
  maybe({ set, add: set }),
  fc.record({ remove: fc.uniqueArray(header, { maxLength: 3 }) }),
);
const mirrored = fc.oneof(
  fc.record({ service: some("dark", "gone"), share, compare: fc.boolean() }),
  fc.record({
    service: fc.constant("dark"),
    match: fc.constant({ any: [{ method: "get" }, { path: "/a" }] }),
    bodyLimit: some<string | number>(0, "16Mi", "64Ki"),
  }),
);
/** What every route matches. A redirect to the same is refused. */
const MATCHED = "/a/";
const whither = fc.oneof(
  fc.record({ rewrite: fc.oneof(fc.record({ path, host }), fc.record({ pathPrefix: path })) }),
  fc.record({ mirror: mirrored }),
  fc.record({
    redirect: fc.oneof(
      fc.record({ status: some(301, 308), pathPrefix: path.filter((to) => to !== MATCHED) }),
      fc.record({ scheme: some("http", "https"), host, path }),
    ),
  }),
);
const route = fc
  .tuple(
    whither,
    maybe({
      isRetryable: fc.boolean(),
      timeouts: maybe({ request: duration, response: duration, idle: duration }),
      faults: maybe({
        delay: fc.record({ share, min: some("0", "1ms"), max: some("1ms", "1h") }),
        abort: fc.record({ share, status: some(200, 599) }),
      }),
      headers: maybe({ request: edits, response: edits }),
      rateLimit: fc.record({ requestsPerSecond: many, burst: some(0, 1_000_000), header }),
      importance: some("critical", "normal", "sheddable"),
      priority: some(-1000, 1000),
      responseClasses: fc.array(
        fc.record({
          condition: fc.constant({ not: { status: { min: 100, max: 599 } } }),
          isFailure: fc.boolean(),
        }),
        { maxLength: 16 },
      ),
    }),
  )
  .map(([to, rest]) => ({ ...to, ...rest, condition: { pathPrefix: MATCHED } }));

const profileSpec = maybe({
  routes: fc
    .array(route, { maxLength: 4 })
    .map((routes) => routes.map((one, index) => ({ ...one, name: `r${index}` }))),
  loadBalancer: fc.oneof(
    maybe({
      policy: some("peak-ewma", "least-request", "round-robin", "random"),
      slowStart: duration,
      zone: some("any", "prefer", "only"),
      subset: some(1, 10_000),
    }),
    fc.record({
      policy: fc.constant("consistent-hash"),
      hash: some<object>({ header: "X-A" }, { cookie: "c".repeat(256) }, { source: true }),
    }),
    fc.record({ peakEwma: maybe({ decay: longest, defaultRtt: longest }) }),
  ),
  circuitBreaker: maybe({
    consecutiveFailures: some(1, 10_000),
    successRate: fc.record({ threshold: share, window: some("100ms", "1h"), minRequests: many }),
    backoff: maybe({ base: some("1ms", "1s"), max: some("1s", "1h"), jitter: share }),
    maxEvictedShare: share,
  }),
  concurrency: maybe({
    limit: many,
    queue: maybe({ length: some(0, 100_000), timeout: longest }),
    adaptive: fc.boolean(),
    importanceHeader: header,
  }),
  discovery: maybe({ trust: some("advisory", "strict"), grace: duration }),
  retryBudget: fc.record({
    retryRatio: some(0, 1000),
    minRetriesPerSecond: some(0, 1_000_000),
    ttl: some("1s", "60s"),
  }),
});

const policySpec = maybe({
  maxRetries: some(0, 10),
  retryOn: fc.array(
    some<string | number>(503, "5xx", "200-599", "unavailable", "reset", "per-try-timeout"),
    { maxLength: 32 },
  ),
  methods: fc.array(some("get", "POST", "m".repeat(32)), { maxLength: 16 }),
  idempotencyKeyHeader: header,
  perTryTimeout: duration,
  backoff: maybe({ base: some("0", "1ms"), max: some("1ms", "1h"), jitter: share }),
  budget: maybe({ ratio: some(0, 1000), minRetriesPerSecond: many, ttl: some("1s", "60s") }),
  bodyLimit: some<string | number>(0, "16Mi"),
  retryAfterMax: duration,
  hedge: fc.oneof(
    fc.record({ after: longest, max: some(1, 3) }),
    fc.record({ percentile: some(50, 99.99) }),
  ),
});

function manifest(kind: string, name: string, spec: object) {
  return { apiVersion: "heddle.mesh/v1alpha1", kind, metadata: { name, namespace: "shop" }, spec };
}

const service = (name: string) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "shop" },
  spec: { ports: [{ port: 80 }] },
});

/** Every object of a manifest that is right, or what is wrong with it. */
function read(value: object): IntentObject {
  const { objects, problems } = readManifests(JSON.stringify(value), "m.json");
  const [one] = objects;
  const wrong = [...problems, ...(one?.problems ?? [])].filter((p) => p.severity === "error");
  expect(wrong).toEqual([]);
  if (one?.object === undefined || one.object === null) throw new Error("refused");
  return one.object;
}

describe("what a kind takes", () => {
  it("is what a proxy takes", () => {
    fc.assert(
      fc.property(profileSpec, profileSpec, policySpec, (apex, backend, policy) => {
        const targetRef = { kind: "Service", name: "web" };
        const objects = [
          ...["web", "web-v1", "dark"].map(service),
          manifest("ServiceProfile", "web", apex),
          manifest("ServiceProfile", "web-v1", backend),
          manifest("RetryPolicy", "p", { targetRef, ...policy }),
          manifest("TrafficSplit", "s", {
            service: "web",
            backends: [{ service: "web-v1", weight: 1_000_000 }],
            matches: [{ headers: [{ name: "x-canary" }] }],
          }),
        ].map(read);
        const view = new ObjectView();
        for (const one of objects) view.replace(objectId(one.ref), one, nothingDirty());
        for (const name of ["shop/web", "shop/web-v1"]) {
          const [port] = compileService(view.inputs(name)).ports;
          if (port === undefined) throw new Error("no port");
          const found = readDestination(port.key, JSON.parse(encodeCanonical(port.base.body)));
          expect("problem" in found ? found.problem : "").toBe("");
        }
      }),
      { numRuns: 60 },
    );
  });
});
