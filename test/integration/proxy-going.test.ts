/**
 * How a proxy goes, as its own process: the workload goes first, then the application, and then the
 * proxy, which never waits longer than it must.
 */
import { networkInterfaces } from "node:os";
import { performance } from "node:perf_hooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ProxyProcess, type ProxyProcessOptions } from "../harness/proxy-process.ts";
import { ProxyScene } from "../harness/proxy-scene.ts";
import { SteadyLoad } from "../harness/steady-load.ts";
import { until } from "../harness/until.ts";

/** What takes so long has waited for it: everything that is tested here is over sooner. */
const GRACE_MS = 100_000;
const SOON_MS = 15_000;

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

let scene: ProxyScene;

beforeEach(() => {
  scene = new ProxyScene();
});

afterEach(() => scene.end());

async function inFrontOf(
  appPort: number,
  flags: readonly string[] = ["--grace-time", `${GRACE_MS}ms`],
  options: ProxyProcessOptions = {},
): Promise<ProxyProcess> {
  const app = ["--inbound", "127.0.0.1:0", "--app", `web=127.0.0.1:${appPort}`];
  return scene.closing(await ProxyProcess.start([...app, ...flags], options));
}

/** An application that answers when it is told to. */
async function heldApp(): Promise<{ readonly port: number; held(): number; answer(): void }> {
  const waiting: (() => void)[] = [];
  const origin = await scene.scripted((_, socket) => {
    waiting.push(() => socket.write(OK));
    return undefined;
  });
  return {
    port: origin.port,
    held: () => waiting.length,
    answer: () => {
      for (const write of waiting.splice(0)) write();
    },
  };
}

function load(port: number, method = "GET"): SteadyLoad {
  return new SteadyLoad({ port, host: "web", callers: 6, method });
}

async function tookMs(ended: Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await ended;
  return performance.now() - startMs;
}

