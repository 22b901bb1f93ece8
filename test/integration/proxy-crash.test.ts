/**
 * A proxy that dies loses what was under way in it, and no more: its callers are told so, and what
 * comes next goes elsewhere. And a proxy starts whoever else is down.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { closedPort } from "../harness/origins.ts";
import { ProxyProcess } from "../harness/proxy-process.ts";
import { ProxyScene, page, sample } from "../harness/proxy-scene.ts";
import { SteadyLoad } from "../harness/steady-load.ts";
import { until } from "../harness/until.ts";

const CALLERS = 6;

let scene: ProxyScene;

beforeEach(() => {
  scene = new ProxyScene();
});

afterEach(() => scene.end());

async function inFrontOf(port: number): Promise<ProxyProcess> {
  const app = ["--inbound", "127.0.0.1:0", "--app", `web=127.0.0.1:${port}`];
  return scene.closing(await ProxyProcess.start(app));
}

describe("a proxy in front of an application that is killed", () => {
  it("fails what was under way there, and nothing that comes after", async () => {
    const echo = await scene.echo();
    const [doomed, spared] = [await inFrontOf(echo.port), await inFrontOf(echo.port)];
    const caller = await scene.proxy();
    caller.serve("web", [doomed.inboundPort, spared.inboundPort]);
    const load = (method: string): SteadyLoad => {
      return new SteadyLoad({ port: caller.outboundPort, host: "web", callers: CALLERS, method });
    };
    const during = [load("POST"), load("GET")];
    await Promise.all(during.map((one) => one.more(200)));
    doomed.signal("SIGKILL");
    await doomed.ended;
    await Promise.all(during.map((one) => one.more(100)));
    let lost = 0;
    for (const one of during) {
      const { 200: fine = 0, ...others } = await one.stop();
      const failedCount = Object.values(others).reduce((sum, count) => sum + count, 0);
      expect(fine).toBeGreaterThan(200);
      expect(failedCount).toBeLessThanOrEqual(CALLERS);
      lost += others[502] ?? 0;
    }
    const metrics = await page(caller, "/metrics");
    const labels = ['direction="outbound"', 'code="connection-lost"'];
    expect(sample(metrics, "heddle_faults_total", ...labels)).toBe(lost);
    const afterwards = [load("POST"), load("GET")];
    await Promise.all(afterwards.map((one) => one.more(100)));
    for (const one of afterwards) expect(Object.keys(await one.stop())).toEqual(["200"]);
  });

  it("leaves nobody waiting for an answer that cannot come", async () => {
    const silent = await scene.scripted(() => undefined);
    const doomed = await inFrontOf(silent.port);
    const caller = await scene.proxy();
    caller.serve("web", [doomed.inboundPort]);
    const waiting = await scene.client(caller.outboundPort);
    waiting.send("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 2\r\n\r\nhi");
    await until("it is under way", () => silent.connectionCount === 1);
    doomed.signal("SIGKILL");
    expect(await waiting.untilText("heddle-error")).toMatch(/^HTTP\/1\.1 502 /);
  });
});

describe("a proxy that starts", () => {
  it("is ready without an operator, once it has waited for one", async () => {
    const nobody = await closedPort();
    const proxy = scene.closing(
      await ProxyProcess.start([
        ...["--operator", `ws://127.0.0.1:${nobody}`],
        ...["--start-without-operator-after", "300ms"],
      ]),
    );
    await until("it is ready", async () => (await proxy.page("/ready")).status === 200);
    const echo = await scene.echo();
    const caller = await scene.client(proxy.outboundPort);
    caller.send(`GET /way-out HTTP/1.1\r\nHost: 127.0.0.1:${echo.port}\r\n\r\n`);
    await caller.untilText("GET /way-out");
  });
});
