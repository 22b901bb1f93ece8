/** Copies of requests to a second service: complete, and of no consequence to the first. */
import { createHash, randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BackendSettings, DEFAULT_BREAKER } from "../../mesh/backend-settings.ts";
import type { Destination } from "../../mesh/destination.ts";
import { DEFAULT_BEHAVIOUR, type Mirror } from "../../mesh/route-behaviour.ts";
import { COPIES_MAX } from "../../proxy/layers/mirror-copy.ts";
import { backendSettings, destination, service } from "../harness/fake-table.ts";
import { closedPort, httpOrigin, type Origin } from "../harness/origins.ts";
import { ProxyScene, page, sample } from "../harness/proxy-scene.ts";
import type { RunningProxy } from "../harness/running-proxy.ts";

const scene = new ProxyScene();
let proxy: RunningProxy;

beforeEach(async () => {
  proxy = await scene.proxy();
});

afterEach(async () => {
  await scene.end();
});

interface Seen {
  readonly line: string;
  readonly length: number;
  readonly sha: string;
  readonly trailers: NodeJS.Dict<string>;
}

/** A service that keeps a record of whole requests, and answers as it is told. */
async function recording(seen: Seen[], status = 200, delayMs = 0): Promise<Origin> {
  return scene.closing(
    await httpOrigin((request, response) => {
      const chunks: Buffer[] = [];
      request.on("error", () => {});
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks);
        const sha = createHash("sha256").update(body).digest("hex");
        const line = `${request.method} ${request.url} ${request.headers.host}`;
        seen.push({ line, length: body.length, sha, trailers: request.trailers });
        response.statusCode = status;
        setTimeout(() => response.end(`from ${status}`), delayMs);
      });
    }),
  );
}

/** `web` on one port, with a mirror `dark` on another. */
function mirrored(
  port: number,
  darkPort: number,
  mirror: Partial<Mirror> = {},
  darkSettings: Partial<BackendSettings> = {},
): void {
  const made = destination("web", ["web"]);
  const full: Mirror = {
    service: service("dark"),
    share: 1,
    match: null,
    bodyBytesMax: 65_536,
    compare: false,
    ...mirror,
  };
  const whole: Destination = {
    ...made,
    rules: made.rules.map((rule) => {
      const action = { ...rule.action, behaviour: { ...DEFAULT_BEHAVIOUR, mirror: full } };
      return { ...rule, action };
    }),
    endpointSets: [service("dark"), service("web")],
    backends: [
      { ...backendSettings(service("dark")), ...darkSettings },
      backendSettings(service("web")),
    ],
  };
  proxy.endpoints("web", [port]);
  proxy.endpoints("dark", [darkPort]);
  proxy.put("web", whole);
}

async function outcomes(outcome: string): Promise<number> {
  const metrics = await page(proxy, "/metrics");
  return sample(metrics, "heddle_mirror_requests_total", `outcome="${outcome}"`);
}

async function get(path: string): Promise<string> {
  const caller = await scene.client(proxy.outboundPort);
  caller.send(`GET ${path} HTTP/1.1\r\nHost: web\r\n\r\n`);
  return await caller.until((text) => /\r\n\r\n[\s\S]+/.test(text));
}

