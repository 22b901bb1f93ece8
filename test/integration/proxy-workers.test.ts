/** A proxy with several threads, as its own process: one proxy to everybody else. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Destination } from "../../mesh/destination.ts";
import type { RouteBehaviour } from "../../mesh/route-behaviour.ts";
import { LiveOperator } from "../harness/live-operator.ts";
import { httpOrigin, type Origin } from "../harness/origins.ts";
import { ProxyProcess } from "../harness/proxy-process.ts";
import { ProxyScene } from "../harness/proxy-scene.ts";
import { SteadyLoad } from "../harness/steady-load.ts";
import { until } from "../harness/until.ts";

/** Connections that stay: that all of them come to one worker is once in half a million. */
const CALLERS = 20;

let scene: ProxyScene;
let operator: LiveOperator;

beforeEach(async () => {
  scene = new ProxyScene();
  operator = scene.closing(await LiveOperator.start());
});

afterEach(async () => {
  await scene.end();
});

async function start(flags: readonly string[] = []): Promise<ProxyProcess> {
  const all = ["--workers", "2", "--operator", operator.url, "-n", "shop", "--grace-time", "100s"];
  return scene.closing(await ProxyProcess.start([...all, ...flags]));
}

/** Serves `web` there, and waits until both workers know it: to explain, each of them asks. */
async function serve(
  proxy: ProxyProcess,
  port: number,
  change?: (rules: Destination) => Destination,
): Promise<void> {
  const revision = operator.serveWeb(port, change);
  await proxy.page("/explain?url=http://web/");
  await until("the rules are live", () => operator.held("destination") === revision);
}

async function named(answer: string, status = 200): Promise<Origin> {
  return scene.closing(
    await httpOrigin((_, response) => {
      response.statusCode = status;
      response.end(answer);
    }),
  );
}

function load(port: number, host = "web", callers = CALLERS): SteadyLoad {
  return new SteadyLoad({ port, host, callers });
}

