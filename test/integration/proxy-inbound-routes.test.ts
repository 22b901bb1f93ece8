/** What a proxy in front of an application does with what the operator says of its service. */
import { afterEach, describe, expect, it } from "vitest";
import { ManualTimers } from "../../base/timers.ts";
import type { Destination, Rule } from "../../mesh/destination.ts";
import { MATCH_EVERYTHING } from "../../mesh/match.ts";
import {
  type Concurrency,
  DEFAULT_BEHAVIOUR,
  DEFAULT_CONCURRENCY,
  type RouteBehaviour,
} from "../../mesh/route-behaviour.ts";
import { destination, service } from "../harness/fake-table.ts";
import type { Origin } from "../harness/origins.ts";
import { ProxyScene, page, sample } from "../harness/proxy-scene.ts";
import type { RawClient } from "../harness/raw-client.ts";
import { type RunningProxy, type RunningProxyOptions, rule } from "../harness/running-proxy.ts";

const scene = new ProxyScene();

afterEach(async () => {
  await scene.end();
});

async function inFrontOf(
  origin: Origin,
  appConcurrency: Partial<Concurrency> = {},
  rest: RunningProxyOptions = {},
): Promise<RunningProxy> {
  return await scene.proxy({
    ...rest,
    settings: {
      inbound: { host: "127.0.0.1", port: 0 },
      apps: [{ service: "web", address: { host: "127.0.0.1", port: origin.port } }],
      appConcurrency: { ...DEFAULT_CONCURRENCY, ...appConcurrency },
    },
  });
}

function routed(name: string, behaviour: Partial<RouteBehaviour>, path: string): Rule {
  const made = rule(name, ["web"], {
    match: path === "" ? MATCH_EVERYTHING : { kind: "pathPrefix", prefix: path },
  });
  const action = { ...made.action, behaviour: { ...DEFAULT_BEHAVIOUR, ...behaviour } };
  return { ...made, action };
}

function put(proxy: RunningProxy, rules: readonly Rule[], importanceHeader = ""): void {
  const made: Destination = {
    ...destination("web", ["web"]),
    rules,
    concurrency: { ...DEFAULT_CONCURRENCY, limit: 1, importanceHeader },
  };
  proxy.endpoints("web", [1]);
  proxy.put("web", made);
}

/** One request on a kept connection, and the whole small answer to it. */
async function ask(caller: RawClient, path: string, fields = ""): Promise<string> {
  caller.clear();
  caller.send(`GET ${path} HTTP/1.1\r\nHost: web\r\n${fields}\r\n`);
  return await caller.until((text) => /\r\n\r\n[\s\S]+/.test(text));
}

async function isLive(proxy: RunningProxy): Promise<void> {
  await expect
    .poll(async () => JSON.parse(await page(proxy, "/config")).resources)
    .toContainEqual(expect.objectContaining({ type: "destination", key: service("web") }));
}

