import { describe, expect, it } from "vitest";
import { revisionOf } from "../../base/canonical-json.ts";
import { type AddressKey, addressKey } from "../../mesh/address-key.ts";
import { readAddressBinding } from "../../mesh/check-body.ts";
import type { Endpoint } from "../../mesh/endpoint-set.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import { endpoint, endpointSet, range, service } from "../../test/harness/fake-table.ts";
import { type AddressedPort, AddressIndex } from "./address-index.ts";

const WEB = service("web");
const API = service("api");

function at(host: string, port = 80): AddressKey {
  const key = addressKey(host, port);
  if (key === undefined) throw new Error(`${host} is no address`);
  return key;
}

const POD = at("10.0.0.1", 8080);

function port(fields: Partial<AddressedPort> = {}): AddressedPort {
  return { addresses: [], protocol: "detect", byClientNamespace: new Map(), ...fields };
}

const setOf = (key: ServiceKey, endpoints: readonly Endpoint[]) => ({
  service: key,
  source: "files",
  synced: true,
  endpoints,
});

describe("the index of addresses", () => {
  it("knows a service by its own addresses, in both families", () => {
    const index = new AddressIndex();
    const addresses = [at("10.96.0.1"), at("fd00::1")];
    expect(index.putPort(WEB, port({ addresses, protocol: "http1" }))).toEqual(addresses);
    for (const address of addresses) {
      const found = index.lookup(address, "shop");
      expect(found?.body).toEqual({
        kind: "service",
        service: WEB,
        protocol: "http1",
        endpoint: null,
      });
      expect(found?.requires).toEqual(["addresses"]);
      expect(found?.revision).toBe(revisionOf(found?.encoded ?? ""));
      expect(readAddressBinding(address, found?.body)).toEqual({ body: found?.body });
    }
    expect(index.lookup(at("10.96.0.2"), "shop")).toBeUndefined();
    expect(index.lookup(at("10.96.0.1", 81), "shop")).toBeUndefined();
  });

  it("follows a service to another address, and forgets one that is gone", () => {
    const index = new AddressIndex();
    index.putPort(WEB, port({ addresses: [at("10.96.0.1")] }));
    const moved = index.putPort(WEB, port({ addresses: [at("10.96.0.2")] }));
    expect(moved).toEqual([at("10.96.0.1"), at("10.96.0.2")]);
    expect(index.lookup(at("10.96.0.1"), "")).toBeUndefined();
    expect(index.lookup(at("10.96.0.2"), "")?.body.service).toBe(WEB);
    expect(index.putPort(WEB, port({ addresses: [at("10.96.0.2")] }))).toEqual([]);
    expect(index.putPort(WEB, null)).toEqual([at("10.96.0.2")]);
    expect(index.count).toBe(0);
  });

  it("knows endpoints in every state", () => {
    const index = new AddressIndex();
    const states = ["ready", "serving", "terminating", "not-ready"] as const;
    const endpoints = states.map((state, place) => endpoint(place + 1, { state }));
    index.putSet(WEB, setOf(WEB, endpoints));
    const found = endpoints.map(({ address }) => index.lookup(at(address, 8080), "")?.body);
    expect(found.map((body) => body?.endpoint)).toEqual(endpoints);
    expect(new Set(found.map((body) => body?.kind))).toEqual(new Set(["endpoint"]));
    const first = found[0];
    expect(readAddressBinding(POD, first)).toEqual({ body: first });
  });

  it("gives an endpoint of several services to the first by key, whoever came first", () => {
    const sets = [
      [WEB, setOf(WEB, [endpoint(1)])],
      [API, setOf(API, [endpoint(1)])],
    ] as const;
    for (const order of [sets, [...sets].reverse()]) {
      const index = new AddressIndex();
      for (const [key, set] of order) index.putSet(key, set);
      expect(index.lookup(POD, "")?.body.service).toBe(API);
      expect(index.putSet(API, null)).toEqual([POD]);
      expect(index.lookup(POD, "")?.body.service).toBe(WEB);
      expect(index.putSet(WEB, null)).toEqual([POD]);
      expect(index.lookup(POD, "")).toBeUndefined();
    }
  });

  it("tells of the second service only when it comes to be the first", () => {
    const index = new AddressIndex();
    index.putSet(API, setOf(API, [endpoint(1)]));
    expect(index.putSet(WEB, setOf(WEB, [endpoint(1)]))).toEqual([]);
    expect(index.putSet(WEB, null)).toEqual([]);
    expect(index.lookup(POD, "")?.body.service).toBe(API);
  });

  it("puts a service before an endpoint at one address", () => {
    const index = new AddressIndex();
    index.putSet(API, setOf(API, [endpoint(1)]));
    index.putPort(WEB, port({ addresses: [POD] }));
    expect(index.lookup(POD, "")?.body).toMatchObject({ kind: "service", service: WEB });
    expect(index.putPort(WEB, null)).toEqual([POD]);
    expect(index.lookup(POD, "")?.body).toMatchObject({ kind: "endpoint", service: API });
  });

  it("lets a new target have the address of one that goes", () => {
    const index = new AddressIndex();
    const old = endpoint(1, { id: "10.0.0.1:8080/a", state: "terminating" });
    const next = endpoint(1, { id: "10.0.0.1:8080/b" });
    index.putSet(WEB, setOf(WEB, [old]));
    index.putSet(WEB, setOf(WEB, [old, next]));
    expect(index.lookup(POD, "")?.body.endpoint).toEqual(next);
    expect(index.putSet(WEB, setOf(WEB, [next]))).toEqual([]);
    expect(index.lookup(POD, "")?.body.endpoint).toEqual(next);
  });

  it("tells each namespace what is spoken there", () => {
    const index = new AddressIndex();
    const byClientNamespace = new Map([["team", "opaque"]] as const);
    index.putPort(WEB, port({ addresses: [at("10.96.0.1")], byClientNamespace }));
    const said = (namespace: string) => index.lookup(at("10.96.0.1"), namespace);
    expect(said("shop")?.body.protocol).toBe("detect");
    expect(said("team")?.body.protocol).toBe("opaque");
    expect(said("team")).toBe(said("team"));
    expect(said("team")?.revision).not.toBe(said("shop")?.revision);
  });

  it("lets the endpoint say what is spoken, unless the port is opaque", () => {
    const index = new AddressIndex();
    const addresses = [at("10.96.0.1")];
    index.putSet(WEB, setOf(WEB, [endpoint(1, { protocol: "http2" }), endpoint(2)]));
    index.putPort(WEB, port({ addresses }));
    expect(index.lookup(POD, "")?.body.protocol).toBe("http2");
    const changed = index.putPort(WEB, port({ addresses, protocol: "opaque" }));
    expect([...changed].sort()).toEqual([POD, at("10.0.0.2", 8080), at("10.96.0.1")]);
    expect(index.lookup(POD, "")?.body.protocol).toBe("opaque");
  });

  it("leaves out what is no address", () => {
    const index = new AddressIndex();
    expect(index.putSet(WEB, setOf(WEB, [endpoint(1, { address: "fe80::1%eth0" })]))).toEqual([]);
    expect(index.count).toBe(0);
  });
});