/** Requests that the metrics count at a door, over all series. */
async function counted(proxy: ProxyProcess, direction: string): Promise<number> {
  const { text } = await proxy.page("/metrics");
  const lines = text.split("\n").filter((line) => line.startsWith("request_total{"));
  const ours = lines.filter((line) => line.includes(`direction="${direction}"`));
  return ours.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

function behaving(behaviour: Partial<RouteBehaviour>): (rules: Destination) => Destination {
  return (rules) => ({
    ...rules,
    rules: rules.rules.map((rule) => ({
      ...rule,
      action: { ...rule.action, behaviour: { ...rule.action.behaviour, ...behaviour } },
    })),
  });
}

/** Callers that are connected, as `/config` tells it of each worker and of all. */
async function connectionsOf(
  proxy: ProxyProcess,
): Promise<{ readonly all: number; readonly byWorker: readonly number[] }> {
  const { connections, workers } = JSON.parse((await proxy.page("/config")).text).lifecycle;
  const byWorker = workers.map(({ outbound }: { outbound: number }) => outbound);
  return { all: connections.outbound, byWorker };
}

describe("a proxy with two workers", () => {
  it("follows a change in both before it acks, and is one session to the operator", async () => {
    const proxy = await start();
    const [before, after] = [await named("before"), await named("after")];
    await serve(proxy, before.port);
    const callers = load(proxy.outboundPort);
    await callers.more(200);
    expect(operator.sink.sessions.size).toBe(1);
    const { all, byWorker } = await connectionsOf(proxy);
    expect(byWorker).toHaveLength(2);
    expect(byWorker.reduce((sum, count) => sum + count)).toBe(all);
    expect(byWorker).not.toContain(0);
    const revision = operator.serveWeb(after.port, behaving({ importance: "critical" }));
    await until("the change is acked", () => operator.held("destination") === revision);
    const later = load(proxy.outboundPort);
    await later.more(200);
    await later.stop();
    expect([...later.bodies.keys()]).toEqual(["after"]);
    expect(Object.keys(await callers.stop())).toEqual(["200"]);
  });

  it("adds up what it counted, on its page and for the operator", async () => {
    const proxy = await start();
    await serve(proxy, (await named("yes")).port);
    const callers = load(proxy.outboundPort);
    await callers.more(500);
    const outcomes = await callers.stop();
    expect(Object.keys(outcomes)).toEqual(["200"]);
    expect(await counted(proxy, "outbound")).toBe(callers.count);
    // Each worker reports for the last time, and then the main thread for both.
    await proxy.close();
    await until("all is reported", () => {
      const rows = operator.reports.flatMap((report) => report.rows);
      return rows.reduce((sum, row) => sum + row.requests, 0) === callers.count;
    });
    // Where two threads report, the operator hears one proxy.
    for (const { rows } of operator.reports) {
      const names = rows.map(({ route, backend }) => `${route} ${backend}`);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it("answers for all workers on its pages", async () => {
    const proxy = await start();
    operator.serveWeb((await named("yes")).port);
    await until("it is ready", async () => (await proxy.page("/ready")).status === 200);
    const explained = JSON.parse((await proxy.page("/explain?url=http://web/")).text);
    expect(explained).toMatchObject({ service: "svc/shop/web:80" });
    const { checks } = JSON.parse((await proxy.page("/check")).text);
    expect(checks.map(({ verdict }: { verdict: string }) => verdict)).not.toContain("failed");
    const { resources } = JSON.parse((await proxy.page("/config")).text);
    const types = resources.map(({ type }: { type: string }) => type);
    expect(types).toEqual(["workload", "destination", "endpoints"]);
    expect(await proxy.figure("heddle_control_sessions_total")).toBe(1);
  });

  it("serves from its snapshot with no operator, in both", async () => {
    const folder = mkdtempSync(join(tmpdir(), "heddle-workers-"));
    scene.closing({ close: () => rmSync(folder, { recursive: true }) });
    const snapshot = ["--snapshot", join(folder, "snapshot")];
    const first = await start(snapshot);
    await serve(first, (await named("yes")).port);
    await first.close();
    await operator.close();
    const proxy = await start(snapshot);
    await until("it is ready", async () => (await proxy.page("/ready")).status === 200);
    const callers = load(proxy.outboundPort);
    await callers.more(200);
    await callers.stop();
    // What is held is told at once, so that nobody hears that there is no configuration.
    expect([...callers.bodies.keys()]).toEqual(["yes"]);
  });

  it("keeps its admin port from those whom it serves", async () => {
    const proxy = await start();
    const client = await scene.client(proxy.outboundPort);
    client.send(`GET /config HTTP/1.1\r\nHost: 127.0.0.1:${proxy.adminPort}\r\n\r\n`);
    await client.untilText("heddle-error: ");
    expect(client.text).not.toContain('"lifecycle"');
  });

  it("has one budget of retries", async () => {
    const proxy = await start();
    let asked = 0;
    const failing = scene.closing(
      await httpOrigin((_, response) => {
        asked += 1;
        response.statusCode = 503;
        response.end("no");
      }),
    );
    await serve(proxy, failing.port, (rules) => ({
      ...rules,
      budget: { ratio: 0, minRetriesPerSecond: 2, ttlMs: 10_000 },
      rules: rules.rules.map((rule) => {
        const statuses = [{ min: 503, max: 503 }];
        const retry = { ...rule.action.retry, statuses, methods: ["GET"], isRetryable: true };
        return { ...rule, action: { ...rule.action, retry } };
      }),
    }));
    const startMs = performance.now();
    const callers = load(proxy.outboundPort);
    await callers.more(600);
    expect(Object.keys(await callers.stop())).toEqual(["503"]);
    const seconds = (performance.now() - startMs) / 1_000;
    const retries = asked - callers.count;
    expect(retries).toBeGreaterThanOrEqual(15);
    expect(retries).toBeLessThanOrEqual(20 + 2 * seconds);
  });

  it("has one rate and one limit on concurrency, and nobody waits for long", async () => {
    let inside = 0;
    let most = 0;
    const app = scene.closing(
      await httpOrigin((_, response) => {
        inside += 1;
        most = Math.max(most, inside);
        setTimeout(() => {
          inside -= 1;
          response.end("yes");
        }, 3);
      }),
    );
    const inbound = ["--inbound", "127.0.0.1:0", "--app", `web=127.0.0.1:${app.port}`];
    const limited = ["--app-concurrency", "2", "--app-queue-timeout", "20s"];
    const proxy = await start([...inbound, ...limited]);
    await serve(proxy, app.port);
    const callers = load(proxy.inboundPort);
    await callers.more(300);
    expect(Object.keys(await callers.stop())).toEqual(["200"]);
    expect(most).toBe(2);
    const rate = { requestsPerSecond: 1, burst: 9, header: "" };
    await serve(proxy, app.port, behaving({ rateLimit: rate }));
    const startMs = performance.now();
    const hurried = load(proxy.inboundPort);
    await hurried.more(400);
    const outcomes = await hurried.stop();
    const seconds = (performance.now() - startMs) / 1_000;
    expect(outcomes["200"]).toBeGreaterThanOrEqual(10);
    expect(outcomes["200"]).toBeLessThanOrEqual(10 + seconds + 1);
  });
});

describe("the going of a proxy with two workers", () => {
  it("says that each answer is the last when it is drained, at both", async () => {
    const echo = await named("yes");
    const inbound = ["--inbound", "127.0.0.1:0", "--app", `web=127.0.0.1:${echo.port}`];
    const proxy = await start(inbound);
    const clients = await Promise.all(
      Array.from({ length: CALLERS }, () => scene.client(proxy.inboundPort)),
    );
    const { status, text } = await proxy.page("/drain", "POST");
    expect([status, JSON.parse(text).stage]).toEqual([200, "draining"]);
    expect((await proxy.page("/ready")).status).toBe(503);
    for (const client of clients) client.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n");
    for (const client of clients) {
      expect(await client.untilClosed()).toContain("Connection: close");
    }
  });

  it("finishes what is under way on SIGTERM, and ends with 0", async () => {
    const proxy = await start();
    const answers: (() => void)[] = [];
    const slow = scene.closing(
      await httpOrigin((_, response) => void answers.push(() => response.end("late"))),
    );
    await serve(proxy, slow.port);
    const clients = await Promise.all(
      Array.from({ length: CALLERS }, () => scene.client(proxy.outboundPort)),
    );
    for (const client of clients) client.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n");
    await until("all have been asked", () => answers.length === CALLERS);
    proxy.signal("SIGTERM");
    await until("it stops", () => proxy.log.includes("worker=1"));
    for (const answer of answers) answer();
    for (const client of clients) expect(await client.untilClosed()).toContain("late");
    expect(await proxy.ended).toEqual({ code: 0, signal: null });
  });

  it("fails no request over planned restarts", { timeout: 240_000 }, async () => {
    // It keeps idle connections open, as the first process has some when it retires.
    const echo = await scene.scripted(() => "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes");
    const inbound = ["--inbound", "127.0.0.1:0", "--app", `web=127.0.0.1:${echo.port}`];
    const proxy = await start(inbound);
    const loads = [
      load(proxy.outboundPort, `127.0.0.1:${echo.port}`, 8),
      load(proxy.inboundPort, "web", 8),
    ];
    const all = (): Promise<unknown> => Promise.all(loads.map((one) => one.more(200)));
    for (let count = 0; count < 2; count += 1) {
      await all();
      const before = await proxy.figure("process_start_time_seconds");
      expect(await proxy.page("/restart", "POST")).toMatchObject({ status: 200 });
      await until("the next one answers", async () => {
        return (await proxy.figure("process_start_time_seconds")) > before;
      });
      await all();
    }
    for (const one of loads) {
      await one.stop();
      expect([...one.bodies.keys()]).toEqual(["yes"]);
      expect([...one.outcomes.keys()]).toEqual(["200"]);
    }
    proxy.signal("SIGTERM");
    expect(await proxy.ended).toEqual({ code: 0, signal: null });
  });

  it("ends with the worker that a defect ends, and says so", async () => {
    const folder = mkdtempSync(join(tmpdir(), "heddle-workers-"));
    scene.closing({ close: () => rmSync(folder, { recursive: true }) });
    const [mark, preload] = [join(folder, "now"), join(folder, "defect.mjs")];
    writeFileSync(
      preload,
      `import { existsSync } from "node:fs";
      if (process.env.HEDDLE_WORKER === "1") setInterval(() => {
        if (existsSync(${JSON.stringify(mark)})) throw new Error("a defect");
      }, 20).unref();`,
    );
    const env = { NODE_OPTIONS: `--import ${preload}` };
    const flags = ["--workers", "2"];
    const proxy = scene.closing(await ProxyProcess.start(flags, { env }));
    writeFileSync(mark, "");
    expect(await proxy.ended).toEqual({ code: 70, signal: null });
    // It has said so when it ends, and that is read a little later.
    await until(
      () => `it says why: ${proxy.log}`,
      () => ["worker 1 has ended", "a defect"].every((part) => proxy.log.includes(part)),
    );
  });
});
