/**
 * Callers that send or read too slowly, and servers that answer too late. The proxy's time is
 * moved by hand, so that minutes pass in milliseconds.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualTimers } from "../../base/timers.ts";
import type { Timeouts } from "../../mesh/destination.ts";
import { ProxyScene, page, sample } from "../harness/proxy-scene.ts";
import type { RawClient } from "../harness/raw-client.ts";
import type { RunningProxy } from "../harness/running-proxy.ts";
import { until, untilInTime } from "../harness/until.ts";

let scene: ProxyScene;
let timers: ManualTimers;
let proxy: RunningProxy;

beforeEach(async () => {
  scene = new ProxyScene();
  timers = new ManualTimers();
  // Zero means never, to whoever remembers when something happened.
  timers.advance(1_000);
  proxy = await scene.proxy({ timers });
});

afterEach(() => scene.end());

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const GET = "GET / HTTP/1.1\r\nHost: web\r\n\r\n";

/** A caller whose connection the proxy has taken: its time runs. */
async function accepted(): Promise<RawClient> {
  const before = proxy.network.acceptedCount;
  const caller = await scene.client(proxy.outboundPort);
  await until("a connection", () => proxy.network.acceptedCount > before);
  return caller;
}

/** Sends, and waits until the proxy has read it. */
async function sends(caller: RawClient, text: string): Promise<void> {
  const wanted = proxy.network.callerBytes + text.length;
  caller.send(text);
  await until("what was sent", () => proxy.network.callerBytes >= wanted);
}

async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    timers.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Lets time pass until it has come about, however long that takes. */
function passUntil(what: string, isSo: () => boolean): Promise<void> {
  return untilInTime(timers, 1_000, what, isSo);
}

/** A page of the admin port while time stands still but for the scrape's own turns. */
async function metrics(): Promise<string> {
  const moving = setInterval(() => timers.advance(1), 1);
  try {
    return await page(proxy, "/metrics");
  } finally {
    clearInterval(moving);
  }
}

