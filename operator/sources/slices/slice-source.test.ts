import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../../base/clock.ts";
import type { EndpointSliceIntent, IntentObject, SliceEndpoint } from "../../../mesh/intent.ts";
import { formatServiceKey, type ServiceKey } from "../../../mesh/service-key.ts";
import { service, slice } from "../../index/sample-objects.ts";
import { type ObjectId, objectId, type SourceObject } from "../object-source.ts";
import type { EndpointFacts, Standing } from "./endpoint-facts.ts";
import { SliceEndpointSource } from "./slice-source.ts";

const key = (name: string, port = 80) =>
  formatServiceKey({ scheme: "svc", namespace: "shop", name, port });

/** Of objects, and of what stands behind endpoints. */
class FakeCluster implements EndpointFacts {
  readonly objects = new Map<ObjectId, SourceObject>();
  readonly standings = new Map<string, Standing>();
  readonly zones = new Map<string, string>();
  uid = "";
  tellObjects: (changed: readonly ObjectId[]) => void = () => {};
  tellFacts: Parameters<EndpointFacts["subscribe"]>[0] = () => {};

  standingOf(uid: string): Standing {
    return this.standings.get(uid) ?? { proxied: false, identity: "" };
  }

  zoneOf(node: string): string {
    return this.zones.get(node) ?? "";
  }

  serviceUid(): string {
    return this.uid;
  }

  subscribe(listener: Parameters<EndpointFacts["subscribe"]>[0]): () => void {
    this.tellFacts = listener;
    return () => {};
  }

  put(live: IntentObject): void {
    const id = objectId(live.ref);
    const { ref, apiVersion, location } = live;
    const said = { problems: [], createdAtWallMs: 0, spec: null };
    this.objects.set(id, { id, ref, apiVersion, location, live, ...said });
    this.tellObjects([id]);
  }

  remove({ ref }: IntentObject): void {
    this.objects.delete(objectId(ref));
    this.tellObjects([objectId(ref)]);
  }
}

let cluster: FakeCluster;
let source: SliceEndpointSource;
let told: ServiceKey[];

beforeEach(async () => {
  cluster = new FakeCluster();
  told = [];
  source = new SliceEndpointSource({
    objects: {
      ...{ name: "kubernetes", synced: true, problems: () => [] },
      list: () => cluster.objects.values(),
      get: (id) => cluster.objects.get(id),
      subscribe: (listener) => {
        cluster.tellObjects = listener;
        return () => {};
      },
      start: () => Promise.resolve(),
      stop: () => Promise.resolve(),
    },
    clock: new ManualClock(),
    facts: cluster,
  });
  source.subscribe((changed) => told.push(...changed));
  await source.start();
});

const at = (address: string, fields: Partial<SliceEndpoint> = {}): SliceEndpoint => ({
  ...{ addresses: [address], state: "ready", hostname: "", node: "", zone: "" },
  ...{ targetUid: "", protocol: "unknown" },
  ...fields,
});

const sliceOf = (
  name: string,
  endpoints: readonly SliceEndpoint[],
  fields: Partial<EndpointSliceIntent> = {},
) => slice(name, "web", [], { endpoints, ...fields });

const endpoints = (name = "web", port = 80) => source.get(key(name, port))?.set.endpoints ?? [];
const addresses = (name = "web", port = 80) => endpoints(name, port).map(({ address }) => address);

