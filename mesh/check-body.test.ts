import { describe, expect, it } from "vitest";
import { DEFAULT_BALANCER, DEFAULT_DISCOVERY } from "./backend-settings.ts";
import { BODY_LIMITS } from "./body-limits.ts";
import {
  readAddressBinding,
  readDestination,
  readEndpointDelta,
  readEndpointSet,
  readWorkload,
} from "./check-body.ts";
import { DEFAULT_TIMEOUTS } from "./destination.ts";
import { MATCH_EVERYTHING } from "./match.ts";
import { DEFAULT_RETRY, DEFAULT_RETRY_BUDGET } from "./retry.ts";
import { DEFAULT_BEHAVIOUR, DEFAULT_CONCURRENCY } from "./route-behaviour.ts";

const WEB = "svc/shop/web:80";
const OTHER = "svc/shop/web-2:80";

const settings = { balancer: DEFAULT_BALANCER, breaker: null, discovery: DEFAULT_DISCOVERY };

const action = {
  backends: [
    { service: WEB, weight: 90 },
    { service: OTHER, weight: 10 },
  ],
  splitObject: 0,
  timeouts: DEFAULT_TIMEOUTS,
  retry: DEFAULT_RETRY,
  behaviour: DEFAULT_BEHAVIOUR,
  responseClasses: [{ match: { kind: "status", min: 500, max: 599 }, isFailure: true }],
};

const last = { route: "", object: -1, match: MATCH_EVERYTHING, action };

const right = {
  service: WEB,
  rules: [
    {
      route: "books",
      object: 0,
      match: {
        kind: "all",
        of: [
          { kind: "method", method: "GET" },
          { kind: "not", of: { kind: "pathRegex", regex: "/books/[^/]*" } },
          { kind: "any", of: [{ kind: "header", name: "x-a", value: { kind: "present" } }] },
        ],
      },
      action,
    },
    last,
  ],
  objects: [{ group: "g", kind: "TrafficSplit", namespace: "shop", name: "web", generation: 3 }],
  endpointSets: [OTHER, WEB],
  budget: DEFAULT_RETRY_BUDGET,
  backends: [OTHER, WEB].map((service) => ({ ...settings, service })),
  concurrency: DEFAULT_CONCURRENCY,
};

/** The right destination with one thing changed in its first rule. */
function withRule(change: object): object {
  return { ...right, rules: [{ ...right.rules[0], ...change }, last] };
}

function withAction(change: object): object {
  return withRule({ action: { ...action, ...change } });
}

function withMatch(match: unknown): object {
  return withRule({ match });
}

function nested(depth: number): unknown {
  let match: unknown = MATCH_EVERYTHING;
  for (let level = 1; level < depth; level += 1) match = { kind: "not", of: match };
  return match;
}