describe("the cost of a change among 10,000 endpoints", () => {
  const COUNT = 10_000;

  function large() {
    const index = new AddressIndex();
    const before = endpointSet("web", range(COUNT));
    expect(index.putSet(WEB, before)).toHaveLength(COUNT);
    return { index, before };
  }

  it("is that of what changed", () => {
    const { index, before } = large();
    const [first, ...others] = before.endpoints;
    if (first === undefined) throw new Error("there is an endpoint");
    const gone = setOf(WEB, others);
    expect(index.putSet(WEB, gone)).toEqual([at(first.address, first.port)]);
    expect(index.putSet(WEB, before)).toEqual([at(first.address, first.port)]);
    const notReady = setOf(WEB, [{ ...first, state: "not-ready" as const }, ...others]);
    expect(index.putSet(WEB, notReady)).toEqual([at(first.address, first.port)]);
    expect(index.putSet(WEB, setOf(WEB, [...notReady.endpoints]))).toEqual([]);
    expect(index.count).toBe(COUNT);
  });

  it("encodes only what was asked for, and keeps what did not change", () => {
    const { index, before } = large();
    expect(index.publishedCount).toBe(0);
    const keys = [3, 4, 5].map((place) => at(endpoint(place).address, 8080));
    const published = keys.map((key) => index.lookup(key, "shop"));
    expect(index.publishedCount).toBe(3);
    index.putSet(
      WEB,
      setOf(
        WEB,
        before.endpoints.filter((_, place) => place !== 3),
      ),
    );
    expect(index.publishedCount).toBe(2);
    expect(keys.map((key) => index.lookup(key, "shop"))).toEqual([
      undefined,
      published[1],
      published[2],
    ]);
    expect(index.lookup(keys[1] ?? "", "other")).toBe(published[1]);
  });
});