describe("a mirror", () => {
  it("gets what the service gets, and its answer goes nowhere", async () => {
    const seen: Seen[] = [];
    const dark: Seen[] = [];
    mirrored((await recording(seen)).port, (await recording(dark, 500)).port);
    expect(await get("/a?b")).toContain("from 200");
    await expect.poll(() => dark.map(({ line }) => line)).toEqual(["GET /a?b web"]);
    await expect.poll(() => outcomes("answered")).toBe(1);
    const metrics = await page(proxy, "/metrics");
    expect(sample(metrics, "request_total")).toBe(1);
    expect(sample(metrics, "heddle_mirror_latency_seconds_count")).toBe(1);
    expect(proxy.accessLog.length).toBe(1);
  });

  it.each([0, 1, 65_535, 65_536])("gets a body of %i bytes to the byte", async (size) => {
    const seen: Seen[] = [];
    const dark: Seen[] = [];
    mirrored((await recording(seen)).port, (await recording(dark)).port);
    const body = randomBytes(size);
    const caller = await scene.client(proxy.outboundPort);
    caller.send(`POST / HTTP/1.1\r\nHost: web\r\nContent-Length: ${size}\r\n\r\n`);
    for (let at = 0; at < size; at += 20_000) {
      caller.socket.write(body.subarray(at, at + 20_000));
      await new Promise(setImmediate);
    }
    await caller.untilText("from 200");
    await expect.poll(() => dark.length).toBe(1);
    expect(dark).toEqual(seen);
    expect(dark[0]?.length).toBe(size);
  });

  it("gets chunks and trailers too", async () => {
    const seen: Seen[] = [];
    const dark: Seen[] = [];
    mirrored((await recording(seen)).port, (await recording(dark)).port);
    const caller = await scene.client(proxy.outboundPort);
    caller.send(
      "POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n" +
        "3\r\nabc\r\n4\r\ndefg\r\n0\r\nX-Sum: 7\r\n\r\n",
    );
    await caller.untilText("from 200");
    await expect.poll(() => dark.length).toBe(1);
    expect(dark).toEqual(seen);
    expect(dark[0]).toMatchObject({ length: 7, trailers: { "x-sum": "7" } });
  });

  it.each([
    ["announced", "Content-Length: 101\r\n\r\n", "x".repeat(101)],
    [
      "not announced",
      "Transfer-Encoding: chunked\r\n\r\n",
      `65\r\n${"x".repeat(101)}\r\n0\r\n\r\n`,
    ],
  ])("gets no body above the limit, %s, and that is counted", async (_how, fields, body) => {
    const seen: Seen[] = [];
    const dark: Seen[] = [];
    mirrored((await recording(seen)).port, (await recording(dark)).port, { bodyBytesMax: 100 });
    const caller = await scene.client(proxy.outboundPort);
    caller.send(`POST / HTTP/1.1\r\nHost: web\r\n${fields}${body}`);
    await caller.untilText("from 200");
    expect(await outcomes("dropped-body")).toBe(1);
    expect(seen[0]?.length).toBe(101);
    expect(dark).toEqual([]);
  });

  it("gets nothing of a request that was over before it was whole", async () => {
    const dark: Seen[] = [];
    const early = await scene.scripted(
      () => "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
    mirrored(early.port, (await recording(dark)).port);
    const caller = await scene.client(proxy.outboundPort);
    caller.send("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 100\r\n\r\nabc");
    await caller.untilClosed();
    expect(await outcomes("dropped-early")).toBe(1);
    expect(dark).toEqual([]);
  });

  it("gets its share, or what matches", async () => {
    const seen: Seen[] = [];
    const dark: Seen[] = [];
    const [web, copy] = [await recording(seen), await recording(dark)];
    mirrored(web.port, copy.port, { share: 0.25 });
    for (let index = 0; index < 40; index += 1) await get("/share");
    await expect.poll(() => Math.abs(dark.length - 10)).toBeLessThanOrEqual(2);
    mirrored(web.port, copy.port, { match: { kind: "pathPrefix", prefix: "/dark" } });
    await proxy.configured();
    // Copies of before may still be on their way.
    const lines = () => dark.map(({ line }) => line).filter((line) => !line.includes("/share"));
    await get("/dark/x");
    await expect.poll(lines).toEqual(["GET /dark/x web"]);
    await get("/light");
    await get("/dark/y");
    await expect.poll(lines).toEqual(["GET /dark/x web", "GET /dark/y web"]);
  });

  it("gets what matches by an expression, though no rule has any", async () => {
    const seen: Seen[] = [];
    const dark: Seen[] = [];
    const [web, copy] = [await recording(seen), await recording(dark)];
    mirrored(web.port, copy.port, { match: { kind: "pathRegex", regex: "/d.*k/x" } });
    expect(await get("/dark/x")).toContain(" 200 ");
    await expect.poll(() => dark.map(({ line }) => line)).toEqual(["GET /dark/x web"]);
  });
});

describe("a mirror that is not well", () => {
  it.each([
    ["is not there", closedPort],
    ["closes at once", async () => (await scene.raw((socket) => socket.destroy())).port],
    ["speaks nonsense", async () => (await scene.scripted(() => "nonsense\r\n\r\n")).port],
  ])("fails nobody when it %s", async (_how, darkPort) => {
    const seen: Seen[] = [];
    mirrored((await recording(seen)).port, await darkPort());
    for (let index = 0; index < 5; index += 1) expect(await get("/")).toContain("from 200");
    await expect.poll(() => outcomes("failed")).toBe(5);
    const metrics = await page(proxy, "/metrics");
    expect(sample(metrics, "heddle_faults_total")).toBe(0);
    expect(sample(metrics, "response_total", 'classification="failure"')).toBe(0);
  });

  it("delays nobody when it hangs, and gets only so many copies", async () => {
    const seen: Seen[] = [];
    const hanging = await scene.raw(() => {});
    mirrored((await recording(seen)).port, hanging.port);
    const caller = await scene.client(proxy.outboundPort);
    for (let index = 0; index < COPIES_MAX + 5; index += 1) {
      caller.clear();
      caller.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n");
      await caller.untilText("from 200");
    }
    expect(await outcomes("dropped-busy")).toBe(5);
    await expect.poll(() => hanging.connectionCount).toBe(COPIES_MAX);
  });

  it("gets no request twice to see whether it is well, out of what others may retry", async () => {
    const dark: Seen[] = [];
    const [sick, well] = [await recording(dark, 500), await recording(dark)];
    const backoff = { baseMs: 100, maxMs: 1_000, jitter: 0 };
    const breaker = { ...DEFAULT_BREAKER, consecutiveFailures: 1, backoff };
    mirrored((await recording([])).port, well.port, {}, { breaker });
    proxy.endpoints("dark", [sick.port, well.port]);
    let sent = 0;
    const probes = async (kind: string): Promise<number> => {
      await get("/");
      sent += 1;
      return sample(await page(proxy, "/metrics"), "heddle_probes_total", `kind="${kind}"`);
    };
    await expect.poll(() => probes("connect")).toBeGreaterThan(0);
    expect(await probes("request")).toBe(0);
    await expect.poll(() => dark.length).toBe(sent);
  });

  it("has its answers held against the service's", async () => {
    const seen: Seen[] = [];
    const dark: Seen[] = [];
    const [web, slow] = [await recording(seen, 200), await recording(dark, 200, 300)];
    mirrored(web.port, slow.port, { compare: true });
    for (let index = 0; index < 3; index += 1) await get("/");
    const compared = async (label: string): Promise<number> =>
      sample(await page(proxy, "/metrics"), "heddle_mirror_compared_total", label);
    await expect.poll(() => compared('result="same"')).toBe(3);
    const metrics = await page(proxy, "/metrics");
    const name = "heddle_mirror_latency_difference_seconds_sum";
    expect(sample(metrics, name, 'result="slower"')).toBeGreaterThan(0.3);
    proxy.endpoints("dark", [(await recording([], 404)).port]);
    await expect
      .poll(async () => {
        const caller = await scene.client(proxy.outboundPort);
        caller.send("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 1\r\n\r\nx");
        await caller.untilText("from 200");
        return await compared('result="different"');
      })
      .toBeGreaterThan(0);
  });
});