describe("a caller that sends slowly", () => {
  it("a head, one byte a second, is told 408 after its time and not before", async () => {
    const caller = await accepted();
    for (let second = 0; second < 9; second += 1) {
      await sends(caller, "GET / HTTP/1.1"[second] ?? "");
      await pass(1);
    }
    expect(caller.text).toBe("");
    await pass(2);
    const text = await caller.untilClosed();
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(text).toContain("heddle-error: head-timeout\r\n");
    expect(sample(await metrics(), "heddle_faults_total", "head-timeout", "outbound")).toBe(1);
  });

  it("nothing at all, is closed", async () => {
    const caller = await accepted();
    await pass(11);
    await caller.untilClosed();
  });

  it("the head of a second request, gets a time for that one", async () => {
    proxy.serve("web", [(await scene.echo()).port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.send(GET);
    await caller.untilText("[]");
    await pass(60);
    expect(caller.isClosed).toBe(false);
    await sends(caller, "G");
    await pass(8);
    caller.send("ET /2 HTTP/1.1\r\nHost: web\r\n\r\n");
    await caller.untilText("GET /2 web []");
    await sends(caller, "G");
    await pass(11);
    expect(await caller.untilClosed()).toContain("408");
  });

  it("a body that trickles, is told 408, and the endpoint sees it cut", async () => {
    let closed = false;
    const origin = await scene.raw((socket) => {
      socket.resume();
      socket.on("close", () => {
        closed = true;
      });
      socket.on("end", () => socket.end());
    });
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.send("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 100000\r\n\r\n");
    await expect.poll(() => origin.connectionCount).toBe(1);
    for (let second = 0; second < 28; second += 1) {
      await sends(caller, "b");
      await pass(1);
    }
    expect(caller.text).toBe("");
    // It may be told before the last of these.
    for (let second = 0; second < 20; second += 1) {
      caller.send("b");
      await pass(1);
    }
    const text = await caller.untilClosed();
    expect(text).toContain("HTTP/1.1 408 ");
    expect(text).toContain("heddle-error: body-timeout\r\n");
    await expect.poll(() => closed).toBe(true);
    const counted = await metrics();
    expect(sample(counted, "heddle_faults_total", "body-timeout")).toBe(1);
    expect(sample(counted, "heddle_faults_total", "client-gone")).toBe(0);
  });

  it("a body fast enough, may take for ever", async () => {
    const origin = await scene.echo();
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.send("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 30000\r\n\r\n");
    await expect.poll(() => origin.connectionCount).toBe(1);
    for (let second = 0; second < 300; second += 10) {
      await sends(caller, "b".repeat(1_000));
      await pass(10);
    }
    expect(await caller.untilText("b]")).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe("a kept connection", () => {
  it("is closed when it was idle for its time, and not before", async () => {
    proxy.serve("web", [(await scene.echo()).port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.send(GET);
    const before = await caller.untilText("[]");
    await pass(74);
    expect(caller.isClosed).toBe(false);
    await pass(2);
    expect(await caller.untilClosed()).toBe(before);
  });

  it("to an endpoint is closed after the pool's idle time", async () => {
    let closed = false;
    const origin = await scene.scripted((_, socket) => {
      socket.on("close", () => {
        closed = true;
      });
      return OK;
    });
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.send(GET);
    await caller.untilText("ok");
    await pass(29);
    expect(closed).toBe(false);
    await pass(2);
    await expect.poll(() => closed).toBe(true);
  });
});

describe("a caller that does not read a large answer", () => {
  it("is cut off after a while, and the endpoint with it", async () => {
    let closed = false;
    const origin = await scene.scripted((_, socket) => {
      socket.on("close", () => {
        closed = true;
      });
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
      socket.write("x".repeat(30_000_000));
      return undefined;
    });
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.socket.pause();
    caller.send(GET);
    await until("an answer that piles up", () => proxy.network.unsentBytes > 0);
    await pass(25);
    expect(closed).toBe(false);
    await passUntil("the end of the endpoint's connection", () => closed);
  });

  it("of which nothing is left to come, still gets all of it, however late it reads", async () => {
    const body = "x".repeat(8_000_000);
    const origin = await scene.scripted((_, socket) => {
      socket.end(`HTTP/1.1 200 OK\r\n\r\n${body}`);
      return undefined;
    });
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    const count = caller.countOnly();
    caller.send("GET / HTTP/1.0\r\nHost: web\r\n\r\n");
    await until("an answer that piles up", () => proxy.network.unsentBytes > 0);
    // Reads some every now and then, slower than any linger.
    const isOver = () => caller.socket.readableEnded || caller.isClosed;
    while (!isOver()) {
      const wanted = count() + 2_000_000;
      caller.socket.resume();
      await until("more of the answer", () => count() >= wanted || isOver());
      caller.socket.pause();
      await pass(10);
    }
    expect(count()).toBeGreaterThan(body.length);
  });
});

describe("a route's timeouts", () => {
  const NONE: Timeouts = { requestMs: 0, responseMs: 0, idleMs: 0 };

  async function asking(timeouts: Partial<Timeouts>, first = ""): Promise<RawClient> {
    let asked = false;
    const origin = await scene.scripted(() => {
      asked = true;
      return first;
    });
    proxy.serve("web", [origin.port], { timeouts: { ...NONE, ...timeouts } });
    const caller = await scene.client(proxy.outboundPort);
    caller.send(GET);
    if (first !== "") await caller.untilText("first");
    else await until("the request at the endpoint", () => asked);
    return caller;
  }

  it.each([
    ["requestMs", "request-timeout"],
    ["responseMs", "response-timeout"],
    ["idleMs", "idle-timeout"],
  ])("%s gives 504 %s, and not before", async (name, code) => {
    const caller = await asking({ [name]: 10_000 });
    await pass(9);
    expect(caller.text).toBe("");
    await pass(8);
    const text = await caller.untilText(`${code}: `);
    expect(text).toMatch(/^HTTP\/1\.1 504 /);
    caller.clear();
    caller.send("GET / HTTP/1.1\r\nHost: nowhere\r\n\r\n");
    await caller.untilText("unknown-service: ");
  });

  it.each(["requestMs", "idleMs"])("%s cuts an answer that has begun", async (name) => {
    const first = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n";
    const caller = await asking({ [name]: 10_000 }, first);
    await pass(8);
    expect(caller.isClosed).toBe(false);
    await pass(10);
    expect(await caller.untilClosed()).not.toContain("0\r\n\r\n");
  });

  it("responseMs leaves an answer alone that has begun", async () => {
    const first = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n";
    const caller = await asking({ responseMs: 10_000 }, first);
    await pass(100);
    expect(caller.isClosed).toBe(false);
  });

  it("idleMs ends an upload that the endpoint does not read", async () => {
    const origin = await scene.raw((socket) => socket.pause());
    proxy.serve("web", [origin.port], { timeouts: { ...NONE, idleMs: 10_000 } });
    const caller = await scene.client(proxy.outboundPort);
    caller.send("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 30000000\r\n\r\n");
    caller.send("x".repeat(30_000_000));
    await expect.poll(() => origin.connectionCount).toBe(1);
    await passUntil("an answer", () => caller.text.includes("idle-timeout: "));
    expect(caller.text).toMatch(/^HTTP\/1\.1 504 /);
    expect(sample(await metrics(), "heddle_pool_connections")).toBe(0);
  });

  it("take the endpoint's connection along", async () => {
    await asking({ requestMs: 1_000 });
    await pass(2);
    expect(sample(await metrics(), "heddle_pool_connections")).toBe(0);
  });
});
