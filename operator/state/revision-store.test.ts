/** Kept versions through the operator's parts, with their API server in memory. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualTimers } from "../../base/timers.ts";
import { LAST_ACCEPTED } from "../../inject/names.ts";
import { fillCluster, PATHS, split } from "../../test/harness/cluster-objects.ts";
import { FakeApiServer, type FakeObject } from "../../test/harness/fake-api-server.ts";
import { type LeadingReplica, startLeadingReplica } from "../../test/harness/leading-replica.ts";
import { makeRevision, REVISION_BYTES_MAX } from "./revision.ts";

const SPLIT = "heddle.mesh/TrafficSplit/shop/web";

let timers: ManualTimers;
let server: FakeApiServer;
let replicas: LeadingReplica[];

beforeEach(() => {
  timers = new ManualTimers();
  server = new FakeApiServer(timers);
  fillCluster(server);
  replicas = [];
});

afterEach(async () => {
  server.interfere = () => ({ refused: true });
  for (const replica of replicas) await replica.stop();
});

async function start(identity: string): Promise<LeadingReplica> {
  const replica = await startLeadingReplica(server, timers, identity);
  replicas.push(replica);
  return replica;
}

async function pass(durationMs: number, stepMs = 100): Promise<void> {
  for (let passedMs = 0; passedMs <= durationMs; passedMs += stepMs) {
    if (passedMs > 0) timers.advance(stepMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const liveOf = ({ objects }: LeadingReplica) => objects.get(SPLIT)?.live?.ref.generation;
const kept = () => server.objects(PATHS.revisions);
const uidOf = (path: string) => server.objects(path)[0]?.metadata.uid;

async function refuseNewest(generation: number): Promise<void> {
  server.put(PATHS.splits, split("ninety", generation));
  await pass(1_000);
}

describe("an accepted version", () => {
  it("is kept with its object, in a form that Kubernetes knows", async () => {
    await start("a");
    await pass(5_000);
    expect(kept()).toMatchObject([
      {
        metadata: {
          namespace: "shop",
          labels: { [LAST_ACCEPTED]: "true" },
          ownerReferences: [
            {
              apiVersion: "heddle.mesh/v1alpha1",
              ...{ kind: "TrafficSplit", name: "web", uid: uidOf(PATHS.splits), controller: true },
            },
          ],
        },
        revision: 1,
        data: { kind: "TrafficSplit", spec: { service: "web" } },
      },
    ]);
  });

  it("takes the place of the one before it", async () => {
    await start("a");
    await pass(5_000);
    server.put(PATHS.splits, split(20, 2));
    await pass(1_000);
    expect(kept().map(({ revision }) => revision)).toEqual([2]);
  });

  it("stays in force over a restart of all while the newest is refused", async () => {
    await start("a");
    await pass(5_000);
    await refuseNewest(2);
    await replicas.pop()?.stop();
    const again = await start("bb");
    // From the first moment: nothing has been published without it.
    expect(liveOf(again)).toBe(1);
    expect(again.objects.get(SPLIT)?.live?.intent).toMatchObject({ type: "split" });
    server.put(PATHS.splits, split(20, 3));
    await pass(20_000);
    expect([liveOf(again), kept().map(({ revision }) => revision)]).toEqual([3, [3]]);
  });

  it("is in force on a replica that came when the newest was refused already", async () => {
    const first = await start("a");
    await pass(5_000);
    await refuseNewest(2);
    const second = await start("bb");
    await pass(1_000);
    expect([first, second].map(liveOf)).toEqual([1, 1]);
  });

  it("that only one which does not lead has seen is in force on all", async () => {
    const leader = await start("a");
    await pass(5_000);
    // The leader hears nothing for a while.
    server.freezeWatches(PATHS.splits);
    server.put(PATHS.splits, split(30, 2));
    const witness = await start("bb");
    await pass(500);
    await refuseNewest(3);
    await pass(60_000);
    expect([leader, witness].map(liveOf)).toEqual([2, 2]);
  });

  it("does not pass to an object that was made anew under its name", async () => {
    const replica = await start("a");
    await pass(5_000);
    const old = kept();
    server.remove(PATHS.splits, "web");
    await refuseNewest(1);
    expect([kept(), liveOf(replica)]).toEqual([old, undefined]);
    await replicas.pop()?.stop();
    expect(liveOf(await start("bb"))).toBe(undefined);
  });

  it("is kept again when somebody removes it", async () => {
    await start("a");
    await pass(5_000);
    server.remove(PATHS.revisions, String(kept()[0]?.metadata.name));
    await pass(1_000);
    expect(kept()).toHaveLength(1);
  });

  it("is not kept when it is too large", () => {
    const owner = { apiVersion: "a/v1", kind: "K", namespace: "n", name: "o", uid: "u" };
    const raw = (length: number) => ({ spec: { text: "x".repeat(length) } });
    const half = raw(REVISION_BYTES_MAX / 2);
    expect(makeRevision(owner, { generation: 1, raw: half })).toMatchObject({ revision: 1 });
    const whole = raw(REVISION_BYTES_MAX);
    expect(makeRevision(owner, { generation: 1, raw: whole })).toBe(undefined);
  });
});

describe("a kept version that cannot be used", () => {
  const revision = (changes: object): FakeObject => ({
    ...(kept()[0] ?? { metadata: { name: "" } }),
    metadata: { ...kept()[0]?.metadata, name: "damaged", namespace: "shop" },
    ...changes,
  });

  it.each([
    ["of no object", { metadata: { name: "damaged", namespace: "shop" } }, /belongs to no object/],
    ["of no generation", { revision: "x" }, /of no generation/],
    ["empty", { revision: 5, data: null }, /holds nothing/],
  ])("because it is %s is left aside, and named", async (_what, changes, why) => {
    await start("a");
    await pass(5_000);
    const labels = { [LAST_ACCEPTED]: "true" };
    const damaged = revision(changes);
    server.put(PATHS.revisions, { ...damaged, metadata: { ...damaged.metadata, labels } });
    await refuseNewest(6);
    const [replica] = replicas;
    expect(replica === undefined ? undefined : liveOf(replica)).toBe(1);
    expect(replica?.unreadable).toMatchObject([expect.stringMatching(why)]);
    expect(replica?.unreadable[0]).toContain("damaged");
  });

  it.each([
    ["of another kind", { apiVersion: "v1", kind: "Service" }],
    ["of another name", { metadata: { namespace: "shop", name: "other" } }],
    ["of another namespace", { metadata: { namespace: "bank", name: "web" } }],
  ])("because it holds an object %s is left aside, and named", async (_what, other) => {
    const replica = await start("a");
    await pass(5_000);
    const held = kept()[0]?.data as object;
    const spec = { ports: [{ port: 80 }], clusterIP: "10.96.0.9" };
    const data = "kind" in other ? { ...held, spec, ...other } : { ...held, ...other };
    server.put(PATHS.revisions, revision({ revision: 5, data }));
    await refuseNewest(6);
    expect(liveOf(replica)).toBe(1);
    expect(replica.unreadable).toEqual([
      expect.stringMatching(`^${SPLIT} generation 5.*it holds another object$`),
    ]);
  });

  it("because it makes no sense does not hide what this replica has seen", async () => {
    const replica = await start("a");
    await pass(5_000);
    server.put(PATHS.revisions, revision({ revision: 5, data: { kind: "TrafficSplit" } }));
    await refuseNewest(6);
    expect(liveOf(replica)).toBe(1);
    expect(replica.unreadable[0]).toContain(`${SPLIT} generation 5`);
  });
});