describe("a destination", () => {
  it("is read as it is, with members that are not known", () => {
    expect(readDestination(WEB, right)).toEqual({ body: right });
    const later = { ...right, later: { deep: [1] } };
    expect(readDestination(WEB, later)).toEqual({ body: later });
    expect(readDestination(WEB, withMatch(nested(16)))).toHaveProperty("body");
  });

  it.each([
    ["of another key", { ...right, service: OTHER }, "service is not the key"],
    ["without rules", { ...right, rules: [] }, "there is no rule"],
    ["whose last rule lets something fall through", { ...right, rules: [right.rules[0]] }, "last"],
    ["whose sets are not in order", { ...right, endpointSets: [WEB, OTHER] }, "not in order"],
    ["that names a set twice", { ...right, endpointSets: [WEB, WEB] }, "not in order"],
    ["that names a set badly", { ...right, endpointSets: ["web"] }, "service key"],
    ["with a backend whose set is not named", { ...right, endpointSets: [WEB] }, OTHER],
    ["with an object that is not there", withRule({ object: 1 }), "no object 1"],
    ["with a split that is not there", withAction({ splitObject: 7 }), "no object 7"],
    [
      "with a policy that is not there",
      withAction({ retry: { ...DEFAULT_RETRY, object: 1 } }),
      "1",
    ],
    ["with an index below -1", withRule({ object: -2 }), "-1 or more"],
    ["with half a weight", withAction({ backends: [{ service: WEB, weight: 0.5 }] }), "whole"],
    ["with no weight", withAction({ backends: [{ service: WEB, weight: 0 }] }), "1 or more"],
    ["with too much weight", withAction({ backends: [{ service: WEB, weight: 1e7 }] }), "or less"],
    ["with a timeout below zero", withAction({ timeouts: { requestMs: -1 } }), "0 or more"],
    [
      "with too many retries",
      withAction({ retry: { ...DEFAULT_RETRY, maxRetries: 1e4 } }),
      "or less",
    ],
    ["with a match of no kind", withMatch({}), "unknown kind"],
    ["with a match of a strange kind", withMatch({ kind: { toString: 1 } }), "unknown kind"],
    ["with a match that is a list", withMatch([]), "not an object"],
    ["with a match too deep", withMatch(nested(17)), "deeper than 16"],
    ["with a method that is no token", withMatch({ kind: "method", method: "G T" }), "method"],
    ["with a path that is no text", withMatch({ kind: "path", path: 1 }), "path"],
    ["with a path beyond all bounds", withMatch({ kind: "path", path: "/".repeat(9000) }), "long"],
    ["with parts that are no list", withMatch({ kind: "all", of: {} }), "not a list"],
    [
      "with a header in capitals",
      withMatch({ kind: "header", name: "X-A", value: { kind: "present" } }),
      "name",
    ],
    ["with a header's value missing", withMatch({ kind: "header", name: "x-a" }), "header"],
    [
      "with a header's value of no kind",
      withMatch({ kind: "header", name: "x-a", value: { kind: "like", text: "" } }),
      "like",
    ],
    [
      "with a status range upside down",
      withAction({
        responseClasses: [{ match: { kind: "status", min: 500, max: 400 }, isFailure: true }],
      }),
      "upside down",
    ],
    [
      "with a response match of no kind",
      withAction({ responseClasses: [{ match: { kind: "code" }, isFailure: true }] }),
      "code",
    ],
    [
      "with too many parts in all",
      withMatch({ kind: "any", of: Array(BODY_LIMITS.matchNodesMax).fill(MATCH_EVERYTHING) }),
      "too many parts",
    ],
    ["that is null", null, "must be a map"],
    ["that is a list", [], "must be a map"],
  ])("%s is refused", (_what, body, problem) => {
    const read = readDestination(WEB, body);
    expect("problem" in read && read.problem).toContain(problem);
  });
});

const endpoint = {
  id: "10.0.0.1:80",
  address: "10.0.0.1",
  port: 80,
  state: "ready",
  weight: 1,
  zone: "",
  node: "",
  protocol: "http1",
  proxied: false,
  identity: "",
};

const set = { service: WEB, source: "files", synced: true, endpoints: [endpoint] };

function withEndpoint(change: object): object {
  return { ...set, endpoints: [{ ...endpoint, ...change }] };
}

