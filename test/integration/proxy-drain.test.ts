/** A proxy that is told to stop finishes what it has begun, and takes nothing new. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ProxyScene, page } from "../harness/proxy-scene.ts";
import { RawClient } from "../harness/raw-client.ts";
import type { RunningProxy } from "../harness/running-proxy.ts";

let scene: ProxyScene;
let proxy: RunningProxy;

beforeEach(async () => {
  scene = new ProxyScene();
  proxy = await scene.proxy({ settings: { graceMs: 500 } });
});

afterEach(() => scene.end());

const GET = "GET / HTTP/1.1\r\nHost: web\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** A caller whose request is under way, and what finishes it. */
async function underWay(): Promise<{ readonly caller: RawClient; finish(): void }> {
  let finish = () => {};
  const origin = await scene.scripted((_, socket) => {
    finish = () => socket.write(OK);
    return undefined;
  });
  proxy.serve("web", [origin.port]);
  const caller = await scene.client(proxy.outboundPort);
  caller.send(GET);
  await expect.poll(() => origin.connectionCount).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  return { caller, finish: () => finish() };
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
    const { caller } = await underWay();
    const startedMs = performance.now();
    await proxy.app.stop();
    expect(performance.now() - startedMs).toBeGreaterThan(450);
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    await caller.untilClosed();
    expect(proxy.app.outbound.connections.size).toBe(0);
  });

  it("ends a tunnel with the grace time", async () => {
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
    let count = 0;
    caller.socket.removeAllListeners("data");
    caller.socket.on("data", (bytes: Buffer) => {
      count += bytes.length;
    });
    caller.socket.pause();
    caller.send(GET);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const stopped = proxy.app.stop();
    await new Promise((resolve) => setTimeout(resolve, 50));
    caller.socket.resume();
    await caller.untilClosed();
    expect(count).toBeGreaterThan(body.length);
    await stopped;
  });
});
