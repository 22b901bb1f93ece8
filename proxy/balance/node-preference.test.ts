import { describe, expect, test } from "vitest";
import { createSeededRandom } from "../../base/random.ts";
import {
  type Balancer,
  DEFAULT_BALANCER,
  DEFAULT_BREAKER,
  type NodePreference,
} from "../../mesh/backend-settings.ts";
import type { Endpoint } from "../../mesh/endpoint-set.ts";
import { EndpointBalancer } from "./endpoint-balancer.ts";
import { sampleEndpoint, sampleFailed } from "./sample-endpoint.ts";

const AT: Readonly<Record<string, Partial<Endpoint>>> = {
  own: { node: "n1", zone: "west" },
  near: { node: "n2", zone: "west" },
  far: { node: "n3", zone: "east" },
};

/** A proxy on node `n1` in zone `west`; endpoints are named `own`, `near` and `far`. */
function scene(nodes: NodePreference, ids: readonly string[], zone: Balancer["zone"] = "prefer") {
  const place = { ownZone: "west", ownNode: "n1" };
  const balancer = new EndpointBalancer({ ...DEFAULT_BALANCER, zone }, createSeededRandom(1), {
    get ownZone() {
      return place.ownZone;
    },
    get ownNode() {
      return place.ownNode;
    },
    breaker: DEFAULT_BREAKER,
    events: null,
  });
  balancer.nodes = nodes;
  const endpoints = ids.map((id) => sampleEndpoint(id, AT[id]));
  balancer.update(endpoints, 0);
  const picked = (): string => {
    const found = new Set<string>();
    for (let pick = 0; pick < 200; pick++) {
      found.add(balancer.picker.pick(0, null)?.endpoint.id ?? "none");
    }
    return [...found].sort().join(" ");
  };
  return { balancer, endpoints, place, picked };
}

describe("a service whose endpoints serve their own node alone", () => {
  test("has no others, though there are none", () => {
    expect(scene("only", ["own", "near", "far"]).picked()).toBe("own");
    expect(scene("only", ["near", "far"]).picked()).toBe("none");
  });

  test("has all of them for a proxy that does not know where it is", () => {
    const { balancer, endpoints, place, picked } = scene("only", ["near", "far"], "any");
    place.ownNode = "";
    balancer.update(endpoints, 0);
    expect(picked()).toBe("far near");
    place.ownNode = "n3";
    balancer.update(endpoints, 0);
    expect(picked()).toBe("far");
  });

  test("has one that still serves while it goes, and none is ready on the node", () => {
    const { balancer, endpoints, picked } = scene("only", ["own", "near"]);
    const going = endpoints.map((one) => (one.id === "own" ? serving(one) : one));
    balancer.update(going, 0);
    expect(picked()).toBe("own");
  });
});

describe("a service that prefers the caller's node", () => {
  test("is used there, and else in the zone, and else anywhere", () => {
    expect(scene("prefer", ["own", "near", "far"]).picked()).toBe("own");
    expect(scene("prefer", ["near", "far"]).picked()).toBe("near");
    expect(scene("prefer", ["far"]).picked()).toBe("far");
  });

  test("is tried elsewhere after a failure there", () => {
    const { balancer } = scene("prefer", ["own", "near"]);
    const failed = balancer.picker.pick(0, null);
    if (failed === null) throw new Error("there is one");
    expect(balancer.picker.pick(0, sampleFailed(failed))?.endpoint.id).toBe("near");
  });

  test("is used elsewhere while those there are out", () => {
    const { balancer, picked } = scene("prefer", ["own", "near"]);
    const own = balancer.find("own");
    if (own === undefined) throw new Error("it is there");
    own.evicted = true;
    balancer.evict(own);
    expect(picked()).toBe("near");
    own.evicted = false;
    balancer.readmit(own);
    expect(picked()).toBe("own");
  });
});

test("nodes count for nothing unless the service says so", () => {
  expect(scene("any", ["own", "near", "far"], "any").picked()).toBe("far near own");
});

function serving(endpoint: Endpoint): Endpoint {
  return { ...endpoint, state: "serving" };
}
