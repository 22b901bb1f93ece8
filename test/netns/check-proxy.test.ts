/** `heddle check --proxy` in a pod, with rules and without, and a proxy that waits for them. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeInNamespaces } from "../harness/namespaces.ts";
import { APP_UID, type Pod, type PodProcess, PROXY_UID } from "../harness/pod.ts";
import { PodNetwork } from "../harness/pod-network.ts";
import { until } from "../harness/until.ts";

describeInNamespaces("a transparent proxy", () => {
  let network: PodNetwork;
  let pod: Pod;
  let proxy: PodProcess;

  beforeAll(async () => {
    network = new PodNetwork();
    pod = network.addPod("pod");
    proxy = pod.startHeddle(["proxy", "--transparent", "--egress"], { uid: PROXY_UID });
    await proxy.says("proxy started");
  });

  afterAll(() => network.close());

  /** By name of the check: its verdict, and all that is said. */
  async function check(): Promise<{ code: number | null; verdicts: Record<string, string> }> {
    const { code, stdout, stderr } = await pod.heddle(["check", "--proxy", "-o", "json"], {
      uid: APP_UID,
    });
    if (stderr !== "") throw new Error(stderr);
    // The program under test wrote it; what does not fit fails the test.
    const { groups } = JSON.parse(stdout) as {
      groups: { results: { name: string; verdict: string }[] }[];
    };
    const results = groups.flatMap((group) => group.results);
    const verdicts = Object.fromEntries(results.map(({ name, verdict }) => [name, verdict]));
    return { code, verdicts };
  }

  async function metric(line: string): Promise<boolean> {
    const page = await pod.run(["curl", "-sS", "http://127.0.0.1:4191/metrics"], { uid: APP_UID });
    return page.stdout.split("\n").includes(line);
  }

  async function readiness(): Promise<string> {
    return (await pod.run(["curl", "-sS", "http://127.0.0.1:4191/ready"])).stdout;
  }

  it("is not ready without rules, and says what to do", async () => {
    await proxy.says("connections of applications are not intercepted");
    expect(proxy.stderr).toContain("heddle init --outbound-port 4140");
    expect(await readiness()).toContain("not ready: interception: connections to 192.0.2.1:4199");
    expect(await check()).toMatchObject({
      code: 1,
      verdicts: { ready: "failed", "interception-ipv4": "failed", "interception-ipv6": "failed" },
    });
  });

  it("gets ready by itself when they are set", async () => {
    expect(await pod.heddle(["init"])).toMatchObject({ code: 0 });
    await until("readiness", async () => (await readiness()) === "ready\n");
    await proxy.says("interception is proven");
    expect(await check()).toMatchObject({
      code: 0,
      verdicts: {
        ready: "ok",
        "interception-ipv4": "ok",
        "interception-ipv6": "ok",
        "inbound-interception": "ok",
      },
    });
    expect(await metric('heddle_interception_proven{family="ipv6"} 1')).toBe(true);
  });

  it("finds out, when asked, that they are gone", async () => {
    expect(await pod.heddle(["init", "--undo"])).toMatchObject({ code: 0 });
    expect(await check()).toMatchObject({ code: 1, verdicts: { "interception-ipv4": "failed" } });
    expect(await metric('heddle_interception_proven{family="ipv4"} 0')).toBe(true);
  });

  it("starts on a machine without IPv6, and says so", async () => {
    const old = network.addPod("old");
    const off = "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6";
    expect(await old.run(["sh", "-c", off])).toMatchObject({ code: 0 });
    const args = ["proxy", "--transparent", "--egress", "--admin", "[::]:4191"];
    const started = old.startHeddle(args, { uid: PROXY_UID });
    await started.says("this machine has no IPv6: listening on IPv4 alone");
    expect(await old.heddle(["init", "--ipv6=off"])).toMatchObject({ code: 0 });
    await started.says("interception is proven");
    expect(started.stderr).toMatch(/interception is proven families=ipv4\n/);
  });

  it("proves it in each of several workers, wherever their probes come in", async () => {
    const many = network.addPod("many");
    expect(await many.heddle(["init"])).toMatchObject({ code: 0 });
    const args = ["proxy", "--transparent", "--egress", "--workers", "3"];
    const started = many.startHeddle(args, { uid: PROXY_UID });
    for (const worker of [0, 1, 2]) await started.says(`interception is proven worker=${worker}`);
    await until("readiness", async () => {
      return (await many.run(["curl", "-sS", "http://127.0.0.1:4191/ready"])).stdout === "ready\n";
    });
    const asked = await many.heddle(["check", "--proxy"], { uid: APP_UID });
    expect(asked).toMatchObject({ code: 0 });
  });
});
