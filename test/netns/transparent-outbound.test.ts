/** Applications that know nothing of a mesh, and whose connections go through it all the same. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeInNamespaces } from "../harness/namespaces.ts";
import { APP_UID, type Pod } from "../harness/pod.ts";
import { MESH_NAMESPACE, PodMesh } from "../harness/pod-mesh.ts";
import type { ServiceAddresses } from "../harness/pod-network.ts";
import type { AppAnswer } from "./app-answer.ts";

describeInNamespaces("connections that an application opens", () => {
  let mesh: PodMesh;
  let client: Pod;
  let first: Pod;
  let second: Pod;
  let stranger: Pod;
  let web: ServiceAddresses;

  beforeAll(async () => {
    mesh = new PodMesh();
    const { network } = mesh;
    client = network.addPod("client");
    first = network.addPod("first");
    second = network.addPod("second");
    stranger = network.addPod("stranger");
    await Promise.all([first, second, stranger].map((pod) => mesh.startApp(pod, "http:8080")));
    web = mesh.addService("web", 80, [first], { targetPort: 8080 });
    mesh.addService("web-v2", 80, [second], { targetPort: 8080 });
    await mesh.startOperator();
    await mesh.startProxy(client);
  });

  afterAll(() => mesh.close());

  const curl = async (...args: readonly string[]): Promise<string> =>
    (await client.run(["curl", "-sS", "-m", "20", ...args], { uid: APP_UID })).stdout;

  const ask = async (...args: readonly string[]): Promise<AppAnswer> =>
    JSON.parse(await curl(...args));

  const count = async (kind: string): Promise<number> => {
    const page = await mesh.page(client, "/metrics");
    const labels = `{direction="outbound",kind="${kind}"}`;
    const line = `heddle_redirect_connections_total${labels} `;
    return Number(
      page
        .split("\n")
        .find((one) => one.startsWith(line))
        ?.slice(line.length),
    );
  };

  it("go to an endpoint of the service at that address, whatever their Host says", async () => {
    const before = await count("service");
    for (const host of [web.ipv4, `[${web.ipv6}]`]) {
      const answer = await ask("-H", "Host: elsewhere.example", `http://${host}/a?b`);
      expect(answer).toMatchObject({ name: "first", target: "/a?b", host: "elsewhere.example" });
    }
    expect(await count("service")).toBe(before + 2);
    const page = await mesh.page(client, "/metrics");
    expect(page).toMatch(/^response_total\{direction="outbound",.*dst_service="web".* 2$/m);
  });

  it("are split as the service's split says", async () => {
    mesh.apply("split", {
      apiVersion: "heddle.mesh/v1alpha1",
      kind: "TrafficSplit",
      metadata: { name: "web", namespace: MESH_NAMESPACE },
      spec: { service: "web", backends: [{ service: "web-v2", weight: 1 }] },
    });
    await expect.poll(async () => (await ask(`http://${web.ipv4}/`)).name).toBe("second");
  });

  it("stay with the pod that was dialled", async () => {
    const before = await count("endpoint");
    expect(await ask(`http://${first.ipv4}:8080/`)).toMatchObject({ name: "first" });
    expect(await ask(`http://[${first.ipv6}]:8080/`)).toMatchObject({ name: "first" });
    expect(await count("endpoint")).toBe(before + 2);
  });

  it("pass untouched where the mesh knows nothing", async () => {
    const before = await count("unknown");
    expect(await ask(`http://${stranger.ipv4}:8080/`)).toMatchObject({ name: "stranger" });
    await stranger.startAgent().listen(2525);
    const agent = client.startAgent({ uid: APP_UID });
    expect(await agent.dial(stranger.ipv4, 2525)).toBe("2525");
    expect(await count("unknown")).toBe(before + 2);
  });
});
