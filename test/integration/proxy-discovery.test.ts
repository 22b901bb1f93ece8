/** What the proxy does with endpoints when discovery removes, empties, or cannot be believed. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_DISCOVERY, type Discovery } from "../../mesh/backend-settings.ts";
import { backendSettings, destination, service } from "../harness/fake-table.ts";
import type { Origin } from "../harness/origins.ts";
import { ProxyScene, page, sample } from "../harness/proxy-scene.ts";
import { loopbackEndpoint, type RunningProxy } from "../harness/running-proxy.ts";
import { SteadyLoad } from "../harness/steady-load.ts";

let scene: ProxyScene;
let proxy: RunningProxy;
let origins: readonly Origin[];
let areFailing: boolean;

beforeEach(async () => {
  scene = new ProxyScene();
  areFailing = false;
  proxy = await scene.proxy();
  origins = await Promise.all(["one", "two", "six"].map(saying));
});

afterEach(() => scene.end());

function saying(word: string): Promise<Origin> {
  return scene.scripted(() => {
    const status = areFailing ? "500 No" : "200 OK";
    return `HTTP/1.1 ${status}\r\nContent-Length: 3\r\n\r\n${word}`;
  });
}

function serve(discovery: Partial<Discovery> = {}): void {
  proxy.endpoints(
    "web",
    origins.map(({ port }) => port),
  );
  const made = destination("web", ["web"]);
  const settings = { ...DEFAULT_DISCOVERY, ...discovery };
  proxy.put("web", {
    ...made,
    backends: [{ ...backendSettings(service("web")), discovery: settings }],
  });
}

/** Endpoints as a source says them that has lost its origin, or has not read all of it. */
function unsynced(ports: readonly number[]): void {
  const endpoints = ports.map((port) => loopbackEndpoint(port));
  const set = { service: service("web"), source: "files", synced: false, endpoints };
  proxy.table.put("endpoints", service("web"), set);
}

function load(callers = 8): SteadyLoad {
  return new SteadyLoad({ port: proxy.outboundPort, host: "web", callers });
}

async function decisions(name: string): Promise<number> {
  const text = await page(proxy, "/metrics");
  return sample(text, "heddle_discovery_decisions_total", `"${name}"`);
}

describe("discovery that empties under load", () => {
  it("costs nobody anything, opens no connection, and is told", async () => {
    serve();
    const callers = load();
    await callers.more(400);
    proxy.endpoints("web", []);
    await expect.poll(() => decisions("kept-emptied")).toBe(3);
    const opened = origins.map(({ connectionCount }) => connectionCount);
    await callers.more(1_000);
    expect(origins.map(({ connectionCount }) => connectionCount)).toEqual(opened);
    const shown = JSON.parse(await page(proxy, "/config")).backends[0];
    expect(shown.discovery.standing).toBe("emptied");
    expect(shown.discovery.decisions[0]).toMatchObject({ decision: "kept-emptied" });
    expect(shown.endpoints.map(({ kept }: { kept: string }) => kept)).toEqual(
      origins.map(() => "kept-emptied"),
    );
    proxy.endpoints(
      "web",
      origins.map(({ port }) => port),
    );
    await expect.poll(() => decisions("returned")).toBe(3);
    await callers.more(100);
    expect(Object.keys(await callers.stop())).toEqual(["200"]);
  });

  it("is believed after the grace time", async () => {
    serve({ graceMs: 200 });
    const callers = load();
    await callers.more(100);
    proxy.endpoints("web", []);
    await expect.poll(() => decisions("expired")).toBe(3);
    await callers.more(50);
    expect(Object.keys(await callers.stop()).sort()).toEqual(["200", "503"]);
    expect(sample(await page(proxy, "/metrics"), "heddle_pool_connections")).toBe(0);
  });

  it("is believed at once where trust is strict", async () => {
    serve({ trust: "strict" });
    const callers = load();
    await callers.more(100);
    proxy.endpoints("web", []);
    await expect.poll(() => decisions("removed")).toBe(3);
    await callers.more(50);
    expect(Object.keys(await callers.stop()).sort()).toEqual(["200", "503"]);
  });

  it("leaves nobody to ask when the connections from before are closed", async () => {
    serve();
    const callers = load();
    await callers.more(100);
    proxy.endpoints("web", []);
    await expect.poll(() => decisions("kept-emptied")).toBe(3);
    for (const origin of origins) await origin.close();
    await expect.poll(() => decisions("disconnected")).toBe(3);
    await callers.more(50);
    await callers.stop();
    const metrics = await page(proxy, "/metrics");
    expect(sample(metrics, "heddle_endpoints_kept", `"false"`)).toBe(3);
    expect(sample(metrics, "heddle_faults_total", "no-endpoints")).toBeGreaterThan(0);
  });
});

