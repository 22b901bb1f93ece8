/**
 * Hedged requests on real sockets: a second copy beside a slow one, and the first good answer. The
 * time after which there is a copy passes by hand, when the first endpoint has been asked: else
 * the copy might come there before it, where the machine is busy.
 */
import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualTimers } from "../../base/timers.ts";
import { DEFAULT_RETRY, type Retry } from "../../mesh/retry.ts";
import { HEDGE_SAMPLES_MIN } from "../../proxy/limits/hedge-delay.ts";
import { destination } from "../harness/fake-table.ts";
import { HEAD_END, ProxyScene, page, sample } from "../harness/proxy-scene.ts";
import type { RawClient } from "../harness/raw-client.ts";
import type { RunningProxy } from "../harness/running-proxy.ts";
import { until } from "../harness/until.ts";

const scene = new ProxyScene();
let timers: ManualTimers;
let proxy: RunningProxy;

beforeEach(async () => {
  timers = new ManualTimers();
  // Zero means never, to whoever remembers when something happened.
  timers.advance(1_000);
  proxy = await scene.proxy({ timers });
});

afterEach(() => scene.end());

const HEDGED: Retry = {
  ...DEFAULT_RETRY,
  maxRetries: 0,
  statuses: [{ min: 503, max: 503 }],
  hedge: { afterMs: 30, percentile: 0, max: 1 },
};
/** After so long there is a copy, if there is to be one. */
const HEDGED_AFTER_MS = 90;
const answerOf = (text: string, status = "200 OK") =>
  `HTTP/1.1 ${status}\r\nContent-Length: ${text.length}\r\n\r\n${text}`;

interface Told {
  readonly head: string;
  readonly socket: Socket;
}

/** Two endpoints. Whoever is asked first answers with `first`, the other with `second`. */
async function pair(first: Serving, second: Serving) {
  const told: Told[] = [];
  const serve = () =>
    scene.scripted((head, socket) => {
      const [before] = told;
      told.push({ head, socket });
      (before === undefined ? first : second)({ head, socket }, before ?? { head, socket });
      return undefined;
    });
  const ports = [(await serve()).port, (await serve()).port];
  return { told, ports };
}

/** The second is also given what the first was told. */
type Serving = (own: Told, first: Told) => void;

const silent = () => {};
/** Answers in the place of the first, when the copy has come. */
const lets =
  (text: string, status?: string): Serving =>
  (_, first) =>
    says(text, status)(first, first);
const both =
  (...servings: readonly Serving[]): Serving =>
  (own, first) => {
    for (const serving of servings) serving(own, first);
  };
const says =
  (text: string, status?: string, afterMs = 0): Serving =>
  ({ socket }) => {
    setTimeout(() => socket.write(answerOf(text, status)), afterMs);
  };

async function ask(text = "GET /a HTTP/1.1\r\nHost: web\r\n\r\n"): Promise<RawClient> {
  return (await scene.client(proxy.outboundPort)).send(text);
}

/** So many have been asked, and then the time of each has passed. */
async function waits(told: readonly unknown[], count = 1): Promise<void> {
  await until(`${count} requests at endpoints`, () => told.length === count);
  timers.advance(HEDGED_AFTER_MS);
}

async function hedges(event: string): Promise<number> {
  // The page takes turns, between which time has to pass.
  const moving = setInterval(() => timers.advance(1), 1);
  try {
    return sample(await page(proxy, "/metrics"), "heddle_hedges_total", `event="${event}"`);
  } finally {
    clearInterval(moving);
  }
}

