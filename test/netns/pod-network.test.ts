/** The ground that the other tests here stand on: pods that reach each other, and nothing else. */
import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeInNamespaces } from "../harness/namespaces.ts";
import { APP_UID, type Pod } from "../harness/pod.ts";
import type { PodAgent } from "../harness/pod-agent.ts";
import { PodNetwork } from "../harness/pod-network.ts";

describeInNamespaces("pods", () => {
  let network: PodNetwork;
  let client: Pod;
  let server: Pod;
  let agent: PodAgent;

  beforeAll(async () => {
    network = new PodNetwork();
    client = network.addPod("client");
    server = network.addPod("server");
    agent = client.startAgent({ uid: APP_UID });
    await server.startAgent().listen(8080);
  });

  afterAll(async () => {
    await network.close();
  });

  it("reach each other by either family", async () => {
    expect(await agent.dial(server.ipv4, 8080)).toBe("8080");
    expect(await agent.dial(server.ipv6, 8080)).toBe("8080");
    expect(await agent.dial(server.ipv4, 8081)).toBe("ECONNREFUSED");
  });

  it("reach services", async () => {
    const { ipv4, ipv6 } = network.addService(80, [
      { pod: server, port: 8080 },
      { pod: server, port: 8080 },
    ]);
    expect(await agent.dial(ipv4, 80)).toBe("8080");
    expect(await agent.dial(ipv6, 80)).toBe("8080");
    expect(await agent.dial(ipv4, 81)).toBe("ECONNREFUSED");
    const empty = network.addService(80, []);
    expect(await agent.dial(empty.ipv4, 80)).toBe("ECONNREFUSED");
    expect(await agent.dial(empty.ipv6, 80)).toBe("ECONNREFUSED");
  });

  it("reach nothing else", async () => {
    expect(await agent.dial("192.0.2.1", 4199)).toMatch(/E(NET|HOST)UNREACH/);
    expect(await agent.dial("2001:db8::1", 4199)).toMatch(/E(NET|HOST)UNREACH|EACCES/);
  });

  it("run programs as a user, and end them", async () => {
    const result = await client.run(["id", "-u"], { uid: APP_UID });
    expect(result).toEqual({ code: 0, stdout: `${APP_UID}\n`, stderr: "" });
    const sleeper = client.start(["sleep", "1000"]);
    expect(await sleeper.stop()).toMatchObject({ code: null });
    const missing = await client.run(["no-such-program"]);
    expect(missing.code).not.toBe(0);
  });

  it("leave nothing behind", async () => {
    const other = new PodNetwork();
    const pod = other.addPod("short");
    const agent = pod.startAgent();
    await agent.listen(80);
    expect(existsSync(`/run/netns/${pod.namespace}`)).toBe(true);
    await other.close();
    expect(existsSync(`/run/netns/${pod.namespace}`)).toBe(false);
    expect(agent.process.hasEnded).toBe(true);
  });
});
