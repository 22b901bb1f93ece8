/** Applications whose callers go through a proxy in front of them, which neither side knows of. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeInNamespaces } from "../harness/namespaces.ts";
import { APP_UID, type Pod, type PodProcess } from "../harness/pod.ts";
import { MESH_NAMESPACE, PodMesh } from "../harness/pod-mesh.ts";
import type { AppAnswer } from "./app-answer.ts";

describeInNamespaces("connections that arrive for an application", () => {
  let mesh: PodMesh;
  let client: Pod;
  let server: Pod;
  let proxy: PodProcess;

  beforeAll(async () => {
    mesh = new PodMesh();
    client = mesh.network.addPod("client");
    server = mesh.network.addPod("server");
    await mesh.startApp(server, "http:8080");
    await server.startAgent({ uid: APP_UID }).listen(2525);
    mesh.addService("web", 80, [server], { targetPort: 8080 });
    mesh.apply("profile", {
      apiVersion: "heddle.mesh/v1alpha1",
      kind: "ServiceProfile",
      metadata: { name: "web", namespace: MESH_NAMESPACE },
      spec: { service: "web", routes: [{ name: "page", condition: { path: "/page" } }] },
    });
    await mesh.startOperator();
    proxy = await mesh.startProxy(server);
  });

  afterAll(() => mesh.close());

  const curl = (...args: readonly string[]) =>
    client.run(["curl", "-sS", "-m", "20", ...args], { uid: APP_UID });

  const ask = async (...args: readonly string[]): Promise<AppAnswer> =>
    JSON.parse((await curl(...args)).stdout);

  const count = async (kind: string): Promise<number> => {
    const page = await mesh.page(server, "/metrics");
    const labels = `{direction="inbound",kind="${kind}"}`;
    const line = `heddle_redirect_connections_total${labels} `;
    return Number(
      page
        .split("\n")
        .find((one) => one.startsWith(line))
        ?.slice(line.length),
    );
  };

  it("reach it at its own address, by either family, for requests", async () => {
    const before = await count("endpoint");
    for (const host of [server.ipv4, `[${server.ipv6}]`]) {
      const answer = await ask("-H", "Host: any.example", `http://${host}:8080/page`);
      expect(answer).toMatchObject({ name: "server", target: "/page", host: "any.example" });
    }
    expect(await count("endpoint")).toBe(before + 2);
  });

  it("count for the service and its route as soon as they are known", async () => {
    const counted = /^response_total\{direction="inbound",.*dst_service="web".*rt_route="page"/m;
    await expect
      .poll(async () => {
        await ask(`http://${server.ipv4}:8080/page`);
        return await mesh.page(server, "/metrics");
      })
      .toMatch(counted);
  });

  it("reach it when it speaks first", async () => {
    const agent = client.startAgent();
    expect(await agent.dial(server.ipv4, 2525)).toBe("2525");
    expect(await agent.dial(server.ipv6, 2525)).toBe("2525");
  });

  it("are reset where nothing listens", async () => {
    const before = await count("endpoint");
    const { code } = await curl(`http://${server.ipv4}:8081/`);
    // Refused as a connection, not as a request: 52 and 56 are an end without an answer, and 7 is
    // the same where the reset is there as soon as the connection.
    expect([7, 52, 56]).toContain(code);
    expect(await count("endpoint")).toBe(before + 1);
    await proxy.says(`the application cannot be reached problem="${server.ipv4}:8081: refused"`);
    const { stdout } = await server.heddle(["check", "--proxy"], { uid: APP_UID });
    expect(stdout).toContain(`callers could not reach the application at ${server.ipv4}:8081`);
  });

  it("are told of when they go past the redirection", async () => {
    const { stdout } = await curl("-i", `http://${server.ipv4}:4143/`);
    expect(stdout).toMatch(/^HTTP\/1\.1 404 .*heddle-error: unknown-service/is);
    expect(await count("not-intercepted")).toBe(1);
    await proxy.says("callers come to the inbound port without being redirected there");
    const { stdout: found } = await server.heddle(["check", "--proxy"], { uid: APP_UID });
    expect(found).toContain("1 connections came to the inbound port");
  });
});