describe("discovery that calls all not ready under load", () => {
  function sayUnready(): void {
    const ports = origins.map(({ port }) => port);
    proxy.endpoints("web", ports, { state: "not-ready" });
  }

  it("costs nobody anything, opens no connection, and is told", async () => {
    serve();
    const callers = load();
    await callers.more(400);
    sayUnready();
    await expect.poll(() => decisions("kept-unready")).toBe(3);
    const opened = origins.map(({ connectionCount }) => connectionCount);
    await callers.more(1_000);
    expect(origins.map(({ connectionCount }) => connectionCount)).toEqual(opened);
    const shown = JSON.parse(await page(proxy, "/config")).backends[0];
    expect(shown.discovery.standing).toBe("unready");
    expect(shown.endpoints.map(({ kept }: { kept: string }) => kept)).toEqual(
      origins.map(() => "kept-unready"),
    );
    proxy.endpoints(
      "web",
      origins.map(({ port }) => port),
    );
    await expect.poll(() => decisions("returned")).toBe(3);
    await callers.more(100);
    expect(Object.keys(await callers.stop())).toEqual(["200"]);
  });

  it("is believed at once where trust is strict", async () => {
    serve({ trust: "strict" });
    const callers = load();
    await callers.more(100);
    sayUnready();
    await expect.poll(() => [...callers.outcomes.keys()].sort()).toEqual(["200", "503"]);
    await callers.stop();
  });

  it("is believed while they fail", async () => {
    // What is refused for longer than the grace time stays refused.
    serve({ graceMs: 3_600_000 });
    const callers = load();
    await callers.more(100);
    sayUnready();
    await expect.poll(() => decisions("kept-unready")).toBe(3);
    areFailing = true;
    await expect.poll(() => callers.outcomes.get("503") ?? 0).toBeGreaterThan(100);
    // Most are refused before anybody is asked, who is asked now and then.
    expect(callers.outcomes.get("500")).toBeLessThan(callers.outcomes.get("503") ?? 0);
    areFailing = false;
    callers.outcomes.clear();
    await expect.poll(() => callers.outcomes.get("200") ?? 0).toBeGreaterThan(100);
    await callers.stop();
  });
});

describe("a source that lists only some", () => {
  it("is not believed about the others while it is not synced", async () => {
    serve();
    const callers = load();
    await callers.more(400);
    unsynced([origins[0]?.port ?? 0]);
    await expect.poll(() => decisions("kept-unsynced")).toBe(2);
    callers.bodies.clear();
    await callers.more(600);
    expect([...callers.bodies.keys()].sort()).toEqual(["one", "six", "two"]);
    expect(Object.keys(await callers.stop())).toEqual(["200"]);
  });

  it("is believed when it is: the others get nothing more, and nothing is lost", async () => {
    serve();
    const callers = load();
    await callers.more(400);
    proxy.endpoints("web", [origins[0]?.port ?? 0]);
    await expect.poll(() => decisions("removed")).toBe(2);
    await callers.answered();
    callers.bodies.clear();
    await callers.more(300);
    expect([...callers.bodies.keys()]).toEqual(["one"]);
    expect(Object.keys(await callers.stop())).toEqual(["200"]);
  });
});

describe("endpoints that leave", () => {
  it("get nothing more while others are ready, and all of it when none is", async () => {
    serve();
    const callers = load();
    await callers.more(100);
    proxy.endpoints(
      "web",
      origins.map(({ port }) => port),
      { state: "serving" },
    );
    await expect.poll(() => decisions("terminating")).toBe(3);
    await callers.more(300);
    expect(Object.keys(await callers.stop())).toEqual(["200"]);
  });
});