describe("an application's own proxy", () => {
  it("serves before anything is known, and names routes once it is", async () => {
    const proxy = await inFrontOf(await scene.echo());
    const caller = await scene.client(proxy.inboundPort);
    expect(await ask(caller, "/api/a")).toContain("200 OK");
    put(proxy, [routed("api", {}, "/api"), routed("", {}, "")]);
    await expect
      .poll(async () => {
        await ask(caller, "/api/b");
        const metrics = await page(proxy, "/metrics");
        return sample(metrics, "request_total", 'direction="inbound"', 'rt_route="api"');
      })
      .toBeGreaterThan(0);
  });

  it("does nothing there that the caller's proxy has done already", async () => {
    const proxy = await inFrontOf(await scene.echo());
    put(proxy, [
      routed(
        "api",
        {
          abort: { share: 1, status: 500 },
          delay: { share: 1, minMs: 60_000, maxMs: 60_000 },
          rewrite: { path: "/twice", pathPrefix: "", matchedPrefix: "", host: "" },
          rateLimit: { requestsPerSecond: 0.001, burst: 2, header: "" },
        },
        "",
      ),
    ]);
    const caller = await scene.client(proxy.inboundPort);
    await expect.poll(() => ask(caller, "/once")).toContain("heddle-error: rate-limited");
    const metrics = await page(proxy, "/metrics");
    expect(sample(metrics, "response_total", 'rt_route="api"', 'status_code="200"')).toBe(3);
    expect(sample(metrics, "heddle_delayed_requests_total")).toBe(0);
  });

  it("keeps each client to its rate, and says when to come back", async () => {
    // Time stands still, so that what is to be waited for grows no less.
    const timers = new ManualTimers();
    const proxy = await inFrontOf(await scene.echo(), {}, { timers });
    const rateLimit = { requestsPerSecond: 0.1, burst: 0, header: "x-client" };
    put(proxy, [routed("api", { rateLimit }, "")]);
    await isLive(proxy);
    const caller = await scene.client(proxy.inboundPort);
    await expect.poll(() => ask(caller, "/", "X-Client: a\r\n")).toContain("429 Too Many");
    const refused = await ask(caller, "/", "X-Client: a\r\n");
    const seconds = Number(/\r\nRetry-After: (\d+)\r\n/.exec(refused)?.[1]);
    expect(seconds).toBeGreaterThanOrEqual(10);
    expect(seconds).toBeLessThanOrEqual(20);
    expect(refused).toContain("heddle-error: rate-limited\r\n");
    expect(await ask(caller, "/", "X-Client: b\r\n")).toContain("200 OK");
    expect(await ask(caller, "/")).toContain("200 OK");
    expect(await ask(caller, "/")).toContain("429 Too Many");
  });

  it("does not hand out a rate anew with every configuration", async () => {
    const proxy = await inFrontOf(await scene.echo());
    const rateLimit = { requestsPerSecond: 0.001, burst: 0, header: "" };
    put(proxy, [routed("api", { rateLimit }, "")]);
    const caller = await scene.client(proxy.inboundPort);
    await expect.poll(() => ask(caller, "/")).toContain("429");
    put(proxy, [routed("api", { rateLimit }, ""), routed("other", {}, "/other")]);
    await proxy.configured();
    expect(await ask(caller, "/")).toContain("429");
  });

  it("lets an application have so many requests at a time, the critical ones first", async () => {
    const waiting: (() => void)[] = [];
    const seen: string[] = [];
    const origin = await scene.raw((socket) => {
      socket.on("data", (bytes: Buffer) => {
        seen.push(/^GET (\S+)/.exec(bytes.toString())?.[1] ?? "");
        waiting.push(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
      });
    });
    const proxy = await inFrontOf(origin, { limit: 1, queueLength: 1, queueTimeoutMs: 60_000 });
    put(proxy, [routed("", {}, "")], "x-importance");
    const first = await scene.client(proxy.inboundPort);
    await isLive(proxy);
    // Served by the fixed stack or the live one: the limit is the same.
    first.send("GET /1 HTTP/1.1\r\nHost: web\r\n\r\n");
    await expect.poll(() => seen).toEqual(["/1"]);
    const second = await scene.client(proxy.inboundPort);
    second.send("GET /2 HTTP/1.1\r\nHost: web\r\nX-Importance: sheddable\r\n\r\n");
    await expect
      .poll(async () => sample(await page(proxy, "/metrics"), "heddle_concurrency_waiting"))
      .toBe(1);
    const third = await scene.client(proxy.inboundPort);
    third.send("GET /3 HTTP/1.1\r\nHost: web\r\nX-Importance: Critical\r\n\r\n");
    await expect
      .poll(async () => sample(await page(proxy, "/metrics"), "heddle_concurrency_waiting"))
      .toBe(2);
    const fourth = await scene.client(proxy.inboundPort);
    fourth.send("GET /4 HTTP/1.1\r\nHost: web\r\n\r\n");
    const displaced = await second.untilText("overloaded: displaced");
    expect(displaced).toMatch(/^HTTP\/1\.1 503 [\s\S]*\r\nRetry-After: [12]\r\n/);
    expect(displaced).toContain("heddle-retry: no\r\n");
    expect(displaced).toContain("heddle-unsent: 1\r\n");
    for (const text of ["/3", "/4"]) {
      waiting.shift()?.();
      await expect.poll(() => seen.at(-1)).toBe(text);
    }
    waiting.shift()?.();
    await third.untilText("ok");
    await fourth.untilText("ok");
    const metrics = await page(proxy, "/metrics");
    expect(sample(metrics, "heddle_shed_requests_total", "sheddable", "displaced")).toBe(1);
    expect(sample(metrics, "heddle_concurrency_in_flight")).toBe(0);
  });
});
