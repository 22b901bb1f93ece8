/** What seldom happens to redirected connections, and has to go well all the same. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeInNamespaces } from "../harness/namespaces.ts";
import { APP_UID, type Pod, type PodProcess } from "../harness/pod.ts";
import { MESH_NAMESPACE, PodMesh } from "../harness/pod-mesh.ts";
import type { ServiceAddresses } from "../harness/pod-network.ts";
import { RedirectCounts } from "../harness/redirect-counts.ts";
import { sumSeries } from "../harness/sum-series.ts";
import type { AppAnswer } from "./app-answer.ts";

const FAMILIES = ["ipv4", "ipv6"] as const;
const TRIES_MAX = 20;
const LONG_MS_MAX = 240_000;

describeInNamespaces("a redirected connection", () => {
  let mesh: PodMesh;
  let client: Pod;
  let proxy: PodProcess;
  let counts: RedirectCounts;
  let first: Pod;
  let second: Pod;
  let own: ServiceAddresses;
  let late: ServiceAddresses;
  let loop: ServiceAddresses;

  beforeAll(async () => {
    mesh = new PodMesh();
    const { network } = mesh;
    client = network.addPod("client");
    first = network.addPod("first");
    second = network.addPod("second");
    await Promise.all([client, first, second].map((pod) => mesh.startApp(pod, "http:8080")));
    own = mesh.addService("own", 80, [client], { targetPort: 8080 });
    late = mesh.addService("late", 80, [first], { targetPort: 8080 });
    loop = mesh.addService("loop", 80, [client], { targetPort: 4143 });
    mesh.addHeadlessService("nodes", 8080, [first, second]);
    mesh.apply("split", {
      apiVersion: "heddle.mesh/v1alpha1",
      kind: "TrafficSplit",
      metadata: { name: "nodes", namespace: MESH_NAMESPACE },
      spec: { service: "nodes", backends: [{ service: "own", weight: 1 }] },
    });
    await mesh.startOperator();
    proxy = await mesh.startProxy(client);
    counts = new RedirectCounts(mesh, client);
  }, LONG_MS_MAX);

  afterAll(() => mesh.close());

  const curl = (...args: readonly string[]) =>
    client.run(["curl", "-sS", "-m", "30", ...args], { uid: APP_UID });

  const ask = async (url: string): Promise<AppAnswer> => {
    const { stdout, stderr } = await curl(url);
    if (stdout === "") throw new Error(stderr);
    return JSON.parse(stdout);
  };

  it.each(FAMILIES)(
    "reaches its own pod, by the service and by its address, %s",
    async (family) => {
      const inBrackets = (host: string): string => (family === "ipv6" ? `[${host}]` : host);
      const url = `http://${inBrackets(own[family])}/`;
      expect(await counts.as("service", () => ask(url))).toMatchObject({ name: "client" });
      expect(await ask(`http://${inBrackets(client[family])}:8080/`)).toMatchObject({
        name: "client",
        client: expect.stringContaining(client[family]),
      });
    },
  );

  it("stays with the pod of a headless service, whatever a split says", async () => {
    for (const pod of [first, second, first]) {
      for (const host of [pod.ipv4, `[${pod.ipv6}]`]) {
        const answer = await counts.as("endpoint", () => ask(`http://${host}:8080/`));
        expect(answer).toMatchObject({ name: pod.name });
      }
    }
  });

  it("ends where it would come to the proxy itself", async () => {
    const status = ["-o", "/dev/null", "-w", "%{http_code}"];
    const { stdout } = await curl(...status, `http://${loop.ipv4}/`);
    expect(["404", "502", "503", "508"]).toContain(stdout);
    // By its own ports, nothing comes round either: outside of loopback only one of them is open.
    expect((await curl(`http://${client.ipv4}:4140/`)).code).toBe(7);
    expect((await curl("-f", `http://${client.ipv4}:4143/`)).code).toBe(22);
  });

  it("is reset while the rules do not know the proxy's user, and served again after", async () => {
    expect(await client.heddle(["init", "--uid", "2103"])).toMatchObject({ code: 0 });
    // What nobody has dialled before goes round: that is noticed long before the files are used up.
    const { code: lost } = await curl(`http://${first.ipv4}:8081/`);
    expect([7, 52, 56]).toContain(lost);
    await proxy.says("the proxy's own connections (user 2102) are redirected to it as well");
    const page = await mesh.page(client, "/metrics");
    expect(sumSeries(page, "heddle_refused_connections_total")).toBe(0);
    const { code, stdout } = await client.heddle(["check", "--proxy"], { uid: APP_UID });
    expect([code, stdout]).toEqual([1, expect.stringContaining("heddle init --uid 2102")]);
    expect((await curl(`http://${late.ipv4}/`)).code).not.toBe(0);
    expect(await client.heddle(["init"])).toMatchObject({ code: 0 });
    await proxy.says(/(interception is proven.*){2}/s);
    expect(await ask(`http://${own.ipv4}/`)).toMatchObject({ name: "client" });
  });

  it("goes where it was meant to when the operator is away, after a second", async () => {
    await mesh.stopOperator();
    await proxy.says("the operator sends this proxy to another one");
    const [unmanaged, known] = [await counts.of("unmanaged"), await counts.of("service")];
    const agent = client.startAgent({ uid: APP_UID });
    await second.startAgent({ uid: APP_UID }).listen(2525);
    const { text, firstByteMs } = await agent.greeting(second.ipv4, 2525, "");
    expect(text).toBe("2525");
    expect(firstByteMs).toBeGreaterThan(900);
    expect(await counts.of("unmanaged")).toBe(unmanaged + 1);
    // Nobody else waits for a word that will not come.
    let bestMs = firstByteMs;
    for (let tries = 0; tries < TRIES_MAX && bestMs > 900; tries += 1) {
      bestMs = Math.min(bestMs, (await agent.greeting(second.ipv4, 2525, "")).firstByteMs);
    }
    expect(bestMs).toBeLessThan(900);
    // What is known goes on as before.
    expect(await ask(`http://${own.ipv4}/`)).toMatchObject({ name: "client" });
    expect(await counts.of("service")).toBe(known + 1);
  });

  it("is managed again when the operator is back", async () => {
    await mesh.startOperator();
    await proxy.says(/(connected to the operator.*){2}/s);
    expect(await counts.as("service", () => ask(`http://${late.ipv4}/`))).toMatchObject({
      name: "first",
    });
    expect(proxy.hasEnded).toBe(false);
  });

  it("is missed when the rules are gone, and the proxy says what to do", async () => {
    expect(await client.heddle(["init", "--undo"])).toMatchObject({ code: 0 });
    const { code, stdout } = await client.heddle(["check", "--proxy"], { uid: APP_UID });
    expect(code).toBe(1);
    expect(stdout).toContain("IPv4: connections to 192.0.2.1:4199 are not redirected here");
    expect(stdout).toContain('run "heddle init --outbound-port 4140" in this network namespace');
  });
});
