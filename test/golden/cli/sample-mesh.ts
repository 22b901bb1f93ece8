/** Answers of an operator and a proxy with a little of everything that can be said. */
import {
  DEFAULT_BALANCER,
  DEFAULT_BREAKER,
  DEFAULT_DISCOVERY,
} from "../../../mesh/backend-settings.ts";
import type { ExplainedBreaker, Explanation } from "../../../mesh/explain.ts";
import type {
  ObjectEntry,
  ObjectsAnswer,
  ProxiesAnswer,
  ServicesAnswer,
  StatsAnswer,
} from "../../../mesh/operator-api.ts";
import { DEFAULT_RETRY } from "../../../mesh/retry.ts";
import { DEFAULT_BEHAVIOUR } from "../../../mesh/route-behaviour.ts";
import { formatServiceKey } from "../../../mesh/service-key.ts";
import type { Condition } from "../../../mesh/status.ts";

const key = (name: string, port = 80) =>
  formatServiceKey({ scheme: "svc", namespace: "shop", name, port });

function condition(
  type: Condition["type"],
  status: Condition["status"],
  reason: Condition["reason"],
  message = "",
): Condition {
  return {
    type,
    status,
    reason,
    message,
    observedGeneration: 3,
    lastTransitionTime: "2026-03-01T11:58:00Z",
  };
}

const LIVE: readonly Condition[] = [
  condition("Accepted", "True", "Accepted"),
  condition("ResolvedRefs", "True", "ResolvedRefs"),
  condition("Conflicted", "False", "NoConflict"),
  condition("Programmed", "True", "Programmed"),
];

function split(name: string, change: Partial<ObjectEntry> = {}): ObjectEntry {
  return {
    ref: { group: "heddle.mesh", kind: "TrafficSplit", namespace: "shop", name, generation: 3 },
    apiVersion: "heddle.mesh/v1alpha1",
    location: "mesh/splits.yaml:12",
    service: "shop/web",
    createdAt: "2026-03-01T11:55:00Z",
    conditions: LIVE,
    proxies: "12/12",
    summary: "web-v1 90%, web-v2 10%",
    problems: [],
    ...change,
  };
}

export const SPLITS: ObjectsAnswer = {
  objects: [
    split("web"),
    split("web-canary", {
      ref: {
        group: "split.smi-spec.io",
        kind: "TrafficSplit",
        namespace: "shop",
        name: "web-canary",
        generation: 1,
      },
      apiVersion: "split.smi-spec.io/v1alpha2",
      location: "mesh/old.yaml:1",
      createdAt: "2026-02-27T12:00:00Z",
      conditions: [
        condition("Accepted", "True", "Accepted"),
        condition("ResolvedRefs", "True", "ResolvedRefs"),
        condition("Conflicted", "True", "Conflicted", "TrafficSplit shop/web comes first"),
        condition("Programmed", "False", "Pending"),
      ],
      proxies: "0/12",
      summary: "web-v1 50%, web-v2 50%",
    }),
    split("cart", {
      conditions: [
        condition("Accepted", "False", "Invalid", "generation 2 is still live"),
        condition("Programmed", "True", "Programmed"),
      ],
      service: "shop/cart",
      proxies: "4/5",
      summary: "cart-v1 100%",
      problems: [
        {
          severity: "error",
          code: "out-of-range",
          file: "mesh/cart.yaml",
          line: 9,
          column: 15,
          object: "TrafficSplit shop/cart",
          field: "spec.backends[0].weight",
          message: "must be 0 or more, not -1",
          hint: "",
        },
      ],
    }),
  ],
};

export const PROFILES: ObjectsAnswer = {
  objects: [
    {
      ref: {
        group: "heddle.mesh",
        kind: "ServiceProfile",
        namespace: "shop",
        name: "web",
        generation: 7,
      },
      apiVersion: "heddle.mesh/v1alpha1",
      location: "mesh/web.yaml:1",
      service: "shop/web",
      createdAt: "2026-03-01T11:59:59Z",
      conditions: LIVE,
      proxies: "0/0",
      summary: "list, book",
      problems: [],
    },
  ],
};

export const SERVICES: ServicesAnswer = {
  services: [
    {
      namespace: "shop",
      name: "web",
      createdAt: "2026-03-01T10:00:00Z",
      ports: [
        {
          key: key("web"),
          port: 80,
          name: "http",
          endpointsReady: 3,
          endpointsTotal: 3,
          routes: ["list", "book"],
          backends: [
            { service: key("web-v1"), weight: 2 },
            { service: key("web-v2"), weight: 1 },
          ],
          revision: "0123456789abcdef0123456789abcdef",
        },
        {
          key: key("web", 9090),
          port: 9090,
          name: "metrics",
          endpointsReady: 1,
          endpointsTotal: 2,
          routes: [],
          backends: [{ service: key("web", 9090), weight: 1 }],
          revision: "fedcba98765432100123456789abcdef",
        },
      ],
    },
    { namespace: "shop", name: "outside", createdAt: "", ports: [] },
  ],
};

export const PROXIES: ProxiesAnswer = {
  proxies: [
    {
      id: "17",
      name: "web-7d9f",
      version: "0.1.0",
      namespace: "shop",
      remote: "127.0.0.1:53124",
      connectedAt: "2026-03-01T11:00:00Z",
      resources: 9,
      current: 8,
      refused: [{ type: "destination", key: key("cart"), reason: "needs a newer proxy" }],
    },
  ],
};

