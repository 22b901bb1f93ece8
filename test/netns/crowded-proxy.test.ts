/** More redirected connections than the proxy may have files for. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeInNamespaces } from "../harness/namespaces.ts";
import { APP_UID, type Pod, type PodProcess, PROXY_UID, ROOT_FOLDER } from "../harness/pod.ts";
import { PodMesh } from "../harness/pod-mesh.ts";
import type { ServiceAddresses } from "../harness/pod-network.ts";
import { sumSeries } from "../harness/sum-series.ts";
import { SLOW_POLL_MS, until } from "../harness/until.ts";

const FILES_MAX = 200;
/** Each takes two files. */
const CONNECTIONS = 150;
const LONG_MS_MAX = 240_000;

describeInNamespaces("a transparent proxy that has no files left", () => {
  let mesh: PodMesh;
  let client: Pod;
  let proxy: PodProcess;
  let echo: ServiceAddresses;

  const figure = async (name: string): Promise<number> =>
    sumSeries(await mesh.page(client, "/metrics"), name);

  beforeAll(async () => {
    mesh = new PodMesh();
    client = mesh.network.addPod("client");
    const server = mesh.network.addPod("server");
    await mesh.startApp(server, "echo:7000");
    echo = mesh.addService("echo", 7000, [server]);
    await mesh.startOperator();
    expect(await client.heddle(["init"])).toMatchObject({ code: 0 });
    const line = ["bin/heddle.ts", "proxy", ...mesh.proxyArguments(client, ["--transparent"])];
    const limited = `cd ${ROOT_FOLDER}; ulimit -n ${FILES_MAX}; exec ${process.execPath} "$@"`;
    proxy = client.start(["sh", "-c", limited, "sh", ...line], { uid: PROXY_UID });
    await proxy.says("interception is proven");
    await until("it is ready", async () => (await mesh.page(client, "/ready")) === "ready\n");
  }, LONG_MS_MAX);

  afterAll(() => mesh.close());

  it("says so, stays ready, and does not take its rules for lost", async () => {
    const agent = client.startAgent({ uid: APP_UID });
    const dials = Array.from({ length: CONNECTIONS }, () => agent.dial(echo.ipv4, 7000));
    await until(
      () => `some are refused: ${proxy.stderr}`,
      async () => (await figure("heddle_refused_connections_total")) > 0,
      SLOW_POLL_MS,
    );
    const { stdout } = await client.heddle(["check", "--proxy"], { uid: APP_UID });
    expect(stdout).toContain("✓ ready for traffic");
    expect(stdout).toContain("✓ IPv4: connections of applications come to this proxy");
    // Those that were served may have ended meanwhile.
    expect(stdout).toMatch(/(callers are|connections were) refused/);
    expect(await mesh.page(client, "/ready")).toBe("ready\n");
    expect(await figure("heddle_interception_proven")).toBe(2);
    expect(proxy.stderr).not.toContain("not intercepted");
    await agent.process.stop();
    await Promise.all(dials);
  });
});
