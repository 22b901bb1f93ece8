/** What we write into a real API server: statuses, Events, Leases; and how we show who we are. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock, systemTimers } from "../../base/platform/system.ts";
import { createSeededRandom } from "../../base/random.ts";
import { isRecord } from "../../base/shape.ts";
import { ManualTimers } from "../../base/timers.ts";
import { EVENT_LIMITS, EventRecorder, type Regarding } from "../../kube/events.ts";
import { HttpTransport } from "../../kube/http-transport.ts";
import { inClusterCredentials } from "../../kube/in-cluster.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import { LEASE_LIMITS, Lease } from "../../kube/lease.ts";
import { until, untilInTime } from "../harness/until.ts";
import { type TestApiServer, useApiServer, whyNoApiServer } from "./harness/api-server.ts";

const OPERATOR = "heddle-operator";
const STEP_MS = 500;

describe.skipIf(whyNoApiServer())("writing", () => {
  let api: TestApiServer;
  let namespace: string;

  beforeAll(async () => {
    api = await useApiServer();
    await api.installCrds();
  });

  afterAll(() => api.close());

  beforeEach(async () => {
    namespace = await api.namespace();
  });

  const splitPath = () => `/apis/heddle.mesh/v1alpha1/namespaces/${namespace}/trafficsplits/web`;

  async function applySplit(): Promise<Regarding> {
    const spec = { service: "web", backends: [{ service: "web-v1", weight: 1 }] };
    const head = { apiVersion: "heddle.mesh/v1alpha1", kind: "TrafficSplit" };
    await api.apply({ ...head, metadata: { namespace, name: "web" }, spec });
    const object = await api.client.get(splitPath(), api.signal);
    const metadata = isRecord(object) && isRecord(object.metadata) ? object.metadata : {};
    return { ...head, namespace, name: "web", uid: String(metadata.uid) };
  }

  describe("status by apply", () => {
    const at = "2026-01-02T03:04:05Z";
    const accepted = { type: "Accepted", reason: "Accepted", message: "", lastTransitionTime: at };

    const write = async (status: object, signal = api.signal) => {
      const { client } = api;
      const head = { apiVersion: "heddle.mesh/v1alpha1", kind: "TrafficSplit" };
      const object = { ...head, metadata: { namespace, name: "web" }, status };
      return await client.apply(`${splitPath()}/status`, object, OPERATOR, signal);
    };

    it("makes it, changes it, takes out what it has no more, and leaves spec alone", async () => {
      await applySplit();
      const two = [
        { ...accepted, status: "True" },
        { ...accepted, type: "Conflicted", status: "True" },
      ];
      await write({ observedGeneration: 1, conditions: two, proxies: "0/0", summary: "one" });
      await write({ conditions: [{ ...accepted, status: "False" }], summary: "two" });
      const object = await api.client.get(splitPath(), api.signal);
      expect(object).toMatchObject({
        metadata: { generation: 1 },
        spec: { service: "web" },
        status: { conditions: [{ type: "Accepted", status: "False" }], summary: "two" },
      });
      const status = isRecord(object) ? object.status : undefined;
      expect(status).not.toHaveProperty("proxies");
      expect(status).not.toHaveProperty("observedGeneration");
    });

    it("stays ours beside a user who applies the object again", async () => {
      await applySplit();
      await write({ summary: "ours" });
      await applySplit();
      expect(await api.client.get(splitPath(), api.signal)).toMatchObject({
        status: { summary: "ours" },
      });
    });

    it("makes no object where there is none", async () => {
      await expect(write({ summary: "of nothing" })).rejects.toMatchObject({ status: 404 });
    });
  });

  describe("an Event", () => {
    const failures: unknown[] = [];

    it("is seen at its object, and counts what comes again", async () => {
      const regarding = await applySplit();
      const timers = new ManualTimers();
      const recorder = new EventRecorder({
        client: api.client,
        controller: "heddle.mesh/operator",
        instance: "heddle-operator-0",
        // Times in it have to be of today, or the server forgets it at once.
        clock: { nowMs: () => timers.clock.nowMs(), wallMs: () => systemClock.wallMs() },
        timers,
        random: createSeededRandom(7),
        dropped: () => failures.push("dropped"),
        failed: (cause) => failures.push(cause),
      });
      const note = "spec.backends[0].service: there is no Service web-v1";
      const news = { regarding, reason: "BackendNotFound", action: "Resolve", note };
      recorder.record(news);
      await untilInTime(timers, STEP_MS, "it is there", async () => {
        const [event] = await eventsOf();
        return event !== undefined || failures.length > 0;
      });
      expect(failures).toEqual([]);
      const { stdout } = await api.kubectl(["describe", "ts", "web", "-n", namespace]);
      expect(stdout).toMatch(
        /Warning +BackendNotFound .*heddle\.mesh\/operator.*no Service web-v1/,
      );
      recorder.record(news);
      recorder.record(news);
      timers.advance(EVENT_LIMITS.seriesMs);
      await until("it counts", async () => {
        const [event] = await eventsOf();
        return isRecord(event?.series) || failures.length > 0;
      });
      expect(failures).toEqual([]);
      const events = await eventsOf();
      expect(events).toHaveLength(1);
      expect(events[0]).toMatchObject({ series: { count: 3 }, regarding: { name: "web" } });
      const short = await api.kubectl(["events", "-n", namespace, "--for=trafficsplit/web"]);
      expect(short.stdout).toContain("(x3 over");
      await recorder.stop();
    });

    async function eventsOf() {
      const path = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
      const list = await api.client.get(path, api.signal);
      return isRecord(list) && Array.isArray(list.items) ? list.items.filter(isRecord) : [];
    }
  });

  describe("a Lease", () => {
    it("is held by one of two, and taken over from one that is cut off or ends", async () => {
      const holders = ["one", "two"].map((identity) => createHolder(identity));
      const [one, two] = holders;
      if (one === undefined || two === undefined) return;
      one.lease.start();
      await one.until("the first holds it", () => one.lease.holds());
      two.lease.start();
      await two.until("the second has looked", () => two.tries() > 2);
      expect(two.lease.holds()).toBe(false);
      const { stdout } = await api.kubectl(["get", "lease", OPERATOR, "-n", namespace]);
      expect(stdout).toMatch(/heddle-operator +one /);
      // Nothing moves for the first any more; its clock says what it has to think.
      await two.until("the second takes it over", () => two.lease.holds());
      one.timers.clock.advance(LEASE_LIMITS.renewDeadlineMs);
      expect(one.lease.holds()).toBe(false);
      await two.lease.stop();
      await one.until("the first has it back", () => one.lease.holds());
      const transitions = "-o=jsonpath={.spec.leaseTransitions}";
      const got = await api.kubectl(["get", "lease", OPERATOR, "-n", namespace, transitions]);
      expect(got.stdout).toBe("2");
      await one.lease.stop();
      expect([...one.failures, ...two.failures]).toEqual([]);
    });

    function createHolder(identity: string) {
      const timers = new ManualTimers();
      const failures: unknown[] = [];
      let tryCount = 0;
      let askedCount = 0;
      const transport = api.transport();
      const client = new KubeClient({
        timers: systemTimers,
        transport: {
          send: async (request) => {
            tryCount += 1;
            askedCount += 1;
            return await transport.send(request).finally(() => {
              askedCount -= 1;
            });
          },
          close: () => transport.close(),
        },
      });
      const lease = new Lease({
        ...{ client, namespace, identity, timers },
        name: OPERATOR,
        // In the cluster it is today, whoever's timers stand still.
        clock: { nowMs: () => timers.clock.nowMs(), wallMs: () => systemClock.wallMs() },
        random: createSeededRandom(7),
        changed: () => {},
        failed: (error) => failures.push(error),
      });
      return {
        ...{ lease, timers, failures },
        tries: () => tryCount,
        /** Its time passes while it waits for nothing: the server's answers take real time. */
        until: (what: string, isSo: () => boolean) =>
          until(what, () => {
            if (askedCount === 0) timers.advance(STEP_MS);
            return isSo();
          }),
      };
    }
  });

  describe("the token of a pod", () => {
    let folder: string;

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "heddle-account-"));
      return () => rmSync(folder, { recursive: true });
    });

    it("is read again when it is refused", async () => {
      const { hostname, port } = new URL(api.url);
      writeFileSync(join(folder, "ca.crt"), api.ca);
      writeFileSync(join(folder, "token"), "no token at all");
      const readCredentials = inClusterCredentials({
        env: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
        clock: systemClock,
        folder,
      });
      if (readCredentials === undefined) throw new Error("it should have been taken for a pod");
      const transport = new HttpTransport({ readCredentials, userAgent: "heddle-test" });
      const client = new KubeClient({ transport, timers: systemTimers });
      const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
      const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
      const ask = async () => await client.create(path, review, api.signal);
      await expect(ask()).rejects.toMatchObject({ status: 401 });
      writeFileSync(join(folder, "token"), await api.tokenFor({ namespace, name: "default" }));
      expect(await ask()).toMatchObject({
        status: { userInfo: { username: `system:serviceaccount:${namespace}:default` } },
      });
      transport.close();
    });
  });
});
