/** Through the operator's parts, with their API server in memory and time in the test's hand. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { isRecord } from "../../base/shape.ts";
import { ManualTimers } from "../../base/timers.ts";
import { fillCluster, PATHS, split } from "../../test/harness/cluster-objects.ts";
import { FakeApiServer, statusBody } from "../../test/harness/fake-api-server.ts";
import { type LeadingReplica, startLeadingReplica } from "../../test/harness/leading-replica.ts";
import { WRITE_LIMITS } from "./status-writer.ts";

const DAY_MS = 86_400_000;

let timers: ManualTimers;
let server: FakeApiServer;
let stops: (() => Promise<void>)[];

beforeEach(() => {
  timers = new ManualTimers(new ManualClock(0, DAY_MS));
  server = new FakeApiServer(timers);
  fillCluster(server);
  stops = [];
});

afterEach(async () => {
  server.interfere = () => ({ refused: true });
  for (const stop of stops) await stop();
});

async function startReplica(identity: string): Promise<LeadingReplica> {
  const replica = await startLeadingReplica(server, timers, identity);
  stops.push(() => replica.stop());
  return replica;
}

async function pass(durationMs: number, stepMs = 50): Promise<void> {
  for (let passedMs = 0; passedMs <= durationMs; passedMs += stepMs) {
    if (passedMs > 0) timers.advance(stepMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const writes = () => server.requests.filter(({ path }) => path.endsWith("/status"));

function statusNow(): Readonly<Record<string, unknown>> {
  const status = server.objects(PATHS.splits)[0]?.status;
  return isRecord(status) ? status : {};
}

function conditionNow(type: string): Readonly<Record<string, unknown>> | undefined {
  const { conditions } = statusNow();
  const all = Array.isArray(conditions) ? conditions.filter(isRecord) : [];
  return all.find((one) => one.type === type);
}

describe("the status of an object", () => {
  it("is written once, applied by its owner's name, and not again for nothing", async () => {
    await startReplica("a");
    await pass(60_000);
    expect(writes()).toHaveLength(1);
    const [write] = writes();
    expect(write).toMatchObject({ method: "PATCH", contentType: "application/apply-patch+yaml" });
    expect(write?.query.get("fieldManager")).toBe("heddle-operator");
    expect(write?.path).toBe("/apis/heddle.mesh/v1alpha1/namespaces/shop/trafficsplits/web/status");
    expect(statusNow()).toMatchObject({ observedGeneration: 1, proxies: "0/0" });
    expect(conditionNow("Accepted")).toMatchObject({ status: "True", observedGeneration: 1 });
  });

  it("says at once that an edit is refused, and which generation it speaks of", async () => {
    await startReplica("a");
    await pass(5_000);
    server.put(PATHS.splits, { ...split("ninety", 2), status: statusNow() });
    await pass(500);
    expect(conditionNow("Accepted")).toMatchObject({ status: "False", observedGeneration: 2 });
    expect(conditionNow("Programmed")).toMatchObject({ observedGeneration: 1 });
  });

  it("is written at most once in two seconds while no condition changes its status", async () => {
    await startReplica("a");
    await pass(5_000);
    const before = writes().length;
    for (let n = 2; n < 42; n++) {
      server.put(PATHS.splits, { ...split(n, n), status: statusNow() });
      await pass(250);
    }
    const seconds = 10;
    const most = (seconds * 1000) / WRITE_LIMITS.pauseMs + 1;
    expect(writes().length - before).toBeLessThanOrEqual(most);
    await pass(3_000);
    expect(statusNow().observedGeneration).toBe(41);
  });

  it("keeps the time of a condition over a restart", async () => {
    await startReplica("a");
    await pass(5_000);
    const before = conditionNow("Accepted")?.lastTransitionTime;
    await stops.pop()?.();
    await pass(30_000);
    await startReplica("bb");
    server.put(PATHS.splits, { ...split(20, 2), status: statusNow() });
    await pass(20_000);
    expect(conditionNow("Accepted")).toMatchObject({
      ...{ status: "True", observedGeneration: 2, lastTransitionTime: before },
    });
  });

  it("is written by the one that leads, and by the other when that is gone", async () => {
    await startReplica("a");
    await pass(5_000);
    await startReplica("bb");
    await pass(5_000);
    expect(writes()).toHaveLength(1);
    await stops.shift()?.();
    server.put(PATHS.splits, { ...split(20, 2), status: statusNow() });
    await pass(10_000);
    expect(statusNow().observedGeneration).toBe(2);
  });

  it("is not written by one whose Lease has run out, whatever it has to say", async () => {
    await startReplica("a");
    await pass(5_000);
    const before = writes().length;
    server.interfere = ({ path }) => (path.includes("/leases") ? { silent: true } : undefined);
    await pass(11_000);
    server.put(PATHS.splits, { ...split("ninety", 2), status: statusNow() });
    await pass(10_000);
    expect(writes().length).toBe(before);
    server.interfere = () => undefined;
    await pass(10_000);
    expect(conditionNow("Accepted")).toMatchObject({ status: "False" });
  });

  it("is tried again when the API server refuses it for the moment", async () => {
    let refusals = 0;
    server.interfere = ({ path }) => {
      if (!path.endsWith("/status") || refusals >= 3) return undefined;
      refusals += 1;
      return { answer: refusals === 1 ? 409 : 503 };
    };
    await startReplica("a");
    await pass(20_000);
    expect([refusals, statusNow().observedGeneration]).toEqual([3, 1]);
  });

  /** A proxy that has asked for the service and has nothing yet. */
  function openSession(replica: LeadingReplica, id: string): void {
    const about = { proxyName: id, proxyVersion: "1", namespace: "shop", features: [] };
    replica.reports.sessionOpened({ id, ...about, identity: null, remote: "" });
    const name = { type: "destination", key: "svc/shop/web:80" } as const;
    replica.reports.resourceChanged(id, { name, held: null, refused: null, missing: [] });
  }

  it("is not written over what has become of the object meanwhile", async () => {
    const replica = await startReplica("a");
    await pass(5_000);
    const before = writes().length;
    server.freezeWatches(PATHS.splits);
    server.put(PATHS.splits, { ...split(20, 2), status: { summary: "another's" } });
    openSession(replica, "s1");
    await pass(10_000);
    expect(writes().length).toBeGreaterThan(before);
    expect(statusNow()).toEqual({ summary: "another's" });
    await pass(60_000);
    expect(statusNow()).toMatchObject({ observedGeneration: 2, proxies: "0/1" });
  });

  it("goes on from its own last write, heard of or not", async () => {
    const replica = await startReplica("a");
    await pass(5_000);
    server.freezeWatches(PATHS.splits);
    for (const [n, proxies] of ["0/1", "0/2", "0/3"].entries()) {
      openSession(replica, `s${n}`);
      await pass(3_000);
      expect(statusNow()).toMatchObject({ proxies });
    }
  });

  describe("that somebody else writes as well", () => {
    const contested = { ...split(90, 1), status: { observedGeneration: 7, summary: "mine" } };
    const events = () => server.objects("/apis/events.k8s.io/v1/events");

    it("is written again, less and less often, and that is told", async () => {
      await startReplica("a");
      await pass(5_000);
      const before = writes().length;
      // It answers each write of ours within half a second.
      for (let n = 0; n < 240; n++) {
        const [present] = server.objects(PATHS.splits);
        const isOurs = isRecord(present?.status) && present.status.summary !== "mine";
        if (isOurs) server.put(PATHS.splits, contested);
        await pass(500);
      }
      const count = writes().length - before;
      expect(count).toBeGreaterThan(3);
      expect(count).toBeLessThan(9);
      expect(events()).toMatchObject([{ reason: "StatusContested", regarding: { name: "web" } }]);
    });

    it("is taken back at the second try, which names whoever claims it", async () => {
      await startReplica("a");
      await pass(5_000);
      server.interfere = ({ path, query }) => {
        if (!path.endsWith("/status") || query.get("force") === "true") return undefined;
        const message = 'conflict with "kubectl-edit" using heddle.mesh/v1alpha1: .status.summary';
        const causes = [{ reason: "FieldManagerConflict", message }];
        return { answer: 409, body: { ...statusBody(409, "Conflict"), details: { causes } } };
      };
      server.put(PATHS.splits, contested);
      await pass(5_000);
      expect(statusNow()).toMatchObject({ observedGeneration: 1 });
      expect(
        writes()
          .slice(-2)
          .map(({ query }) => query.get("force")),
      ).toEqual(["false", "true"]);
      expect(events()).toMatchObject([{ note: expect.stringContaining("kubectl-edit") }]);
    });
  });
});
