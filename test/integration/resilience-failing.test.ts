/** Servers that fail under load, one and all, and servers that leave before anybody hears of it. */
import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_BREAKER } from "../../mesh/backend-settings.ts";
import type { Destination } from "../../mesh/destination.ts";
import { DEFAULT_RETRY } from "../../mesh/retry.ts";
import { backendSettings, destination, service } from "../harness/fake-table.ts";
import { ProxyScene, page, sample } from "../harness/proxy-scene.ts";
import type { RunningProxy } from "../harness/running-proxy.ts";
import { SteadyLoad } from "../harness/steady-load.ts";

const BUDGET = { ratio: 0.2, minRetriesPerSecond: 5, ttlMs: 2_000 };
const BACKOFF = { baseMs: 300, maxMs: 2_000, jitter: 0.5 };

let scene: ProxyScene;
let proxy: RunningProxy;

beforeEach(async () => {
  scene = new ProxyScene();
  proxy = await scene.proxy();
});

afterEach(() => scene.end());

class Instance {
  readonly server: Server;
  isFailing = false;
  askedCount = 0;
  #isLeaving = false;

  constructor() {
    this.server = createServer((request, response) => {
      this.askedCount += 1;
      request.resume();
      if (this.#isLeaving) response.setHeader("Connection", "close");
      if (this.isFailing) response.writeHead(503).end("no");
      else setTimeout(() => response.end("ok"), 1);
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

  /** As a good server does on SIGTERM: takes nothing new, and ends what it has. */
  async stop(): Promise<void> {
    this.#isLeaving = true;
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeIdleConnections();
    await closed;
  }
}

function start(count: number): Promise<Instance[]> {
  return Promise.all(Array.from({ length: count }, () => new Instance().start()));
}

function publish(instances: readonly Instance[]): void {
  proxy.endpoints(
    "web",
    instances.map(({ port }) => port),
  );
}

function serve(maxRetries: number): void {
  const made = destination("web", ["web"]);
  const breaker = { ...DEFAULT_BREAKER, consecutiveFailures: 5, backoff: BACKOFF };
  const retry = { ...DEFAULT_RETRY, maxRetries, statuses: [{ min: 500, max: 599 }] };
  const served: Destination = {
    ...made,
    budget: BUDGET,
    backends: [{ ...backendSettings(service("web")), breaker }],
    rules: made.rules.map((rule) => ({ ...rule, action: { ...rule.action, retry } })),
  };
  proxy.put("web", served);
}

function load(): SteadyLoad {
  return new SteadyLoad({ port: proxy.outboundPort, host: "web", callers: 12 });
}

function askedOf(instances: readonly Instance[]): number {
  return instances.reduce((sum, { askedCount }) => sum + askedCount, 0);
}

describe("one of four that fails at once", () => {
  it("attracts nothing, and no caller hears of it", async () => {
    const instances = await start(4);
    const [bad] = instances;
    if (bad === undefined) throw new Error("there are four");
    publish(instances);
    serve(2);
    const callers = load();
    await callers.more(400);
    bad.isFailing = true;
    const before = bad.askedCount;
    await callers.more(3_000);
    expect(bad.askedCount - before).toBeLessThan(60);
    bad.isFailing = false;
    const asked = bad.askedCount;
    await expect.poll(() => bad.askedCount - asked).toBeGreaterThan(100);
    expect(Object.keys(await callers.stop())).toEqual(["200"]);
    expect(sample(await page(proxy, "/metrics"), "heddle_evictions_total")).toBeGreaterThan(0);
  });
});

describe("all of four that fail", () => {
  it("are asked little more than callers ask, and serve at once when they are well", async () => {
    const instances = await start(4);
    publish(instances);
    serve(3);
    const callers = load();
    await callers.more(400);
    const startedMs = performance.now();
    const [askedBefore, countBefore] = [askedOf(instances), callers.count];
    for (const instance of instances) instance.isFailing = true;
    await callers.more(2_000);
    for (const instance of instances) instance.isFailing = false;
    const tries = askedOf(instances) - askedBefore;
    const requests = callers.count - countBefore;
    // The window may hold a whole ttl of good times before; 12 more may be under way.
    const windows = (performance.now() - startedMs) / BUDGET.ttlMs + 1;
    const reserve = BUDGET.minRetriesPerSecond * (BUDGET.ttlMs / 1_000) * windows;
    expect(tries).toBeLessThan(requests + BUDGET.ratio * (requests + 400) + reserve + 24);
    await expect.poll(() => callers.outcomes.get("503") ?? 0).toBeGreaterThan(1_000);
    const failed = callers.outcomes.get("503") ?? 0;
    await callers.more(1_000);
    // Those that were under way when all was well again.
    expect((callers.outcomes.get("503") ?? 0) - failed).toBeLessThan(30);
    expect(Object.keys(await callers.stop()).sort()).toEqual(["200", "503"]);
  });
});

describe("a restart that discovery hears of late", () => {
  it("costs nobody anything", async () => {
    const instances = await start(3);
    publish(instances);
    serve(2);
    const callers = load();
    await callers.more(300);
    for (let round = 0; round < 3; round += 1) {
      const leaving = instances.shift();
      await leaving?.stop();
      await callers.more(200);
      instances.push(await new Instance().start());
      publish(instances);
      await callers.more(200);
    }
    expect(Object.keys(await callers.stop())).toEqual(["200"]);
  });
});
