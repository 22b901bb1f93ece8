/** A proxy that is told to stop finishes what it has begun, and takes nothing new. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualTimers } from "../../base/timers.ts";
import { ProxyScene, page } from "../harness/proxy-scene.ts";
import { RawClient } from "../harness/raw-client.ts";
import type { RunningProxy } from "../harness/running-proxy.ts";
import { until, untilInTime } from "../harness/until.ts";

/** Nobody is cut who is only slow. */
const GRACE_MS = 20_000;

let scene: ProxyScene;
let proxy: RunningProxy;

beforeEach(async () => {
  scene = new ProxyScene();
  proxy = await scene.proxy({ settings: { graceMs: GRACE_MS } });
});

afterEach(() => scene.end());

const GET = "GET / HTTP/1.1\r\nHost: web\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** A caller whose request is under way, and what finishes it. */
async function underWay(): Promise<{ readonly caller: RawClient; finish(): void }> {
  let finish: (() => void) | null = null;
  const origin = await scene.scripted((_, socket) => {
    finish = () => socket.write(OK);
    return undefined;
  });
  proxy.serve("web", [origin.port]);
  const caller = await scene.client(proxy.outboundPort);
  caller.send(GET);
  await until("the request at the endpoint", () => finish !== null);
  return { caller, finish: () => finish?.() };
}

describe("a proxy that stops", () => {
  it("finishes what is under way, and says that it was the last", async () => {
    const { caller, finish } = await underWay();
    const idle = await scene.client(proxy.outboundPort);
    await page(proxy, "/live");
    const stopped = proxy.app.stop();
    await idle.untilClosed();
    expect(await page(proxy, "/ready")).toContain("stopping");
    await expect(RawClient.connect(proxy.outboundPort)).rejects.toThrow("ECONNREFUSED");
    finish();
    const text = await caller.untilClosed();
    expect(text).toContain("200 OK");
    expect(text).toContain("Connection: close\r\n");
    expect(text).toMatch(/ok$/);
    caller.close();
    await stopped;
    await expect(RawClient.connect(proxy.adminPort)).rejects.toThrow("ECONNREFUSED");
  });

  it("waits no longer than its grace time, and then cuts", async () => {
    const timers = new ManualTimers();
    proxy = await scene.proxy({ settings: { graceMs: 500 }, timers });
    const { caller } = await underWay();
    let stopped = false;
    void proxy.app.stop().then(() => {
      stopped = true;
    });
    while (timers.clock.nowMs() < 480) {
      timers.advance(20);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(stopped).toBe(false);
    expect(proxy.app.outbound.connections.size).toBe(1);
    await untilInTime(timers, 20, "the end of the proxy", () => stopped);
    await caller.untilClosed();
    expect(proxy.app.outbound.connections.size).toBe(0);
  });

  it("ends a tunnel with the grace time", async () => {
    proxy = await scene.proxy({ settings: { graceMs: 100 } });
    const origin = await scene.raw((socket) => socket.pipe(socket));
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.send("CONNECT web:80 HTTP/1.1\r\nHost: web:80\r\n\r\nhello");
    await caller.untilText("hello");
    await proxy.app.stop();
    await caller.untilClosed();
  });

  it("loses no byte of an answer that is still on its way out", async () => {
    const body = "x".repeat(6_000_000);
    const origin = await scene.scripted((_, socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      return undefined;
    });
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    const count = caller.countOnly();
    caller.send(GET);
    await until("an answer that piles up", () => proxy.network.unsentBytes > 0);
    const stopped = proxy.app.stop();
    caller.socket.resume();
    await caller.untilClosed();
    expect(count()).toBeGreaterThan(body.length);
    await stopped;
  });
});
