/** In front of an application, and two proxies in a row. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { closedPort } from "../harness/origins.ts";
import { ProxyScene, page, sample } from "../harness/proxy-scene.ts";
import type { RunningProxy } from "../harness/running-proxy.ts";

let scene: ProxyScene;

beforeEach(() => {
  scene = new ProxyScene();
});

afterEach(() => scene.end());

/** A proxy with applications behind its inbound listener. */
async function inFrontOf(apps: Readonly<Record<string, number>>): Promise<RunningProxy> {
  return await scene.proxy({
    settings: {
      inbound: { host: "127.0.0.1", port: 0 },
      apps: Object.entries(apps).map(([service, port]) => ({
        service,
        address: { host: "127.0.0.1", port },
      })),
    },
  });
}

const GET = "GET / HTTP/1.1\r\nHost: web\r\n\r\n";

describe("an application behind a proxy", () => {
  it("is reached whatever name the caller used", async () => {
    const proxy = await inFrontOf({ web: (await scene.echo()).port });
    const caller = await scene.client(proxy.inboundPort);
    for (const host of ["web", "10.0.0.1:8080", "anything.example"]) {
      caller.clear();
      caller.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      await caller.untilText(`GET / ${host} []`);
    }
  });

  it("is told the service's name where a caller of HTTP/1.0 gives none", async () => {
    const { port } = await scene.echo();
    const proxy = await inFrontOf({ "web.shop:8080": port });
    const caller = await scene.client(proxy.inboundPort);
    caller.send("GET / HTTP/1.0\r\n\r\n");
    await caller.untilText("GET / web.shop:8080 []");
  });

  it("that is down is told apart from one that failed", async () => {
    const proxy = await inFrontOf({ web: await closedPort() });
    const caller = await scene.client(proxy.inboundPort);
    caller.send(GET);
    const text = await caller.untilText("app-unreachable: ");
    expect(text).toMatch(/^HTTP\/1\.1 502 /);
    expect(text).toContain("heddle-error: app-unreachable\r\n");
    expect(text).toContain("heddle-unsent: 1\r\n");
  });

  it("cannot claim that it was not reached", async () => {
    const app = await scene.scripted(
      () =>
        "HTTP/1.1 502 No\r\nheddle-unsent: 1\r\nheddle-error: app-unreachable\r\n" +
        "Content-Length: 2\r\n\r\nno",
    );
    const proxy = await inFrontOf({ web: app.port });
    const caller = await scene.client(proxy.inboundPort);
    caller.send(GET);
    expect(await caller.untilText("\r\n\r\nno")).not.toContain("heddle");
  });

  it("is chosen by Host where there are several, and strangers are refused", async () => {
    const names = ["web", "api"];
    const apps = await Promise.all(
      names.map((name) =>
        scene.scripted(() => `HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n${name}`),
      ),
    );
    const [web, api] = apps.map(({ port }) => port);
    const proxy = await inFrontOf({ web: web ?? 0, "api.shop:8080": api ?? 0 });
    const caller = await scene.client(proxy.inboundPort);
    for (const [host, name] of [
      ["web", "web"],
      ["web.shop:9999", "web"],
      ["api.shop.svc.c.local:8080", "api"],
      ["API", "api"],
    ] as const) {
      caller.clear();
      caller.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      await caller.untilText(`\r\n\r\n${name}`);
    }
    caller.clear();
    caller.send("GET / HTTP/1.1\r\nHost: db\r\n\r\n");
    const text = await caller.untilText("unknown-service: ");
    expect(text).toMatch(/^HTTP\/1\.1 404 /);
    const metrics = await page(proxy, "/metrics");
    expect(sample(metrics, "request_total", 'direction="inbound"', 'dst_service="web"')).toBe(2);
    expect(sample(metrics, "request_total", 'direction="inbound"', 'dst_service="api"')).toBe(2);
  });
});

describe("a caller's proxy", () => {
  async function chain(proxied: boolean): Promise<RunningProxy> {
    const down = await inFrontOf({ web: await closedPort() });
    const up = await inFrontOf({ web: (await scene.echo()).port });
    const proxy = await scene.proxy();
    proxy.serve("web", []);
    proxy.endpoints("web", [down.inboundPort, up.inboundPort], { proxied });
    return proxy;
  }

  it("believes a proxy that its application was not reached, and tries another", async () => {
    const proxy = await chain(true);
    const caller = await scene.client(proxy.outboundPort);
    for (let round = 0; round < 20; round += 1) {
      caller.clear();
      caller.send(`POST /${round} HTTP/1.1\r\nHost: web\r\nContent-Length: 0\r\n\r\n`);
      await caller.untilText(`POST /${round} web []`);
    }
    const metrics = await page(proxy, "/metrics");
    expect(sample(metrics, "heddle_route_retries_total")).toBeGreaterThan(0);
    expect(sample(metrics, "response_total", 'classification="failure"')).toBe(0);
  });

  it("tries another with a body too, while no byte of that has left", async () => {
    const proxy = await chain(true);
    for (let round = 0; round < 10; round += 1) {
      const caller = await scene.client(proxy.outboundPort);
      caller.send("POST /b HTTP/1.1\r\nHost: web\r\nExpect: 100-continue\r\n");
      caller.send("Content-Length: 4\r\n\r\n");
      const text = await caller.untilText("\r\n\r\n");
      expect(text).toMatch(/^HTTP\/1\.1 100 /);
      caller.send("body");
      await caller.untilText("POST /b web [body]");
    }
  });

  it("does not believe an endpoint that is no proxy, and removes what it said", async () => {
    const proxy = await chain(false);
    const caller = await scene.client(proxy.outboundPort);
    let refused = 0;
    for (let round = 0; round < 20; round += 1) {
      caller.clear();
      caller.send(GET);
      const text = await caller.until((all) => /\[\]$|app-unreachable: .*\n$/.test(all));
      if (text.startsWith("HTTP/1.1 502")) refused += 1;
      expect(text).not.toContain("heddle-unsent");
    }
    expect(refused).toBeGreaterThan(0);
  });
});
