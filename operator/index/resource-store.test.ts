import { beforeEach, describe, expect, it } from "vitest";
import type { AddressKey } from "../../mesh/address-key.ts";
import { formatServiceKey } from "../../mesh/service-key.ts";
import type { ResourceName } from "../../mesh/snapshot.ts";
import type { WorkloadPod } from "../../mesh/workload.ts";
import type { ProxyIdentity } from "../publish/peer.ts";
import type { SourcedEndpoints } from "../sources/endpoint-source.ts";
import { joinSlices } from "../sources/slices/join-slices.ts";
import { ResourceStore } from "./resource-store.ts";
import { service, slice } from "./sample-objects.ts";

const KEY = formatServiceKey({ scheme: "svc", namespace: "shop", name: "web", port: 80 });
const WORKLOAD: ResourceName = { type: "workload", key: "" };
const NOTHING = new Map<typeof KEY, never>();

const identity = (podUid: string): ProxyIdentity => ({
  ...{ namespace: "shop", name: "web-1", serviceAccount: "web", podUid },
});

let pods: Map<string, WorkloadPod>;
let store: ResourceStore;
let told: ResourceName[];

beforeEach(() => {
  pods = new Map();
  told = [];
  const describePod = ({ podUid }: ProxyIdentity) => pods.get(podUid);
  store = new ResourceStore({ clusterDomain: "cluster.local", describePod });
  store.subscribe((changed) => told.push(...changed));
});

function putPod(uid: string, zone: string): void {
  const owner = { ownerKind: "Deployment", ownerName: "web" };
  pods.set(uid, { name: "web-1", ...owner, serviceAccount: "web", node: "n1", zone });
}

describe("the workload", () => {
  it("tells a proxy of its own pod, and of no other", () => {
    putPod("u1", "west");
    const own = store.lookup(WORKLOAD, "shop", identity("u1"));
    expect(own?.body).toMatchObject({ namespace: "shop", pod: { node: "n1", zone: "west" } });
    expect(store.lookup(WORKLOAD, "shop", identity("u2"))?.body).not.toHaveProperty("pod");
    expect(store.lookup(WORKLOAD, "shop")?.body).not.toHaveProperty("pod");
    expect(store.lookup(WORKLOAD, "shop", identity("u1"))).toBe(own);
  });

  it("is told anew when something else is known of the pod, and not before", () => {
    store.workloadChanged("shop", "u1");
    const before = store.lookup(WORKLOAD, "shop", identity("u1"));
    store.workloadChanged("shop", "u1");
    expect(told).toEqual([]);
    putPod("u1", "west");
    store.workloadChanged("shop", "u1");
    expect(told).toEqual([WORKLOAD]);
    const after = store.lookup(WORKLOAD, "shop", identity("u1"));
    expect(after?.revision).not.toBe(before?.revision);
    store.workloadChanged("shop", "u1");
    expect(told).toEqual([WORKLOAD]);
  });
});

describe("endpoints with addresses of two families", () => {
  const sourced = (ids: readonly string[]): SourcedEndpoints | undefined => {
    const endpoints = ids.flatMap((uid, n) => [
      { address: `10.0.0.${n}`, uid },
      { address: `fd00::${n}`, uid },
    ]);
    const of = (isMine: (address: string) => boolean) =>
      endpoints
        .filter(({ address }) => isMine(address))
        .map(({ address, uid: targetUid }) => ({
          ...({ addresses: [address], state: "ready", hostname: "", node: "", zone: "" } as const),
          ...({ targetUid, protocol: "unknown" } as const),
        }));
    const slices = [
      slice("v4", "web", [], { endpoints: of((address) => address.includes(".")) }),
      slice("v6", "web", [], { endpoints: of((address) => address.includes(":")) }),
    ];
    return joinSlices(service("web"), slices, "files", true).get(KEY);
  };
  const put = (endpoints: SourcedEndpoints | undefined) =>
    store.apply({ destinations: NOTHING, endpoints: new Map([[KEY, endpoints ?? null]]) }, true);
  // Written as keys are.
  const found = (address: string) =>
    store.addresses.binding(address as AddressKey, "shop")?.endpoint?.id;

  it("are told once, and found at both", () => {
    put(sourced(["a", "b"]));
    const { body } = store.endpointSet(KEY) ?? {};
    expect(body?.endpoints.map(({ address }) => address)).toEqual(["10.0.0.0", "10.0.0.1"]);
    expect([found("10.0.0.1:8080"), found("[fd00::1]:8080")]).toEqual([
      "10.0.0.1:8080/b",
      "[fd00::1]:8080/b",
    ]);
  });

  it("are no longer found where they no longer stand, though the set is the same", () => {
    const both = sourced(["a"]);
    put(both);
    if (both === undefined) throw new Error("there is one");
    const { alsoAt: _alsoAt, ...first } = both;
    expect(put(first)).toEqual([{ type: "address", key: "[fd00::]:8080" }]);
    expect([found("10.0.0.0:8080"), found("[fd00::]:8080")]).toEqual([
      "10.0.0.0:8080/a",
      undefined,
    ]);
    put(both);
    put(undefined);
    expect([found("10.0.0.0:8080"), found("[fd00::]:8080")]).toEqual([undefined, undefined]);
  });
});
