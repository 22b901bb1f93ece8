/** Deadlines through whole proxies on real sockets: who gives them, who keeps them, who is told. */
import type { Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ManualTimers } from "../../base/timers.ts";
import { DEFAULT_TIMEOUTS } from "../../mesh/destination.ts";
import { DEFAULT_RETRY } from "../../mesh/retry.ts";
import { HEAD_END, ProxyScene, page, sample } from "../harness/proxy-scene.ts";
import { until, untilInTime } from "../harness/until.ts";

const scene = new ProxyScene();
afterEach(() => scene.end());

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const deadlineIn = (head: string) => Number(/heddle-deadline: (\d+)\r\n/.exec(head)?.[1] ?? "-1");

/** An endpoint that keeps the heads it gets, and answers unless it is to be silent. */
async function endpoint(silent = false) {
  const heads: string[] = [];
  const sockets: Socket[] = [];
  const origin = await scene.scripted((head, socket) => {
    heads.push(head);
    sockets.push(socket);
    return silent ? undefined : OK;
  });
  return { port: origin.port, heads, sockets };
}

const get = (fields = "", host = "web") => `GET /a HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`;

describe("what remains of a request's time", () => {
  it.each([
    ["heddle-deadline: 700", 0, 700],
    ["grpc-timeout: 700m", 0, 700],
    ["heddle-deadline: 900\r\ngrpc-timeout: 700m", 0, 700],
    ["heddle-deadline: 700", 400, 400],
    ["heddle-deadline: 400", 700, 400],
    ["X-None: 1", 700, 700],
    ["heddle-deadline: soon", 700, 700],
    ["heddle-deadline: 999999999999999999999", 700, 700],
  ])("given by %s and a timeout of %i is passed on", async (field, requestMs, most) => {
    const proxy = await scene.proxy({ timers: new ManualTimers() });
    const { port, heads } = await endpoint();
    proxy.serve("web", [port], { timeouts: { ...DEFAULT_TIMEOUTS, requestMs } });
    const caller = await scene.client(proxy.outboundPort);
    await caller.send(get(`${field}\r\n`)).untilText("ok");
    expect(deadlineIn(heads[0] ?? "")).toBe(most);
    expect(heads[0]?.match(/heddle-deadline/g)).toHaveLength(1);
    if (field.includes("grpc")) expect(heads[0]).toContain(`\r\ngrpc-timeout: ${most}m\r\n`);
  });

  it("is nothing where nobody gave any", async () => {
    const proxy = await scene.proxy();
    const { port, heads } = await endpoint();
    proxy.serve("web", [port]);
    const caller = await scene.client(proxy.outboundPort);
    await caller.send(get()).untilText("ok");
    expect(heads[0]).not.toContain("heddle-");
  });

  it("shrinks from try to try", async () => {
    const timers = new ManualTimers();
    const proxy = await scene.proxy({ timers });
    const heads: string[] = [];
    const origin = await scene.scripted((head) => {
      heads.push(head);
      return heads.length === 1 ? "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n" : OK;
    });
    const retry = { ...DEFAULT_RETRY, statuses: [{ min: 503, max: 503 }] };
    const backoff = { baseMs: 100, maxMs: 100, jitter: 0 };
    proxy.serve("web", [origin.port], { retry: { ...retry, backoff } });
    const caller = await scene.client(proxy.outboundPort);
    caller.send(get("heddle-deadline: 600000\r\n"));
    await untilInTime(timers, 4, "a second try", () => heads.length === 2);
    await caller.untilText("ok");
    const [first, second] = heads.map(deadlineIn);
    expect((first ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(99);
  });

  it("reaches the application through both proxies", async () => {
    const { port, heads } = await endpoint();
    const timers = new ManualTimers();
    const server = await scene.proxy({
      settings: {
        inbound: { host: "127.0.0.1", port: 0 },
        apps: [{ service: "web", address: { host: "127.0.0.1", port } }],
      },
      timers,
    });
    const proxy = await scene.proxy({ timers });
    proxy.serve("web", [server.inboundPort]);
    const caller = await scene.client(proxy.outboundPort);
    await caller.send(get("heddle-deadline: 700\r\n")).untilText("ok");
    expect(deadlineIn(heads[0] ?? "")).toBe(700);
  });
});

describe("a deadline that has passed", () => {
  it("refuses the request before it is sent", async () => {
    const proxy = await scene.proxy();
    const { port, heads } = await endpoint();
    proxy.serve("web", [port]);
    const caller = await scene.client(proxy.outboundPort);
    const text = await caller.send(get("heddle-deadline: 0\r\n")).untilText("exceeded: ");
    expect(text).toMatch(/^HTTP\/1\.1 504 /);
    expect(text).toContain("heddle-error: deadline-exceeded\r\n");
    caller.clear();
    await caller.send(get("grpc-timeout: 1n\r\n")).untilText("exceeded: ");
    expect(heads).toEqual([]);
    const metrics = await page(proxy, "/metrics");
    expect(sample(metrics, "heddle_faults_total", 'code="deadline-exceeded"')).toBe(2);
  });

  it("is refused on the way in as well", async () => {
    const { port, heads } = await endpoint();
    const server = await scene.proxy({
      settings: {
        inbound: { host: "127.0.0.1", port: 0 },
        apps: [{ service: "web", address: { host: "127.0.0.1", port } }],
      },
    });
    const caller = await scene.client(server.inboundPort);
    const text = await caller.send(get("heddle-deadline: 0\r\n")).untilText("exceeded: ");
    expect(text).toContain("heddle-error: deadline-exceeded\r\n");
    expect(heads).toEqual([]);
  });

  it("ends what is under way, cancels it at the endpoint, and is not tried again", async () => {
    const timers = new ManualTimers();
    const proxy = await scene.proxy({ timers });
    const { port, heads, sockets } = await endpoint(true);
    const retry = { ...DEFAULT_RETRY, maxRetries: 5, onReset: true, onPerTryTimeout: true };
    proxy.serve("web", [port], { retry });
    const caller = await scene.client(proxy.outboundPort);
    caller.send(get("heddle-deadline: 60\r\n"));
    await until("the request at the endpoint", () => heads.length === 1);
    timers.advance(100);
    const text = await caller.untilText("exceeded: ");
    expect(text).toContain("heddle-error: deadline-exceeded\r\n");
    expect(heads).toHaveLength(1);
    await closed(sockets[0]);
  });

  it("of the route is told by its own name", async () => {
    const proxy = await scene.proxy();
    const { port } = await endpoint(true);
    proxy.serve("web", [port], { timeouts: { ...DEFAULT_TIMEOUTS, requestMs: 50 } });
    const caller = await scene.client(proxy.outboundPort);
    const text = await caller.send(get()).untilText(HEAD_END);
    expect(text).toContain("heddle-error: request-timeout\r\n");
  });
});

describe("a try that takes too long", () => {
  it("is given up for another endpoint", async () => {
    const timers = new ManualTimers();
    const proxy = await scene.proxy({ timers });
    const slow = await endpoint(true);
    const fast = await endpoint();
    const backoff = { baseMs: 1, maxMs: 1, jitter: 0 };
    proxy.serve("web", [slow.port, fast.port], {
      retry: { ...DEFAULT_RETRY, backoff, onPerTryTimeout: true, perTryTimeoutMs: 40 },
    });
    for (let round = 0; round < 6; round += 1) {
      const caller = await scene.client(proxy.outboundPort);
      const before = slow.heads.length;
      caller.send(get());
      const isAsked = () => slow.heads.length > before;
      await until("an endpoint that is asked", () => isAsked() || caller.text.endsWith("ok"));
      // The try's time and the pause before the next, and not the time of that one too.
      if (isAsked()) timers.advance(60);
      await caller.untilText("ok");
    }
    expect(fast.heads).toHaveLength(6);
    for (const socket of slow.sockets) await closed(socket);
  });

  it("is told, where there is no other try", async () => {
    const proxy = await scene.proxy();
    const { port } = await endpoint(true);
    proxy.serve("web", [port], { retry: { ...DEFAULT_RETRY, perTryTimeoutMs: 40 } });
    const caller = await scene.client(proxy.outboundPort);
    const text = await caller.send(get()).untilText(HEAD_END);
    expect(text).toContain("heddle-error: per-try-timeout\r\n");
  });
});

describe("a caller that goes away", () => {
  it("cancels its request at the endpoint, in a try or between two", async () => {
    const proxy = await scene.proxy();
    const { port, heads, sockets } = await endpoint(true);
    proxy.serve("web", [port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.send(get());
    await expect.poll(() => heads.length).toBe(1);
    caller.close();
    await closed(sockets[0]);
    expect(heads).toHaveLength(1);
  });
});

async function closed(socket: Socket | undefined): Promise<void> {
  await expect.poll(() => socket?.readableEnded === true || socket?.destroyed === true).toBe(true);
}
