/** What the proxy says of itself: figures that add up, labels that callers cannot multiply. */
import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findProgram } from "../../tools/system-packages.ts";
import { closedPort } from "../harness/origins.ts";
import { ProxyScene, page, sample, splitMessage } from "../harness/proxy-scene.ts";
import type { RunningProxy } from "../harness/running-proxy.ts";

let scene: ProxyScene;
let proxy: RunningProxy;

beforeEach(async () => {
  scene = new ProxyScene();
  proxy = await scene.proxy();
});

afterEach(() => scene.end());

const promtool = findProgram("promtool");

async function serveEcho(): Promise<void> {
  proxy.serve("web", [(await scene.echo()).port]);
}

/** Sends everything in one connection and waits for that many answers. */
async function send(requests: readonly string[]): Promise<string> {
  const caller = await scene.client(proxy.outboundPort);
  caller.send(requests.join(""));
  const text = await caller.until(
    (all) => (all.match(/HTTP\/1\.1 \d{3} /g)?.length ?? 0) >= requests.length,
  );
  return text;
}

describe("counters", () => {
  it("equal what was sent", async () => {
    await serveEcho();
    proxy.serve("down", [await closedPort()]);
    const get = (host: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    await send([
      ...Array.from({ length: 37 }, () => get("web")),
      ...Array.from({ length: 5 }, () => get("down")),
      ...Array.from({ length: 3 }, () => get("nowhere")),
    ]);
    const metrics = await page(proxy, "/metrics");
    expect(sample(metrics, "request_total", 'dst_service="web"')).toBe(37);
    expect(sample(metrics, "request_total", 'dst_service="down"')).toBe(5);
    expect(
      sample(metrics, "response_total", 'dst_service="web"', 'classification="success"', '"200"'),
    ).toBe(37);
    expect(
      sample(metrics, "response_total", 'dst_service="down"', 'classification="failure"', '"502"'),
    ).toBe(5);
    expect(sample(metrics, "response_latency_seconds_count", 'dst_service="web"')).toBe(37);
    expect(sample(metrics, "heddle_faults_total", '"connect-failed"')).toBe(5);
    expect(sample(metrics, "heddle_faults_total", '"unknown-service"')).toBe(3);
    // One line for each in the access log, the refused ones too.
    expect(proxy.accessLog).toHaveLength(45);
    const statuses = proxy.accessLog.map((line) => JSON.parse(line).status);
    expect(statuses.filter((status) => status === 404)).toHaveLength(3);
  });

  it("go back to zero for what is open", async () => {
    await serveEcho();
    await send(["GET / HTTP/1.1\r\nHost: web\r\n\r\n"]);
    await scene.end();
    scene = new ProxyScene();
    proxy = await scene.proxy();
    await serveEcho();
    const caller = await scene.client(proxy.outboundPort);
    caller.send("GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n");
    await caller.untilClosed();
    caller.close();
    await expect
      .poll(async () =>
        sample(await page(proxy, "/metrics"), "heddle_server_connections_open", "outbound"),
      )
      .toBe(0);
  });
});

describe("labels", () => {
  it("are not the callers' to make up", async () => {
    await serveEcho();
    const before = (await page(proxy, "/metrics")).split("\n").length;
    const methods = ["GET", "PURGE", "X-Y", "M".repeat(30)];
    await send(
      Array.from({ length: 400 }, (_, index) => {
        const method = methods[index % methods.length];
        const host = index % 2 === 0 ? "web" : `"h\\${index}`;
        return `${method} /p${index}?q=${index} HTTP/1.1\r\nHost: ${host}\r\nA: ${index}\r\n\r\n`;
      }).filter((request) => request.includes("Host: web")),
    );
    const metrics = await page(proxy, "/metrics");
    expect(metrics).not.toMatch(/p10|PURGE|q=/);
    expect(metrics.split("\n").length).toBeLessThan(before + 80);
  });

  it("hold every status that a server can send, within their bound", async () => {
    const origin = await scene.scripted((head) => {
      const status = /\/(\d+)/.exec(head)?.[1] ?? "200";
      return `HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`;
    });
    proxy.serve("web", [origin.port]);
    const statuses = Array.from({ length: 790 }, (_, index) => 205 + index).filter(
      (status) => status !== 304,
    );
    for (const status of statuses) {
      const caller = await scene.client(proxy.outboundPort);
      caller.send(`GET /${status} HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n`);
      await caller.untilClosed();
      caller.close();
    }
    const metrics = await page(proxy, "/metrics");
    expect(sample(metrics, "request_total")).toBe(statuses.length);
    expect(sample(metrics, "response_total")).toBe(statuses.length);
    const series = metrics.match(/^response_total\{/gm)?.length ?? 0;
    expect(series).toBeLessThanOrEqual(402);
  });

  it.skipIf(promtool === undefined)("and all the rest satisfy promtool", async () => {
    await serveEcho();
    await send(["GET / HTTP/1.1\r\nHost: web\r\n\r\n", "GET / HTTP/1.1\r\nHost: no\r\n\r\n"]);
    const input = await page(proxy, "/metrics");
    const { status, stdout, stderr } = spawnSync(promtool ?? "", ["check", "metrics"], {
      input,
      encoding: "utf8",
    });
    expect(`${stdout}${stderr}`).toBe("");
    expect(status).toBe(0);
  });
});

describe("the admin port", () => {
  const ask = async (request: string): Promise<string> => {
    const caller = await scene.client(proxy.adminPort);
    caller.send(request);
    return await caller.untilClosed();
  };
  const get = (path: string, host: string) =>
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

  it.each([
    ["/live", "live\n"],
    ["/ready", "ready\n"],
  ])("answers %s", async (path, body) => {
    expect(splitMessage(await ask(get(path, "10.0.0.1"))).body).toBe(body);
  });

  it("answers HEAD without a body, and refuses other methods", async () => {
    const head = await ask("HEAD /live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(splitMessage(head).body).toBe("");
    expect(head).toContain("Content-Length: 5\r\n");
    const post = "POST /live HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    expect(await ask(post)).toMatch(/^HTTP\/1\.1 405 /);
    expect(await ask(get("/nothing", "x"))).toMatch(/^HTTP\/1\.1 404 /);
  });

  it.each(["/config", "/explain?url=http://web/"])("shows %s to no web page", async (path) => {
    expect(await ask(get(path, "evil.example"))).toMatch(/^HTTP\/1\.1 403 /);
    expect(await ask(get(path, "localhost.evil.example"))).toMatch(/^HTTP\/1\.1 403 /);
    expect(await ask(get(path, "127.0.0.1:1234"))).toMatch(/^HTTP\/1\.1 200 /);
    expect(await ask(get(path, "[::1]"))).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("explains which endpoints could be chosen as the balancer sees it", async () => {
    proxy.serve("web", [(await scene.echo()).port]);
    const text = await page(proxy, "/explain?method=GET&url=http://web/x");
    const { split } = JSON.parse(text);
    expect(split.backends[0].endpoints[0].eligible).toBe(true);
    proxy.endpoints("web", [await closedPort()], { state: "terminating" });
    await expect
      .poll(async () => {
        const explained = JSON.parse(await page(proxy, "/explain?method=GET&url=http://web/x"));
        return explained.split.backends[0].endpoints[0].eligible;
      })
      .toBe(false);
  });

  it("says what is wrong with a question", async () => {
    for (const query of ["", "?url=http://[", "?method=G%20T&url=http://web/", "?url=%00"]) {
      expect(await ask(get(`/explain${query}`, "localhost"))).toMatch(/^HTTP\/1\.1 400 /);
    }
  });
});