export const STATS: StatsAnswer = {
  windowMs: 60_000,
  rows: [
    stat("web", "", 1_200, 1_200, 12),
    stat("web", "list", 6_000, 5_970, 3.2),
    stat("web", "book", 600, 480, 140),
    stat("cart", "", 0, 0, null),
    { ...stat("web", "book", 30, 30, 5), direction: "inbound" },
  ],
};

function stat(
  name: string,
  route: string,
  requests: number,
  successes: number,
  p50Ms: number | null,
): StatsAnswer["rows"][number] {
  return {
    direction: "outbound",
    service: key(name),
    route,
    backend: "",
    requests,
    successes,
    retries: requests - successes,
    rps: requests / 60,
    p50Ms,
    p95Ms: p50Ms === null ? null : p50Ms * 2,
    p99Ms: p50Ms === null ? null : p50Ms * 100,
  };
}

const profile = PROFILES.objects[0]?.ref ?? null;
const splitRef = SPLITS.objects[0]?.ref ?? null;

const EVICTED: ExplainedBreaker = {
  state: "open",
  reason: "consecutive-failures",
  isPenalised: false,
  forMs: 400,
  probeInMs: 600,
  consecutiveFailures: 0,
};

export const EXPLANATION: Explanation = {
  request: { method: "POST", authority: "web.shop", path: "/books/7" },
  address: null,
  namesTried: [key("web")],
  service: key("web"),
  destination: {
    revision: "0123456789abcdef0123456789abcdef",
    ageMs: 125_000,
    objects: [profile, splitRef].filter((one) => one !== null),
  },
  rules: [
    { index: 0, route: "list", matched: false, failed: "method is GET", object: profile },
    { index: 1, route: "book", matched: true, failed: "", object: profile },
  ],
  split: {
    object: splitRef,
    backends: [
      {
        service: key("web-v1"),
        weight: 90,
        share: 0.9,
        available: true,
        standing: "live",
        endpoints: [
          endpoint("10.0.0.1", { state: "ready", eligible: true, pending: 2, load: 9.6 }),
          {
            ...endpoint("10.0.0.2", { state: "ready", eligible: false, pending: 0, load: 3.2 }),
            breaker: EVICTED,
          },
          endpoint("10.0.0.3", { state: "terminating", eligible: false, pending: 1, load: 6.4 }),
        ],
      },
      {
        service: key("web-v2"),
        weight: 10,
        share: 0.1,
        available: false,
        standing: "emptied",
        endpoints: [],
      },
    ],
  },
  policy: {
    timeouts: { requestMs: 2_500, responseMs: 0, idleMs: 0 },
    retry: {
      ...{ ...DEFAULT_RETRY, object: profile },
      maxRetries: 3,
      statuses: [{ min: 502, max: 504 }],
      onReset: true,
      idempotencyKeyHeader: "idempotency-key",
      perTryTimeoutMs: 500,
      hedge: { afterMs: 0, percentile: 95, max: 1 },
      mayRepeat: true,
    },
    budget: { ratio: 0.2, minRetriesPerSecond: 10, ttlMs: 10_000 },
    balancer: DEFAULT_BALANCER,
    behaviour: {
      ...DEFAULT_BEHAVIOUR,
      mirror: {
        ...{ service: key("dark"), share: 0.01, match: null },
        ...{ bodyBytesMax: 65_536, compare: true },
      },
      delay: { share: 0.1, minMs: 10, maxMs: 250 },
      abort: { share: 0.005, status: 503 },
      requestHeaders: { set: [{ name: "x-by", value: "mesh" }], add: [], remove: ["x-debug"] },
      rewrite: { path: "", pathPrefix: "/v2/", matchedPrefix: "/books/", host: "" },
      rateLimit: { requestsPerSecond: 100, burst: 20, header: "x-user" },
      importance: "critical",
    },
    concurrency: {
      ...{ limit: 200, queueLength: 100, queueTimeoutMs: 1000 },
      ...{ adaptive: true, importanceHeader: "x-importance" },
    },
    backends: [
      {
        service: key("web-v1"),
        balancer: DEFAULT_BALANCER,
        breaker: { ...DEFAULT_BREAKER, successRateMin: 0.8 },
        discovery: DEFAULT_DISCOVERY,
      },
      {
        service: key("web-v2"),
        balancer: {
          ...{ ...DEFAULT_BALANCER, policy: "consistent-hash", slowStartMs: 30_000 },
          hash: { kind: "cookie", name: "session" },
        },
        breaker: null,
        discovery: { trust: "strict", graceMs: 0 },
      },
    ],
  },
};

function endpoint(
  address: string,
  rest: { state: "ready" | "terminating"; eligible: boolean; pending: number; load: number },
) {
  const place = { id: `${address}:8080`, address, port: 8080, weight: 1, zone: "a" };
  return { ...place, rttMs: 3.2, kept: "", breaker: null, ...rest };
}

export const UNKNOWN_SERVICE: Explanation = {
  request: { method: "GET", authority: "wbe", path: "/" },
  address: null,
  namesTried: [key("wbe")],
  service: null,
  destination: null,
  rules: [],
  split: null,
  policy: null,
};