describe("a proxy whose workload is going", () => {
  it("serves all that comes, says that each answer is the last, and fails nobody", async () => {
    const proxy = await inFrontOf((await scene.echo()).port);
    const loads = [load(proxy.inboundPort), load(proxy.inboundPort, "POST")];
    await Promise.all(loads.map((one) => one.more(100)));
    expect((await proxy.page("/ready")).status).toBe(200);
    const drained = await proxy.page("/drain", "POST");
    expect(JSON.parse(drained.text)).toMatchObject({ stage: "draining" });
    await Promise.all(loads.map((one) => one.more(200)));
    expect(await proxy.page("/ready")).toEqual({
      status: 503,
      text: "not ready: it is draining\n",
    });
    expect(await proxy.figure('heddle_lifecycle_stage{stage="draining"}')).toBe(1);
    for (const one of loads) expect(Object.keys(await one.stop())).toEqual(["200"]);
    expect((await proxy.page("/drain", "POST")).status).toBe(200);
    // Nobody is left on a connection that they believe will live on.
    await until("connections are gone", async () => {
      const { connections } = JSON.parse((await proxy.page("/drain", "POST")).text);
      return connections.inbound === 0;
    });
    proxy.signal("SIGTERM");
    expect(await proxy.ended).toEqual({ code: 0, signal: null });
  });

  it("leaves idle callers alone, and what the application asks for", async () => {
    const echo = await scene.echo();
    const proxy = await inFrontOf(echo.port);
    const caller = await scene.client(proxy.inboundPort);
    const own = await scene.client(proxy.outboundPort);
    const get = (host: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    caller.send(get("web"));
    own.send(get(`127.0.0.1:${echo.port}`));
    await caller.untilText("[]");
    await own.untilText("[]");
    await proxy.page("/drain", "POST");
    caller.clear();
    own.clear();
    own.send(get(`127.0.0.1:${echo.port}`));
    caller.send(get("web"));
    expect(await caller.untilClosed()).toMatch(/200 OK.*Connection: close\r\n/s);
    expect(await own.untilText("[]")).not.toContain("Connection: close");
    expect(own.isClosed).toBe(false);
  });

  it("gives an answer that has begun to its end, and one more", async () => {
    let finish = () => {};
    const origin = await scene.scripted((_, socket, count) => {
      if (count > 1) return OK;
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfi");
      finish = () => socket.write("rs");
      return undefined;
    });
    const proxy = await inFrontOf(origin.port);
    const caller = await scene.client(proxy.inboundPort);
    caller.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n");
    await caller.untilText("\r\n\r\nfi");
    await proxy.page("/drain", "POST");
    finish();
    expect(await caller.untilText("firs")).not.toContain("Connection: close");
    caller.send("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 0\r\n\r\n");
    expect(await caller.untilClosed()).toMatch(/firs.*200 OK.*Connection: close\r\n.*ok$/s);
  });
});

describe("a proxy whose application is gone", () => {
  it.each(["SIGTERM", "SIGINT", "shutdown"] as const)(
    "finishes what is under way on %s",
    async (how) => {
      const app = await heldApp();
      const proxy = await inFrontOf(app.port);
      const callers = await Promise.all(
        Array.from({ length: 4 }, () => scene.client(proxy.inboundPort)),
      );
      for (const caller of callers) caller.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n");
      await until("all are under way", () => app.held() === callers.length);
      if (how === "shutdown") {
        const { text } = await proxy.page("/shutdown", "POST");
        expect(JSON.parse(text)).toMatchObject({ stage: "stopping", connections: { inbound: 4 } });
      } else proxy.signal(how);
      await until("it is stopping", async () => (await proxy.page("/ready")).status === 503);
      app.answer();
      for (const caller of callers) {
        expect(await caller.untilClosed()).toMatch(/200 OK.*Connection: close\r\n.*ok$/s);
        caller.close();
      }
      expect(await proxy.ended).toEqual({ code: 0, signal: null });
    },
  );

  it("ends at once when nothing is under way, whatever sockets are left", async () => {
    const proxy = await inFrontOf((await scene.echo()).port);
    const idle = await scene.client(proxy.inboundPort);
    idle.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n");
    await idle.untilText("[]");
    const silent = await scene.client(proxy.outboundPort);
    // Answered and told that it was the last, this one never closes its side.
    const lingering = await scene.client(proxy.inboundPort);
    lingering.send("GET / HTTP/1.0\r\nHost: web\r\n\r\n");
    await lingering.untilText("[]");
    proxy.signal("SIGTERM");
    expect(await tookMs(proxy.ended)).toBeLessThan(SOON_MS);
    expect(await proxy.ended).toEqual({ code: 0, signal: null });
    await silent.untilClosed();
  });

  it("waits for its grace time and no longer", async () => {
    const app = await heldApp();
    const proxy = await inFrontOf(app.port, [], { env: { HEDDLE_GRACE_TIME: "400ms" } });
    const stuck = await scene.client(proxy.inboundPort);
    stuck.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n");
    const tunnel = await scene.client(proxy.outboundPort);
    const echo = await scene.raw((socket) => socket.pipe(socket));
    tunnel.send(`CONNECT 127.0.0.1:${echo.port} HTTP/1.1\r\nHost: x\r\n\r\nhello`);
    await tunnel.untilText("hello");
    await until("it is under way", () => app.held() === 1);
    proxy.signal("SIGTERM");
    const took = await tookMs(proxy.ended);
    expect(took).toBeGreaterThan(380);
    expect(took).toBeLessThan(SOON_MS);
    expect(await proxy.ended).toEqual({ code: 0, signal: null });
    await stuck.untilClosed();
    await tunnel.untilClosed();
  });

  it("ends at once when it is told twice", async () => {
    const app = await heldApp();
    const proxy = await inFrontOf(app.port);
    const stuck = await scene.client(proxy.inboundPort);
    stuck.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n");
    await until("it is under way", () => app.held() === 1);
    proxy.signal("SIGTERM");
    // What follows at once is taken for the same signal.
    const again = setInterval(() => proxy.signal("SIGTERM"), 100);
    expect(await proxy.ended).toEqual({ code: 143, signal: null });
    clearInterval(again);
  });
});

describe("what may ask a proxy to go", () => {
  const [outside] = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === "IPv4")
    .map(({ address }) => address);

  it.skipIf(outside === undefined)("is no other machine", async () => {
    const proxy = scene.closing(await ProxyProcess.start(["--admin", "0.0.0.0:0"]));
    for (const path of ["/drain", "/shutdown", "/restart"]) {
      const method = "POST";
      const answer = await fetch(`http://${outside}:${proxy.adminPort}${path}`, { method });
      expect([path, answer.status]).toEqual([path, 403]);
      await answer.text();
    }
    expect((await proxy.page("/ready")).status).toBe(200);
  });

  it.each([
    ["a web page", "POST", "Host: localhost\r\nOrigin: http://evil.example\r\n", 403],
    ["a name that is somebody else's", "POST", "Host: evil.example\r\n", 403],
    ["a link that is followed", "GET", "Host: localhost\r\n", 405],
  ])("is not %s", async (_, method, fields, status) => {
    const proxy = scene.closing(await ProxyProcess.start());
    for (const path of ["/drain", "/shutdown", "/restart"]) {
      const caller = await scene.client(proxy.adminPort);
      caller.send(`${method} ${path} HTTP/1.1\r\n${fields}Content-Length: 0\r\n\r\n`);
      expect(await caller.untilText("\r\n\r\n")).toContain(`HTTP/1.1 ${status} `);
    }
    expect((await proxy.page("/ready")).status).toBe(200);
  });
});
