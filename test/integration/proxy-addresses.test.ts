/**
 * What stands at an address, from objects to the proxy's table: the operator's index and publisher,
 * the protocol, and the table of the data path, under virtual time.
 */
import { describe, expect, it } from "vitest";
import type { Address } from "../../base/address.ts";
import { silentLog } from "../../base/log.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import type { IntentObject } from "../../mesh/intent.ts";
import { MeshIndex } from "../../operator/index/mesh-index.ts";
import { ResourceStore } from "../../operator/index/resource-store.ts";
import { profile, SampleSource, service, slice } from "../../operator/index/sample-objects.ts";
import { SliceEndpointSource } from "../../operator/sources/slices/slice-source.ts";
import { type AddressSlot, AddressTable } from "../../proxy/outbound/address-table.ts";
import { ControlWorld } from "../harness/control-world.ts";
import { range } from "../harness/fake-table.ts";

const ONE = "ws://one";
const WEB: Address = { host: "10.96.0.1", port: 80 };
const WEB6: Address = { host: "fd00:0::1", port: 80 };
const POD: Address = { host: "10.0.0.1", port: 8080 };
const ELSEWHERE: Address = { host: "192.0.2.7", port: 443 };

const placed = (ips: readonly string[]) => service("web", [80], {}, { clusterIps: ips });

function operator(world: ControlWorld, objects: readonly IntentObject[]) {
  const { timers } = world;
  const { clock } = timers;
  const source = new SampleSource(objects);
  const slices = new SliceEndpointSource({ objects: source, clock });
  void slices.start();
  const store = new ResourceStore({ clusterDomain: "cluster.local" });
  const observer = { compiled: () => {} };
  const parts = { objects: source, endpoints: [slices], store, clock, timers, observer };
  const index = new MeshIndex({ ...parts, log: silentLog });
  const replica = world.replica(ONE, {}, store);
  index.start();
  return { source, store, replica };
}

function begin(objects: readonly IntentObject[]) {
  const world = new ControlWorld(1);
  const made = operator(world, objects);
  const proxy = world.proxy([ONE]);
  const { timers } = world;
  const { clock } = timers;
  const wheel = new TimerWheel({ clock, timers });
  const { configuration } = proxy;
  const table = new AddressTable({ configuration, clock, wheel, hasOperator: true });
  const slot = (address: Address): AddressSlot => table.slot(address, clock.nowMs());
  const seen = (address: Address) => {
    const { state, binding } = slot(address);
    return binding === null
      ? state
      : `${state} ${binding.service} ${binding.protocol} ${binding.endpoint?.state ?? ""}`.trim();
  };
  return { ...made, world, proxy, table, slot, seen };
}

const web = [placed(["10.96.0.1", "fd00::1"]), slice("a", "web", ["10.0.0.1", "10.0.0.2"])];

describe("an address that is dialled", () => {
  it("turns out to be a service, an endpoint, or none of the mesh's", () => {
    const { world, seen } = begin(web);
    for (const address of [WEB, WEB6, POD, ELSEWHERE]) expect(seen(address)).toBe("pending");
    world.run(1_000);
    expect(seen(WEB)).toBe("service svc/shop/web:80 detect");
    expect(seen(WEB6)).toBe("service svc/shop/web:80 detect");
    expect(seen(POD)).toBe("endpoint svc/shop/web:80 detect ready");
    expect(seen(ELSEWHERE)).toBe("unknown");
  });

  it("is answered to whoever waits, within a moment", () => {
    const { world, table, slot } = begin(web);
    world.run(1_000);
    const told: string[] = [];
    const waiting = slot(POD);
    const waiter = { addressDecided: ({ state }: AddressSlot) => told.push(state) };
    expect(table.wait(waiting, waiter, world.timers.clock.nowMs())).toBe(true);
    world.run(100);
    expect(told).toEqual(["endpoint"]);
  });

  it("follows its service to another address, and what is spoken there", () => {
    const { world, source, seen } = begin(web);
    const next = { host: "10.96.0.2", port: 80 };
    for (const address of [WEB, next, POD]) seen(address);
    world.run(1_000);
    source.put(placed(["10.96.0.2"]));
    source.put(profile("web", { opaquePorts: [{ first: 80, last: 80 }] }));
    world.run(1_000);
    expect(seen(WEB)).toBe("unknown");
    expect(seen(next)).toBe("service svc/shop/web:80 opaque");
    expect(seen(POD)).toBe("endpoint svc/shop/web:80 opaque ready");
    source.remove(placed([]));
    world.run(1_000);
    expect([next, POD].map(seen)).toEqual(["unknown", "unknown"]);
  });

  it("follows an endpoint, also one that is not ready or goes", () => {
    const { world, source, seen, replica } = begin(web);
    for (const address of [WEB, POD, ELSEWHERE]) seen(address);
    world.run(1_000);
    const sent = () => replica.observer.count("sent address");
    const before = sent();
    const [first] = slice("a", "web", ["10.0.0.1"]).intent.endpoints;
    if (first === undefined) throw new Error("there is an endpoint");
    source.put(slice("a", "web", [], { endpoints: [{ ...first, state: "not-ready" }] }));
    world.run(1_000);
    expect(seen(POD)).toBe("endpoint svc/shop/web:80 detect not-ready");
    source.put(slice("a", "web", ["10.0.0.2"]));
    world.run(1_000);
    expect(seen(POD)).toBe("unknown");
    source.put(slice("a", "web", ["10.0.0.1", "10.0.0.2", "10.0.0.3"]));
    world.run(1_000);
    expect(seen(POD)).toBe("endpoint svc/shop/web:80 detect ready");
    // Nothing of the others, which nobody asked about or which did not change.
    expect(sent() - before).toBe(3);
  });

  it("is told once to each proxy, of 2,000 that change at once", () => {
    const addresses = range(2_000).map((index) => `10.1.${index >> 8}.${index & 255}`);
    const { world, source, seen, replica, store } = begin([placed([]), slice("a", "web", [])]);
    const asked = addresses.slice(0, 10).map((host) => ({ host, port: 8080 }));
    for (const address of asked) seen(address);
    world.run(1_000);
    expect(asked.map(seen)).toEqual(asked.map(() => "unknown"));
    const before = replica.observer.count("sent address");
    source.put(slice("a", "web", addresses));
    world.run(1_000);
    expect(new Set(asked.map(seen))).toEqual(new Set(["endpoint svc/shop/web:80 detect ready"]));
    expect(replica.observer.count("sent address") - before).toBe(asked.length);
    expect(store.addresses.publishedCount).toBe(asked.length);
  });
});

describe("an operator that is not there", () => {
  it("leaves what is known, and tells the rest when it is back", () => {
    const { world, seen, replica, source } = begin(web);
    for (const address of [WEB, ELSEWHERE]) seen(address);
    world.run(1_000);
    replica.stop();
    world.run(60_000);
    expect(seen(WEB)).toBe("service svc/shop/web:80 detect");
    expect(seen(ELSEWHERE)).toBe("unknown");
    expect(seen(POD)).toBe("pending");
    const objects = [...source.list()].flatMap(({ live }) => live ?? []);
    const next = operator(world, objects);
    world.run(30_000);
    expect(seen(POD)).toBe("endpoint svc/shop/web:80 detect ready");
    expect(seen(WEB)).toBe("service svc/shop/web:80 detect");
    // The others are as they were, and were not sent again.
    expect(next.replica.observer.count("sent address")).toBe(1);
  });
});
