import { expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { ManualTimers } from "../../base/timers.ts";
import type { IntentObject } from "../../mesh/intent.ts";
import { MeshIndex } from "../index/mesh-index.ts";
import { ResourceStore } from "../index/resource-store.ts";
import { backend, SampleSource, service, slice, split } from "../index/sample-objects.ts";
import { SliceEndpointSource } from "../sources/slices/slice-source.ts";
import { describeServices } from "./describe-services.ts";

/** `name ready/total` of each service. */
function ready(...objects: readonly IntentObject[]): readonly string[] {
  const timers = new ManualTimers();
  const { clock } = timers;
  const source = new SampleSource(objects);
  const slices = new SliceEndpointSource({ objects: source, clock });
  void slices.start();
  const store = new ResourceStore({ clusterDomain: "cluster.local" });
  const observer = { compiled: () => {} };
  const parts = { objects: source, endpoints: [slices], store, clock, timers, observer };
  new MeshIndex({ ...parts, log: silentLog }).start();
  return describeServices(source, store, "shop").map(
    ({ name, ports: [port] }) => `${name} ${port?.endpointsReady}/${port?.endpointsTotal}`,
  );
}

const one = slice("v1-a", "v1", ["10.0.0.1", "10.0.0.2"]);
const two = slice("v2-a", "v2", ["10.0.0.3"]);
const versions = [service("v1"), service("v2"), one, two];

it("a service has the endpoints that serve it, its own", () => {
  expect(ready(...versions, service("web"))).toEqual(["v1 2/2", "v2 1/1", "web 0/0"]);
});

it("or those of its backends, where its traffic is split", () => {
  const own = slice("web-a", "web", ["10.0.0.1"]);
  const halves = split("web", "web", [backend("v1", 1), backend("v2", 1)]);
  expect(ready(...versions, service("web"), own, halves)).toContain("web 3/3");
});
