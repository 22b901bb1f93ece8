/** A proxy that is replaced by a new process while it serves: nobody notices. */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Origin } from "../harness/origins.ts";
import { ProxyProcess } from "../harness/proxy-process.ts";
import { ProxyScene } from "../harness/proxy-scene.ts";
import { RawClient } from "../harness/raw-client.ts";
import { SteadyLoad } from "../harness/steady-load.ts";
import { until } from "../harness/until.ts";

const PROXY = new URL("../../bin/proxy.ts", import.meta.url);
const HEDDLE = new URL("../../bin/heddle.ts", import.meta.url).pathname;
const RESTARTS = 3;
/** Longer than two restarts take, one after the other, on a machine that is very busy. */
const GRACE = "100s";

let scene: ProxyScene;
let echo: Origin;
let folder: string;

beforeEach(async () => {
  scene = new ProxyScene();
  echo = await scene.echo();
  folder = mkdtempSync(join(tmpdir(), "heddle-restart-"));
});

afterEach(async () => {
  await scene.end();
  rmSync(folder, { recursive: true });
});

async function start(program?: string): Promise<ProxyProcess> {
  const app = ["--inbound", "127.0.0.1:0", "--app", `web=127.0.0.1:${echo.port}`];
  const flags = [...app, "--grace-time", GRACE];
  return scene.closing(await ProxyProcess.start(flags, program === undefined ? {} : { program }));
}

/** A program file that can be changed while a proxy runs from it. */
function programFile(): { readonly path: string; works(): void; is(source: string): void } {
  const path = join(folder, "proxy.mjs");
  const is = (source: string): void => writeFileSync(path, source);
  const works = (): void => is(`await import(${JSON.stringify(PROXY.href)});\n`);
  works();
  return { path, works, is };
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text
    .split(" ")
    .filter((part) => part !== "")
    .map(Number);
}

/** The process that serves after a restart: the youngest. */
function successorOf(proxy: ProxyProcess): number {
  return childrenOf(proxy.pid).at(-1) ?? -1;
}

const startedAt = (proxy: ProxyProcess) => proxy.figure("process_start_time_seconds");

describe("a planned restart", () => {
  it(`fails no request, ${RESTARTS} times in a row`, { timeout: 240_000 }, async () => {
    const proxy = await start();
    const to = (port: number, method: string): SteadyLoad => {
      return new SteadyLoad({
        port,
        host: `127.0.0.1:${echo.port}`,
        callers: 4,
        method,
        pauseMs: 3,
      });
    };
    const loads = ["GET", "POST"].flatMap((method) => [
      to(proxy.outboundPort, method),
      to(proxy.inboundPort, method),
    ]);
    const all = (): Promise<unknown> => Promise.all(loads.map((load) => load.more(50)));
    for (let count = 0; count < RESTARTS; count += 1) {
      await all();
      const before = await startedAt(proxy);
      const { status, text } = await proxy.page("/restart", "POST");
      expect([status, text]).toEqual([200, expect.stringContaining("retiring")]);
      expect(await startedAt(proxy)).toBeGreaterThan(before);
      await all();
    }
    for (const load of loads) expect(Object.keys(await load.stop())).toEqual(["200"]);
    // No chain: what served in between ends, and the first process is the parent of all.
    await until("those before have ended", () => childrenOf(proxy.pid).length === 1);
    const last = successorOf(proxy);
    expect(childrenOf(last)).toEqual([]);
    proxy.signal("SIGTERM");
    expect(await proxy.ended).toEqual({ code: 0, signal: null });
    expect(isThere(last)).toBe(false);
  });

  it("serves who is connected to the next answer, however late that comes", async () => {
    const proxy = await start();
    const caller = await scene.client(proxy.inboundPort);
    const post = "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 0\r\n\r\n";
    caller.send(post);
    await caller.untilText("[]");
    const half = await scene.client(proxy.inboundPort);
    half.send("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 4\r\n\r\nab");
    expect((await proxy.page("/restart", "POST")).status).toBe(200);
    expect((await proxy.page("/restart", "POST")).status).toBe(200);
    half.send("cd");
    expect(await half.untilClosed()).toMatch(/Connection: close\r\n.*\[abcd\]$/s);
    caller.clear();
    caller.send(post);
    expect(await caller.untilClosed()).toMatch(/200 OK.*Connection: close\r\n.*\[\]$/s);
  });

  it("is asked for on the command line, and by a signal", async () => {
    const proxy = await start();
    const before = await startedAt(proxy);
    const admin = `127.0.0.1:${proxy.adminPort}`;
    const said = await new Promise((resolve, reject) => {
      execFile(process.execPath, [HEDDLE, "proxy", "--restart", "--admin", admin], (error, text) =>
        error === null ? resolve(text) : reject(error),
      );
    });
    expect(said).toBe(`the proxy at ${admin} was restarted\n`);
    const between = await startedAt(proxy);
    expect(between).toBeGreaterThan(before);
    proxy.signal("SIGUSR2");
    await until("another serves", async () => (await startedAt(proxy)) > between);
  });

  it("is not made where the new process does not start, and can be tried again", async () => {
    const program = programFile();
    const proxy = await start(program.path);
    const load = new SteadyLoad({ port: proxy.inboundPort, host: "web", callers: 4 });
    await load.more(20);
    const before = await startedAt(proxy);
    program.is("process.exit(9);\n");
    expect(await proxy.page("/restart", "POST")).toEqual({
      status: 503,
      text: "the new process ended with code 9 before it served; its log says why\n",
    });
    expect([await startedAt(proxy), childrenOf(proxy.pid)]).toEqual([before, []]);
    await load.more(20);
    program.works();
    expect((await proxy.page("/restart", "POST")).status).toBe(200);
    // A second one is asked of the successor, which asks its parent.
    program.is("process.exit(9);\n");
    expect((await proxy.page("/restart", "POST")).text).toContain("ended with code 9");
    await load.more(20);
    expect(Object.keys(await load.stop())).toEqual(["200"]);
  });

  it("ends with the proxy, wherever it has come to", async () => {
    const program = programFile();
    const proxy = await start(program.path);
    program.is("setInterval(() => {}, 1_000);\n");
    const refused = proxy.page("/restart", "POST").catch(() => null);
    await until("the new process is there", () => childrenOf(proxy.pid).length === 1);
    const child = successorOf(proxy);
    const second = await proxy.page("/restart", "POST");
    expect(second.text).toBe("another restart is under way\n");
    proxy.signal("SIGTERM");
    expect(await proxy.ended).toEqual({ code: 0, signal: null });
    expect(isThere(child)).toBe(false);
    await refused;
  });
});

