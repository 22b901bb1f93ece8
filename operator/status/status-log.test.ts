import { expect, it } from "vitest";
import { createLog } from "../../base/log.ts";
import { ManualTimers } from "../../base/timers.ts";
import type { Problem } from "../../mesh/problem.ts";
import type { ResourceName } from "../../mesh/snapshot.ts";
import { COALESCE_MS, MeshIndex } from "../index/mesh-index.ts";
import { ResourceStore } from "../index/resource-store.ts";
import { backend, SampleSource, service, slice, sourced, split } from "../index/sample-objects.ts";
import { ProgrammedTable } from "./programmed-table.ts";
import { StatusBook } from "./status-book.ts";
import { LOG_LINES_MAX, StatusLog } from "./status-log.ts";

function createParts(source: SampleSource) {
  const timers = new ManualTimers();
  const { clock } = timers;
  let lines: string[] = [];
  const write = (line: string): void => {
    lines.push(line.trim().split(" ").slice(1).join(" "));
  };
  const log = createLog({ level: "debug", format: "text", wallMs: () => 0, write });
  const store = new ResourceStore({ clusterDomain: "cluster.local" });
  const parts = { objects: source, store, clock, timers };
  const observer = { compiled: () => {} };
  const index = new MeshIndex({ ...parts, endpoints: [], log, observer });
  const programmed = new ProgrammedTable({ table: store, wallMs: () => 0 });
  const status = new StatusBook({ ...parts, index, programmed });
  const statusLog = new StatusLog({ objects: source, status, log });
  index.start();
  status.start();
  statusLog.start();
  const taken = (): string[] => {
    timers.advance(COALESCE_MS + 1000);
    const all = lines;
    lines = [];
    return all;
  };
  return { taken, statusLog, programmed, store };
}

const wrong: Problem = {
  severity: "error",
  code: "bad-port",
  file: "a.yaml",
  line: 3,
  column: 5,
  object: "Service shop/web",
  field: "spec.ports[0]",
  message: "is wrong",
  hint: "try 80",
};

it("tells each problem once, as lint prints it, and again when it comes back", () => {
  const web = service("web");
  const source = new SampleSource([web]);
  source.put(sourced(web, { problems: [wrong] }));
  const { taken } = createParts(source);
  const line = "error a.yaml:3:5: error: Service shop/web: spec.ports[0]: is wrong (try 80)";
  expect(taken()).toEqual([line]);
  source.put(sourced(web, { problems: [{ ...wrong }] }));
  expect(taken()).toEqual([]);
  source.put(web);
  expect(taken()).toEqual([]);
  source.put(sourced(web, { problems: [wrong] }));
  expect(taken()).toEqual([line]);
});

it("tells of conflicts and lost references, of their end, and of what came into force", () => {
  const s = split("s", "web", [backend("web-v1", 1)]);
  const source = new SampleSource([service("web"), s]);
  const { taken } = createParts(source);
  const about = "warn  shop.yaml:1: warning: TrafficSplit shop/s: ServiceNotFound: spec.backends:";
  expect(taken()).toEqual([
    `${about} Service shop/web-v1 does not exist and is left out; ` +
      "no backend is left, so it takes no traffic",
  ]);
  source.put(service("web-v1"));
  expect(taken()).toEqual([
    "info  Service shop/web-v1: generation 1 is live",
    "info  TrafficSplit shop/s: ResolvedRefs is mended",
  ]);
  source.put(split("s", "web", [backend("web-v1", 2)], [], { generation: 2 }));
  expect(taken()).toEqual(["info  TrafficSplit shop/s: generation 2 is live"]);
});

it("tells of an object that was made anew under its name as of any other", () => {
  const s = split("s", "web", [backend("web-v1", 1)]);
  const source = new SampleSource([service("web"), s]);
  const { taken } = createParts(source);
  const first = taken();
  expect(first).toHaveLength(1);
  source.remove(s);
  expect(taken()).toEqual([]);
  source.put(s);
  expect(taken()).toEqual(["info  TrafficSplit shop/s: generation 1 is live", ...first]);
});

it("says nothing of slices that the cluster writes with each pod that comes", () => {
  const source = new SampleSource([service("web")]);
  const { taken } = createParts(source);
  source.put(slice("web-abc", "web", ["10.1.0.1"], { serviceUid: "u1" }));
  source.put(slice("web-mine", "web", ["10.1.0.1"]));
  expect(taken()).toEqual([
    "info  EndpointSlice.discovery.k8s.io shop/web-mine: generation 1 is live",
  ]);
});

it("tells once that proxies refuse something, however many they are", () => {
  const source = new SampleSource([service("web"), split("s", "web", [backend("web", 1)])]);
  const { taken, programmed, store } = createParts(source);
  const name: ResourceName = { type: "destination", key: "svc/shop/web:80" };
  const revision = store.lookup(name, "shop")?.revision ?? "";
  const refused = { revision, reason: "it is odd" };
  const about = { identity: null, proxyVersion: "1", namespace: "shop", features: [], remote: "" };
  const lines: string[] = [];
  for (const id of ["a", "b", "c"]) {
    programmed.sessionOpened({ ...about, id, proxyName: id });
    programmed.resourceChanged(id, { name, held: null, refused, missing: [] });
    lines.push(...taken());
  }
  const why = "Rejected: live on 0 of 1 proxies; a: it is odd";
  expect(lines.sort()).toEqual([
    `warn  shop.yaml:1: warning: Service shop/web: ${why}`,
    `warn  shop.yaml:1: warning: TrafficSplit shop/s: ${why}`,
  ]);
  for (const id of ["a", "b", "c"]) programmed.sessionClosed(id);
  expect(taken().sort()).toEqual([
    "info  Service shop/web: Programmed is mended",
    "info  TrafficSplit shop/s: Programmed is mended",
  ]);
});

it("does not flood", () => {
  const source = new SampleSource();
  const { taken, statusLog } = createParts(source);
  const many = Array.from({ length: LOG_LINES_MAX + 5 }, (_, n) => service(`s${n}`));
  source.put(...many);
  const lines = taken();
  expect(lines).toHaveLength(LOG_LINES_MAX + 1);
  expect(lines.at(-1)).toContain("and 5 more");
  statusLog.stop();
  source.put(service("late"));
  expect(taken()).toEqual([]);
});