describe("a slow try", () => {
  it("gets a copy at another endpoint, whose answer is taken, and is cancelled", async () => {
    const { told, ports } = await pair(silent, says("fast"));
    proxy.serve("web", ports, { retry: HEDGED });
    const caller = await ask();
    await waits(told);
    expect(await caller.untilText("fast")).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(told).toHaveLength(2);
    expect(told[1]?.head).toContain("heddle-retry-attempt: 1\r\n");
    expect(told[0]?.socket.localPort).not.toBe(told[1]?.socket.localPort);
    await expect.poll(() => told[0]?.socket.readableEnded).toBe(true);
    expect([await hedges("started"), await hedges("won")]).toEqual([1, 1]);
    // The caller's connection goes on as if there had been one try.
    caller.clear();
    caller.send("GET /b HTTP/1.1\r\nHost: web\r\n\r\n");
    await caller.untilText("fast");
  });

  it("that answers first after all wins, and the copy is cancelled", async () => {
    const { told, ports } = await pair(silent, lets("slow"));
    proxy.serve("web", ports, { retry: HEDGED });
    const caller = await ask();
    await waits(told);
    await caller.untilText("slow");
    expect(told).toHaveLength(2);
    await expect.poll(() => told[1]?.socket.readableEnded).toBe(true);
    expect([await hedges("won"), await hedges("lost")]).toEqual([0, 1]);
  });

  it("gets a copy with its whole body", async () => {
    const bodies: string[] = [];
    const serve = () =>
      scene.raw((socket) => {
        let text = "";
        socket.on("data", (bytes: Buffer) => {
          text += bytes.toString("latin1");
          if (!text.endsWith("end")) return;
          bodies.push(text.slice(text.indexOf(HEAD_END) + 4));
          if (bodies.length === 2) socket.write(answerOf("fast"));
        });
      });
    proxy.serve("web", [(await serve()).port, (await serve()).port], { retry: HEDGED });
    const body = `${"x".repeat(30_000)}end`;
    const caller = await ask(
      `PUT /a HTTP/1.1\r\nHost: web\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await waits(bodies);
    await caller.untilText("fast");
    expect(bodies).toEqual([body, body]);
  });

  it("passes a long answer of the copy on, with its framing", async () => {
    const long = "y".repeat(300_000);
    const { told, ports } = await pair(silent, ({ socket }) => {
      const [one, two] = [long.slice(0, 1_000), long.slice(1_000)];
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (const part of [one, two]) socket.write(`${part.length.toString(16)}\r\n${part}\r\n`);
      socket.write("0\r\nX-Sum: 1\r\n\r\n");
    });
    proxy.serve("web", ports, { retry: HEDGED });
    const caller = await ask();
    await waits(told);
    const text = await caller.untilText("X-Sum: 1\r\n\r\n");
    expect(text.match(/y/g)).toHaveLength(300_000);
  });
});

describe("a percentile of what answers took", () => {
  it("is known over configuration updates", async () => {
    // Here what answers take is real.
    proxy = await scene.proxy();
    let slow = 0;
    const serve = () =>
      scene.scripted((head) => {
        if (head.startsWith("GET /quick ")) return answerOf("quick");
        slow += 1;
        return slow === 1 ? undefined : answerOf("copy");
      });
    proxy.endpoints("web", [(await serve()).port, (await serve()).port]);
    const configure = async (percentile: number): Promise<void> => {
      const retry = { ...HEDGED, hedge: { afterMs: 0, percentile, max: 1 } };
      const made = destination("web", ["web"]);
      const rules = made.rules.map((one) => ({ ...one, action: { ...one.action, retry } }));
      proxy.put("web", { ...made, rules });
      await proxy.configured();
    };
    await configure(90);
    const caller = await scene.client(proxy.outboundPort);
    for (let count = 0; count < HEDGE_SAMPLES_MIN * 2; count += 1) {
      caller.clear();
      caller.send("GET /quick HTTP/1.1\r\nHost: web\r\n\r\n");
      await caller.untilText("quick");
    }
    await configure(95);
    caller.send("GET /slow HTTP/1.1\r\nHost: web\r\n\r\n");
    await caller.untilText("copy");
    expect(slow).toBe(2);
  });
});

describe("a failure that is worth a retry", () => {
  it.each([
    ["of the first", both(lets("busy", "503 Busy"), says("good", undefined, 80))],
    [
      "of the copy",
      both(says("busy", "503 Busy"), (_, first) => says("good", "200 OK", 80)(first, first)),
    ],
  ])("%s does not win while another try runs", async (_, second) => {
    const { told, ports } = await pair(silent, second);
    proxy.serve("web", ports, { retry: HEDGED });
    const caller = await ask();
    await waits(told);
    const text = await caller.untilText("good");
    expect(text).toMatch(/^HTTP\/1\.1 200/);
    expect(told).toHaveLength(2);
  });

  it("of all is passed on, the last of them", async () => {
    const { told, ports } = await pair(silent, lets("one", "503 Busy"));
    proxy.serve("web", ports, { retry: HEDGED });
    const caller = await ask();
    await waits(told);
    const one = answerOf("one", "503 Busy");
    await until("the first to be read", () => proxy.network.endpointBytes === one.length);
    told[1]?.socket.write(answerOf("two", "503 Busy"));
    expect(await caller.untilText("two")).toMatch(/^HTTP\/1\.1 503/);
  });

  it("of a connection is absorbed as well", async () => {
    const cut: Serving = (_, { socket }) => void socket.resetAndDestroy();
    const { told, ports } = await pair(silent, both(cut, says("good", undefined, 80)));
    proxy.serve("web", ports, { retry: HEDGED });
    const caller = await ask();
    await waits(told);
    await caller.untilText("good");
  });
});

describe("no copy is made", () => {
  it.each([
    ["of what may not be repeated", "POST /a HTTP/1.1\r\nHost: web\r\nContent-Length: 0\r\n\r\n"],
    [
      "of what asks for a tunnel",
      "GET /a HTTP/1.1\r\nHost: web\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    ],
    ["of a body that is not whole", "PUT /a HTTP/1.1\r\nHost: web\r\nContent-Length: 9\r\n\r\nx"],
    [
      "of a body that is too long",
      `PUT /a HTTP/1.1\r\nHost: web\r\nContent-Length: 70000\r\n\r\n${"x".repeat(70_000)}`,
    ],
  ])("%s", async (_, request) => {
    const { told, ports } = await pair(silent, silent);
    proxy.serve("web", ports, { retry: HEDGED });
    await ask(request);
    await waits(told);
    expect(await hedges("started")).toBe(0);
    expect(told).toHaveLength(1);
  });

  it("of a tunnel, even where anything may be repeated", async () => {
    const { told, ports } = await pair(silent, silent);
    proxy.serve("web", ports, { retry: { ...HEDGED, isRetryable: true } });
    await ask("GET /a HTTP/1.1\r\nHost: web\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
    await ask("CONNECT web.shop:80 HTTP/1.1\r\nHost: web.shop:80\r\n\r\n");
    const asked = () => told.map(({ head }) => head.split(" ")[0]);
    await expect.poll(asked).toContain("GET");
    timers.advance(HEDGED_AFTER_MS);
    expect(asked().filter((method) => method === "GET")).toHaveLength(1);
    expect(await hedges("started")).toBe(0);
  });

  it("where there is no other endpoint", async () => {
    const { told, ports } = await pair(silent, silent);
    proxy.serve("web", ports.slice(0, 1), { retry: HEDGED });
    await ask();
    await waits(told);
    expect(await hedges("started")).toBe(0);
    expect(told).toHaveLength(1);
  });

  it("when the budget is exhausted", async () => {
    const { told, ports } = await pair(silent, silent);
    proxy.endpoints("web", ports);
    const made = destination("web", ["web"]);
    const rules = made.rules.map((one) => ({ ...one, action: { ...one.action, retry: HEDGED } }));
    const budget = { ratio: 0, minRetriesPerSecond: 0.1, ttlMs: 10_000 };
    proxy.put("web", { ...made, rules, budget });
    for (let count = 0; count < 4; count += 1) await ask();
    await waits(told, 4);
    await expect.poll(() => told.length).toBe(5);
    expect([await hedges("started"), await hedges("withheld")]).toEqual([1, 3]);
    timers.advance(HEDGED_AFTER_MS);
    expect(await hedges("started")).toBe(1);
    expect(told).toHaveLength(5);
  });
});

describe("a caller that goes away", () => {
  it("cancels all tries", async () => {
    const { told, ports } = await pair(silent, silent);
    proxy.serve("web", ports, { retry: HEDGED });
    const caller = await ask();
    await waits(told);
    await expect.poll(() => told.length).toBe(2);
    caller.close();
    for (const { socket } of told) await expect.poll(() => socket.readableEnded).toBe(true);
  });
});
