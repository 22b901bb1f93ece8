import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isRecord } from "../../base/shape.ts";
import { ManualTimers } from "../../base/timers.ts";
import { EVENT_LIMITS } from "../../kube/events.ts";
import { fillCluster, PATHS, split } from "../../test/harness/cluster-objects.ts";
import { FakeApiServer, type FakeObject } from "../../test/harness/fake-api-server.ts";
import { type LeadingReplica, startLeadingReplica } from "../../test/harness/leading-replica.ts";

const EVENTS = "/apis/events.k8s.io/v1/events";
const SMI = "/apis/split.smi-spec.io/v1alpha2/trafficsplits";

let timers: ManualTimers;
let server: FakeApiServer;
let replica: LeadingReplica;

beforeEach(async () => {
  timers = new ManualTimers();
  server = new FakeApiServer(timers);
  fillCluster(server);
  server.serve(SMI);
  replica = await startLeadingReplica(server, timers, "a");
  await pass(5_000);
});

afterEach(() => replica.stop());

/** As users edit: what stands in its status stays. */
function edit(object: FakeObject): FakeObject {
  const status = server.objects(PATHS.splits)[0]?.status;
  return server.put(PATHS.splits, { ...object, status });
}

async function pass(durationMs: number, stepMs = 100): Promise<void> {
  for (let passedMs = 0; passedMs <= durationMs; passedMs += stepMs) {
    if (passedMs > 0) timers.advance(stepMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const events = () => server.objects(EVENTS);
const eventsAbout = (name: string): readonly FakeObject[] =>
  events().filter(({ regarding }) => isRecord(regarding) && regarding.name === name);
const smiSplit = (name: string): FakeObject => ({
  metadata: { name, namespace: "shop", generation: 1 },
  spec: { service: "web", backends: [{ service: "nowhere", weight: 1 }] },
});

describe("events", () => {
  it("tell of nothing where nothing is wrong", () => {
    expect(events()).toEqual([]);
  });

  it("tell at an object that its newest version is not accepted", async () => {
    const { metadata } = edit(split("ninety", 2));
    await pass(1_000);
    expect(events()).toHaveLength(1);
    expect(events()[0]).toMatchObject({
      ...{ type: "Warning", reason: "Invalid", action: "Read" },
      note: expect.stringContaining("spec.backends[0]"),
      regarding: { kind: "TrafficSplit", namespace: "shop", name: "web", uid: metadata.uid },
      reportingController: "heddle-operator",
      reportingInstance: "a",
      eventTime: expect.stringMatching(/\.\d{6}Z$/),
      metadata: { namespace: "shop", name: expect.stringMatching(/^web\.[0-9a-f]{16}$/) },
    });
    await pass(60_000, 1_000);
    expect(events()).toHaveLength(1);
    expect(events()[0]?.series).toBe(undefined);
  });

  it("tell of kinds that are not ours, whose status is left alone", async () => {
    server.put(SMI, smiSplit("smi"));
    await pass(1_000);
    expect(eventsAbout("smi").length).toBeGreaterThan(0);
    expect(server.requests.filter(({ path }) => /smi-spec.*status/.test(path))).toEqual([]);
  });

  it("count what comes again, and begin anew after a long time", async () => {
    for (let generation = 2; generation < 12; generation += 2) {
      edit(split("ninety", generation));
      await pass(1_000);
      edit(split(50, generation + 1));
      await pass(1_000);
    }
    await pass(EVENT_LIMITS.seriesMs, 1_000);
    const accepted = () => events().filter(({ action }) => action === "Read");
    const counts = accepted().map(({ series }) => (isRecord(series) ? series.count : 1));
    expect(counts.reduce((sum: number, count) => sum + Number(count), 0)).toBe(5);
    const before = accepted().length;
    await pass(EVENT_LIMITS.keptMs, 5_000);
    edit(split("ninety", 20));
    await pass(1_000);
    expect(accepted()).toHaveLength(before + 1);
  });

  it("tell once that proxies refuse something, however many they are", async () => {
    const name = { type: "destination", key: "svc/shop/web:80" } as const;
    const revision = replica.store.lookup(name, "shop")?.revision ?? "";
    const refused = { revision, reason: "it is odd" };
    const about = { identity: null, proxyVersion: "1", namespace: "shop", remote: "" };
    for (let n = 0; n < 10; n++) {
      replica.reports.sessionOpened({ ...about, id: `p${n}`, proxyName: `p${n}`, features: [] });
      replica.reports.resourceChanged(`p${n}`, { name, held: null, refused, missing: [] });
      await pass(500);
    }
    const kinds = eventsAbout("web").map(({ reason, regarding }) => [
      reason,
      isRecord(regarding) ? regarding.kind : "",
    ]);
    expect(kinds.sort()).toEqual([
      ["Rejected", "Service"],
      ["Rejected", "TrafficSplit"],
    ]);
  });

  it("are written so many in a minute, whatever is wrong at once", async () => {
    for (let n = 0; n < 200; n++) server.put(SMI, smiSplit(`smi-${n}`));
    await pass(5_000);
    expect(events()).toHaveLength(EVENT_LIMITS.perMinuteMax);
  });
});
