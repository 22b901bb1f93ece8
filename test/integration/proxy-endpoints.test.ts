/** Endpoints that come, go, and get slow while callers ask without a pause. */
import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_BREAKER } from "../../mesh/backend-settings.ts";
import type { EndpointState } from "../../mesh/endpoint-set.ts";
import { backendSettings, destination, service } from "../harness/fake-table.ts";
import { ProxyScene, page, sample } from "../harness/proxy-scene.ts";
import { loopbackEndpoint, type RunningProxy } from "../harness/running-proxy.ts";
import { unlessStarved } from "../harness/starvation.ts";
import { SteadyLoad } from "../harness/steady-load.ts";
import { until } from "../harness/until.ts";

let scene: ProxyScene;
let proxy: RunningProxy;

beforeEach(async () => {
  scene = new ProxyScene();
  proxy = await scene.proxy();
});

afterEach(() => scene.end());

/** How many requests the proxy has under way there. */
async function pendingAt(port: number): Promise<number> {
  const { backends } = JSON.parse(await page(proxy, "/config"));
  const endpoints: readonly { port: number; pending: number }[] = backends[0].endpoints;
  return endpoints.find((endpoint) => endpoint.port === port)?.pending ?? 0;
}

/** A server as a platform runs it: it ends what it has when it is told to stop. */
class Instance {
  readonly server: Server;
  state: EndpointState = "ready";
  delayMs = 1;

  constructor() {
    this.server = createServer((_, response) => {
      setTimeout(() => response.end("ok"), this.delayMs);
    });
  }

  get port(): number {
    const address = this.server.address();
    return address instanceof Object ? address.port : 0;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    scene.closing({ close: () => this.server.closeAllConnections() ?? this.server.close() });
    return this;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeIdleConnections();
    await closed;
  }
}

function start(count: number): Promise<Instance[]> {
  return Promise.all(Array.from({ length: count }, () => new Instance().start()));
}

function publish(instances: readonly Instance[]): void {
  const endpoints = instances
    .map(({ port, state }) => loopbackEndpoint(port, { state }))
    .sort((one, other) => (one.id < other.id ? -1 : 1));
  const set = { service: service("web"), source: "files", synced: true, endpoints };
  proxy.table.put("endpoints", service("web"), set);
}

function serve(): void {
  const settings = { ...backendSettings(service("web")), breaker: DEFAULT_BREAKER };
  proxy.put("web", { ...destination("web", ["web"]), backends: [settings] });
}

describe("a rolling restart of three, twice", () => {
  it.each(["GET", "POST"])("costs %s nothing", async (method) => {
    const instances = await start(3);
    publish(instances);
    serve();
    const callers = new SteadyLoad({ port: proxy.outboundPort, host: "web", callers: 12, method });
    await callers.more(300);
    for (let round = 0; round < 6; round += 1) {
      const leaving = instances[0];
      if (leaving === undefined) throw new Error("there are three");
      const fresh = await new Instance().start();
      instances.push(fresh);
      leaving.state = "terminating";
      publish(instances);
      await proxy.configured();
      await until("nothing under way", async () => (await pendingAt(leaving.port)) === 0);
      await leaving.stop();
      instances.shift();
      publish(instances);
      await callers.more(150);
    }
    expect(Object.keys(await callers.stop())).toEqual(["200"]);
    await proxy.configured();
    const metrics = await page(proxy, "/metrics");
    expect(sample(metrics, "heddle_discovery_decisions_total", `"removed"`)).toBe(6);
  });
});

describe("one of ten that is slow by 200 ms", () => {
  async function expectLittle(): Promise<void> {
    const instances = await start(10);
    const [slow] = instances;
    if (slow === undefined) throw new Error("there are ten");
    publish(instances);
    serve();
    const callers = new SteadyLoad({ port: proxy.outboundPort, host: "web", callers: 16 });
    await callers.more(500);
    slow.delayMs = 200;
    let asked = 0;
    slow.server.on("request", () => {
      asked += 1;
    });
    const before = callers.count;
    await callers.more(6_000);
    const seen = callers.count - before;
    expect(Object.keys(await callers.stop())).toEqual(["200"]);
    expect(asked / seen).toBeLessThan(0.01);
  }

  // Where no processor is free the others are slow as well.
  it("gets less than one request in a hundred", ({ skip }) => unlessStarved(skip, expectLittle));
});