describe("slices of one service", () => {
  it("are taken together, and looked at again only where they change", () => {
    cluster.put(service("web"));
    cluster.put(sliceOf("a", [at("10.0.0.2"), at("10.0.0.4")]));
    cluster.put(sliceOf("b", [at("10.0.0.3"), at("10.0.0.1")]));
    const before = endpoints();
    expect(addresses()).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]);
    cluster.put(sliceOf("b", [at("10.0.0.1")]));
    expect(addresses()).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.4"]);
    expect(endpoints()[1]).toBe(before[1]);
    cluster.remove(sliceOf("b", []));
    expect(addresses()).toEqual(["10.0.0.2", "10.0.0.4"]);
  });

  it("may have other ports for other pods, as a named target port has", () => {
    const ports = (port: number) => [{ name: "", port, appProtocol: "" }];
    cluster.put(service("web"));
    cluster.put(sliceOf("a", [at("10.0.0.1")], { ports: ports(8080) }));
    cluster.put(sliceOf("b", [at("10.0.0.2")], { ports: ports(9090) }));
    expect(endpoints().map(({ id }) => id)).toEqual(["10.0.0.1:8080", "10.0.0.2:9090"]);
  });

  it("serve nobody without the service, and none but their own when they move", () => {
    cluster.put(sliceOf("a", [at("10.0.0.1")]));
    expect(source.get(key("web"))).toBe(undefined);
    cluster.put(service("web"));
    cluster.put(service("api"));
    expect(addresses()).toEqual(["10.0.0.1"]);
    cluster.put({ ...sliceOf("a", []), ...slice("a", "api", ["10.0.0.9"]) });
    expect([addresses("web"), addresses("api")]).toEqual([[], ["10.0.0.9"]]);
    cluster.remove(service("web"));
    expect(source.get(key("web"))).toBe(undefined);
  });

  it("that were made for an earlier service of the name are left aside", () => {
    cluster.put(service("web"));
    cluster.put(sliceOf("old", [at("10.0.0.1")], { serviceUid: "u1" }));
    cluster.put(sliceOf("by-hand", [at("10.0.0.3")]));
    expect(addresses()).toEqual(["10.0.0.1", "10.0.0.3"]);
    cluster.uid = "u2";
    cluster.put(service("web"));
    expect(addresses()).toEqual(["10.0.0.3"]);
    cluster.put(sliceOf("new", [at("10.0.0.2")], { serviceUid: "u2" }));
    expect(addresses()).toEqual(["10.0.0.2", "10.0.0.3"]);
  });
});

describe("who stands behind an endpoint", () => {
  const IDENTITY = "spiffe://cluster.local/ns/shop/sa/web";

  it("is what its pod says, and not its slice", () => {
    cluster.standings.set("u1", { proxied: true, identity: IDENTITY });
    cluster.put(service("web"));
    const own = [at("10.0.0.1", { targetUid: "u1" }), at("10.0.0.2", { targetUid: "u2" })];
    cluster.put(sliceOf("a", [...own, at("10.0.0.3")], { proxied: true }));
    expect(endpoints().map(({ proxied, identity }) => [proxied, identity])).toEqual([
      [true, IDENTITY],
      [false, ""],
      [false, ""],
    ]);
  });

  it("is looked at again when the pod says something else, and only there", () => {
    cluster.put(service("web"));
    cluster.put(service("api"));
    cluster.put(sliceOf("a", [at("10.0.0.1", { targetUid: "u1" })]));
    cluster.put(slice("b", "api", ["10.0.0.2"]));
    told = [];
    cluster.standings.set("u1", { proxied: true, identity: IDENTITY });
    cluster.tellFacts({ targetUids: ["u1", "stranger"], nodes: [] });
    expect(told).toEqual([key("web")]);
    expect(endpoints()[0]).toMatchObject({ proxied: true, identity: IDENTITY });
    cluster.put(sliceOf("a", []));
    told = [];
    cluster.tellFacts({ targetUids: ["u1"], nodes: [] });
    expect(told).toEqual([]);
  });

  it("stands in the zone of its node where the slice does not say", () => {
    cluster.zones.set("n1", "west");
    cluster.put(service("web"));
    const own = [at("10.0.0.1", { node: "n1" }), at("10.0.0.2", { node: "n1", zone: "east" })];
    cluster.put(sliceOf("a", own));
    expect(endpoints().map(({ zone }) => zone)).toEqual(["west", "east"]);
    cluster.zones.set("n1", "north");
    cluster.tellFacts({ targetUids: [], nodes: ["n1"] });
    expect(endpoints().map(({ zone }) => zone)).toEqual(["north", "east"]);
  });
});