describe("an endpoint set", () => {
  it.each(["10.0.0.1", "255.255.255.255", "::1", "fe80::1%eth0", "::ffff:10.0.0.1", "2001:db8::"])(
    "takes the address %s",
    (address) => {
      expect(readEndpointSet(WEB, withEndpoint({ address }))).toHaveProperty("body");
    },
  );

  it("takes the name of a host for an address", () => {
    const named = withEndpoint({ address: "db.example.com" });
    expect(readEndpointSet(WEB, named)).toHaveProperty("body");
  });

  it.each(["", "10.0.0", "10.0.0.256", "[::1]", "10.0.0.1:80", "::g", "1.2.3.4.5"])(
    "refuses the address %s",
    (address) => {
      expect(readEndpointSet(WEB, withEndpoint({ address }))).toHaveProperty("problem");
    },
  );

  it.each([
    ["of another key", { ...set, service: OTHER }, "service is not the key"],
    ["with an endpoint twice", { ...set, endpoints: [endpoint, endpoint] }, "out of order"],
    [
      "out of order",
      { ...set, endpoints: [endpoint, { ...endpoint, id: "10.0.0.0:80" }] },
      "out of order",
    ],
    ["with no port", withEndpoint({ port: 0 }), "1 or more"],
    ["with a strange state", withEndpoint({ state: "redy" }), "must be one of"],
    ["with a weight that is no number", withEndpoint({ weight: "1" }), "endpoints[0].weight"],
    ["with an endpoint that is none", { ...set, endpoints: [null] }, "endpoints[0]"],
  ])("%s is refused", (_what, body, problem) => {
    const read = readEndpointSet(WEB, body);
    expect("problem" in read && read.problem).toContain(problem);
  });
});

describe("a change of an endpoint set", () => {
  const delta = { service: WEB, source: "files", synced: true, upsert: [endpoint], remove: ["b"] };

  it("is read as it is", () => {
    expect(readEndpointDelta(WEB, delta)).toEqual({ body: delta });
  });

  it.each([
    ["of another key", { ...delta, service: OTHER }],
    ["with endpoints out of order", { ...delta, upsert: [endpoint, endpoint] }],
    ["with ids out of order", { ...delta, remove: ["b", "a"] }],
    ["with ids that are none", { ...delta, remove: [1] }],
  ])("%s is refused", (_what, body) => {
    expect(readEndpointDelta(WEB, body)).toHaveProperty("problem");
  });
});

describe("an address", () => {
  const stands = { kind: "service", service: WEB, protocol: "detect", endpoint: null };
  const one = {
    ...{ id: "10.0.0.1:80", address: "10.0.0.1", port: 80, state: "not-ready", weight: 1 },
    ...{ zone: "", node: "", protocol: "http1", proxied: false, identity: "" },
  };
  const chosen = { ...stands, kind: "endpoint", endpoint: one };

  it("has a service or an endpoint, and what is spoken there", () => {
    expect(readAddressBinding("10.96.0.1:80", stands)).toEqual({ body: stands });
    expect(readAddressBinding("10.0.0.1:80", chosen)).toEqual({ body: chosen });
    const six = { ...chosen, endpoint: { ...one, address: "FD00:0::1" } };
    expect(readAddressBinding("[fd00::1]:80", six)).toEqual({ body: six });
  });

  it.each([
    ["a kind that is none", { ...stands, kind: "pod" }, "kind"],
    ["a service that is none", { ...stands, service: "web" }, "service"],
    ["a protocol that is none", { ...stands, protocol: "thrift" }, "protocol"],
    ["no word on an endpoint", { ...stands, endpoint: undefined }, "endpoint"],
    ["an endpoint and a service", { ...stands, endpoint: one }, "contradicted"],
    ["an endpoint that is missing", { ...chosen, endpoint: null }, "contradicted"],
    ["an endpoint of elsewhere", { ...chosen, endpoint: { ...one, port: 81 } }, "stand at"],
    ["an endpoint by name", { ...chosen, endpoint: { ...one, address: "web" } }, "stand at"],
  ])("with %s is refused", (_what, body, problem) => {
    expect(readAddressBinding("10.0.0.1:80", body)).toEqual({
      problem: expect.stringContaining(problem),
    });
  });
});

describe("a workload", () => {
  it("is read, or refused", () => {
    const workload = { namespace: "shop", clusterDomain: "cluster.local", mesh: "" };
    expect(readWorkload(workload)).toEqual({ body: workload });
    expect(readWorkload({ ...workload, namespace: 1 })).toHaveProperty("problem");
  });
});
