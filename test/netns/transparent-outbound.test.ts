/** Applications that know nothing of a mesh, and whose connections go through it all the same. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeInNamespaces } from "../harness/namespaces.ts";
import { APP_UID, type Pod } from "../harness/pod.ts";
import { MESH_NAMESPACE, PodMesh } from "../harness/pod-mesh.ts";
import type { ServiceAddresses } from "../harness/pod-network.ts";
import { RedirectCounts } from "../harness/redirect-counts.ts";
import type { AppAnswer } from "./app-answer.ts";

describeInNamespaces("connections that an application opens", () => {
  let mesh: PodMesh;
  let client: Pod;
  let first: Pod;
  let second: Pod;
  let stranger: Pod;
  let web: ServiceAddresses;
  let own: ServiceAddresses;
  let counts: RedirectCounts;

  beforeAll(async () => {
    mesh = new PodMesh();
    const { network } = mesh;
    client = network.addPod("client");
    first = network.addPod("first");
    second = network.addPod("second");
    stranger = network.addPod("stranger");
    await Promise.all(
      [client, first, second, stranger].map((pod) => mesh.startApp(pod, "http:8080")),
    );
    web = mesh.addService("web", 80, [first], { targetPort: 8080 });
    own = mesh.addService("own", 80, [client], { targetPort: 8080 });
    mesh.addService("web-v2", 80, [second], { targetPort: 8080 });
    await mesh.startOperator();
    await mesh.startProxy(client);
    counts = new RedirectCounts(mesh, client);
  });

  afterAll(() => mesh.close());

  const curl = async (...args: readonly string[]): Promise<string> =>
    (await client.run(["curl", "-sS", "-m", "20", ...args], { uid: APP_UID })).stdout;

  const ask = async (...args: readonly string[]): Promise<AppAnswer> =>
    JSON.parse(await curl(...args));

  it("go to an endpoint of the service at that address, whatever their Host says", async () => {
    for (const host of [web.ipv4, `[${web.ipv6}]`]) {
      const answer = await counts.as("service", () =>
        ask("-H", "Host: elsewhere.example", `http://${host}/a?b`),
      );
      expect(answer).toMatchObject({ name: "first", target: "/a?b", host: "elsewhere.example" });
    }
    const page = await mesh.page(client, "/metrics");
    expect(page).toMatch(
      /^response_total\{direction="outbound",.*dst_service="web".* ([2-9]|\d\d)$/m,
    );
  });

  it("carry a long download whole", async () => {
    const size = 50_000_000;
    const format = ["-o", "/dev/null", "-w", "%{http_code} %{size_download}"];
    expect(await curl(...format, `http://${web.ipv4}/bytes/${size}`)).toBe(`200 ${size}`);
  });

  it("may come back to their own pod", async () => {
    for (const host of [own.ipv4, `[${own.ipv6}]`, `${client.ipv4}:8080`, "127.0.0.1:8080"]) {
      expect(await ask(`http://${host}/`)).toMatchObject({ name: "client" });
    }
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
    for (const host of [first.ipv4, `[${first.ipv6}]`]) {
      const answer = await counts.as("endpoint", () => ask(`http://${host}:8080/`));
      expect(answer).toMatchObject({ name: "first" });
    }
  });

  it("pass untouched where the mesh knows nothing", async () => {
    const answer = await counts.as("unknown", () => ask(`http://${stranger.ipv4}:8080/`));
    expect(answer).toMatchObject({ name: "stranger" });
    await stranger.startAgent().listen(2525);
    const agent = client.startAgent({ uid: APP_UID });
    expect(await counts.as("unknown", () => agent.dial(stranger.ipv4, 2525))).toBe("2525");
  });
});