describe("a planned restart of a proxy that has an operator", () => {
  const MESH = new URL("../../bin/operator.ts", import.meta.url).pathname;

  /** Serves `web`, which stands where `echo` listens. */
  async function operator(): Promise<{ readonly control: string; stop(): Promise<void> }> {
    writeFileSync(
      join(folder, "mesh.yaml"),
      `apiVersion: v1
kind: Service
metadata: { name: web }
spec: { ports: [{ name: http, port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-1, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
ports: [{ name: http, port: ${echo.port} }]
endpoints: [{ addresses: [127.0.0.1] }]
`,
    );
    const any = ["--control", "127.0.0.1:0", "--operator-admin", "127.0.0.1:0"];
    const state = ["--state", join(folder, ".state")];
    const child = spawn(process.execPath, [MESH, folder, ...any, ...state], { stdio: "pipe" });
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    const stop = async (): Promise<void> => {
      child.kill("SIGKILL");
      await ended;
    };
    scene.closing({ close: stop });
    let said = "";
    child.stderr.on("data", (bytes: Buffer) => {
      said += bytes.toString();
    });
    const control = (): string => /control=(?:ws:\/\/)?(127[\d.:]+)/.exec(said)?.[1] ?? "";
    await until(
      () => `the operator listens: ${said}`,
      () => control() !== "",
    );
    return { control: `ws://${control()}`, stop };
  }

  it("is made when the new process knows what to serve, even from the file alone", async () => {
    const { control, stop } = await operator();
    const flags = ["--operator", control, "--snapshot", join(folder, "snapshot")];
    const proxy = scene.closing(await ProxyProcess.start(flags));
    const load = new SteadyLoad({ port: proxy.outboundPort, host: "web", callers: 4, pauseMs: 3 });
    await load.more(20);
    expect((await proxy.page("/restart", "POST")).status).toBe(200);
    await load.more(20);
    await until("it has the operator's word", async () => {
      return (await proxy.figure("heddle_control_connected")) === 1;
    });
    await stop();
    expect((await proxy.page("/restart", "POST")).status).toBe(200);
    await load.more(20);
    expect(await proxy.figure("heddle_control_connected")).toBe(0);
    expect(Object.keys(await load.stop())).toEqual(["200"]);
  });
});

describe("a proxy that was restarted", () => {
  it("finishes what is under way when the first process is told to stop", async () => {
    const proxy = await start();
    const waiting: Socket[] = [];
    const slow = await scene.scripted((_, socket) => {
      waiting.push(socket);
      return undefined;
    });
    await proxy.page("/restart", "POST");
    const caller = await scene.client(proxy.outboundPort);
    caller.send(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${slow.port}\r\n\r\n`);
    await until("it is under way", () => waiting.length === 1);
    proxy.signal("SIGTERM");
    await until("it is stopping", async () => (await proxy.page("/ready")).status === 503);
    waiting[0]?.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    expect(await caller.untilClosed()).toMatch(/Connection: close\r\n.*ok$/s);
    caller.close();
    expect(await proxy.ended).toEqual({ code: 0, signal: null });
  });

  it("ends when it is asked to by its pages, and when its process dies", async () => {
    const asked = await start();
    await asked.page("/restart", "POST");
    expect((await asked.page("/shutdown", "POST")).status).toBe(200);
    expect(await asked.ended).toEqual({ code: 0, signal: null });
    const killed = await start();
    await killed.page("/restart", "POST");
    process.kill(successorOf(killed), "SIGKILL");
    expect(await killed.ended).toEqual({ code: 137, signal: null });
  });

  it("does not outlive its first process", async () => {
    const proxy = await start();
    await proxy.page("/restart", "POST");
    const child = successorOf(proxy);
    proxy.signal("SIGKILL");
    await proxy.ended;
    await until("it has ended", () => !isThere(child));
    await expect(RawClient.connect(proxy.outboundPort)).rejects.toThrow("ECONNREFUSED");
  });
});
