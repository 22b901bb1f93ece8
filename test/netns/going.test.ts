/**
 * Pods that are replaced, and proxies that are, while requests flow through redirected connections:
 * no request fails, whether it may be repeated or not.
 */
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { describeInNamespaces } from "../harness/namespaces.ts";
import { APP_UID, type Pod, type PodProcess, PROXY_UID, ROOT_FOLDER } from "../harness/pod.ts";
import { PodMesh } from "../harness/pod-mesh.ts";
import type { ServiceAddresses } from "../harness/pod-network.ts";
import { sumSeries } from "../harness/sum-series.ts";
import { SLOW_POLL_MS, until } from "../harness/until.ts";

const LOAD = join(ROOT_FOLDER, "test", "netns", "load.ts");
const PORT = 8_080;
/** Long enough for whoever is connected to be told by an answer, on a busy machine too. */
const FLAGS = ["--grace-time", "20s"];
/** A dozen processes are started in each test. */
const LONG_MS_MAX = 240_000;

/** A pod of the service, and what runs in it. */
interface Server {
  readonly pod: Pod;
  app: PodProcess;
  proxy: PodProcess;
}

describeInNamespaces("requests through redirected connections", () => {
  let mesh: PodMesh;
  let client: Pod;
  let clientProxy: PodProcess;
  let web: ServiceAddresses;
  let servers: readonly Server[];
  let loads: readonly PodProcess[];

  beforeEach(async () => {
    mesh = new PodMesh();
    client = mesh.network.addPod("client");
    const pods = [mesh.network.addPod("first"), mesh.network.addPod("second")];
    web = mesh.addService("web", 80, pods, { targetPort: PORT });
    await mesh.startOperator();
    servers = await Promise.all(pods.map(start));
    clientProxy = await mesh.startProxy(client, ...FLAGS);
    loads = ["GET", "POST"].map((method) =>
      client.start([process.execPath, LOAD, method, web.ipv4, "80", "4"], { uid: APP_UID }),
    );
    await more();
  }, LONG_MS_MAX);

  afterEach(() => mesh.close());

  async function start(pod: Pod): Promise<Server> {
    const app = await mesh.startApp(pod, `http:${PORT}`);
    return { pod, app, proxy: await mesh.startProxy(pod, ...FLAGS) };
  }

  /** Waits until each load has had a hundred answers more, or nearly. */
  async function more(): Promise<void> {
    const counts = loads.map(answered);
    await Promise.all(
      loads.map((load, index) =>
        until(
          () => `it goes on: ${load.stdout} ${load.stderr}`,
          () => answered(load) >= (counts[index] ?? 0) + 100,
        ),
      ),
    );
  }

  async function servedBy(pod: Pod): Promise<number> {
    return sumSeries(await mesh.page(pod, "/metrics"), 'request_total{direction="inbound",');
  }

  /** All that they have had: nothing but 200. */
  async function expectNoFailure(): Promise<void> {
    for (const load of loads) {
      load.child.stdin?.end();
      await load.says("outcomes");
      expect(Object.keys(JSON.parse(load.stdout.split("outcomes ")[1] ?? ""))).toEqual(["200"]);
    }
  }

  it("do not notice that both of their proxies are restarted", {
    timeout: LONG_MS_MAX,
  }, async () => {
    const pods = [client, ...servers.map(({ pod }) => pod)];
    for (const pod of pods) {
      const { stdout, stderr, code } = await pod.heddle(["proxy", "--restart"], { uid: PROXY_UID });
      expect([code, stderr, stdout]).toEqual([0, "", expect.stringContaining("was restarted")]);
      await more();
      await until(
        `the new proxy of ${pod.name} is ready`,
        async () => (await mesh.page(pod, "/ready")) === "ready\n",
        SLOW_POLL_MS,
      );
    }
    await expectNoFailure();
    expect(clientProxy.hasEnded).toBe(false);
  });

  it("do not notice that their pods are replaced", { timeout: LONG_MS_MAX }, async () => {
    const pods = servers.map(({ pod }) => pod);
    for (const server of servers) {
      await until(
        () => `requests come through the proxy of ${server.pod.name}`,
        async () => (await servedBy(server.pod)) > 0,
        SLOW_POLL_MS,
      );
      // As a kubelet does it, while the endpoints follow: the preStop hook, the application, and
      // when that is gone the proxy.
      const line = ["drain", "--wait", "--timeout", "60s"];
      const drained = server.pod.heddle(line, { uid: APP_UID });
      const others = pods.filter((pod) => pod !== server.pod);
      mesh.setEndpoints("web", others, PORT, [server.pod]);
      const { code, stderr } = await drained;
      expect([code, stderr]).toEqual([0, ""]);
      await server.app.stop();
      expect((await server.proxy.stop()).code).toBe(0);
      await more();
      Object.assign(server, await start(server.pod));
      mesh.setEndpoints("web", pods, PORT);
      await more();
    }
    await expectNoFailure();
  });
});

/** As the load itself says it, by hundreds. */
function answered(load: PodProcess): number {
  return Number(load.stdout.match(/answered (\d+)\n(?!.*answered)/s)?.[1] ?? 0);
}
