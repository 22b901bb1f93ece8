/** Retries through a whole proxy on real sockets: what is sent again, to whom, and how often. */
import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_RETRY, type Retry } from "../../mesh/retry.ts";
import { destination, service } from "../harness/fake-table.ts";
import { closedPort, type Origin } from "../harness/origins.ts";
import { HEAD_END, ProxyScene, page, sample } from "../harness/proxy-scene.ts";
import type { RawClient } from "../harness/raw-client.ts";
import { loopbackEndpoint, type RunningProxy } from "../harness/running-proxy.ts";

const scene = new ProxyScene();
let proxy: RunningProxy;

beforeEach(async () => {
  proxy = await scene.proxy();
});

afterEach(() => scene.end());

const EAGER: Retry = {
  ...DEFAULT_RETRY,
  maxRetries: 2,
  statuses: [{ min: 502, max: 504 }],
  onReset: true,
  backoff: { baseMs: 1, maxMs: 2, jitter: 1 },
};
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const BUSY = "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nX-From: origin\r\n\r\nbusy";

async function ask(text: string): Promise<RawClient> {
  return (await scene.client(proxy.outboundPort)).send(text);
}

/** Answers one head after the other with these, the last again and again. */
function answers(...texts: string[]): {
  readonly origin: Promise<Origin>;
  readonly heads: string[];
} {
  const heads: string[] = [];
  const origin = scene.scripted((head) => {
    heads.push(head);
    return texts[Math.min(heads.length, texts.length) - 1];
  });
  return { origin, heads };
}

describe("an answer that may be tried again", () => {
  it("is tried again, says which try it is, and keeps its connection", async () => {
    const { origin, heads } = answers(BUSY, BUSY, OK);
    proxy.serve("web", [(await origin).port], { retry: EAGER });
    const caller = await ask("GET /a HTTP/1.1\r\nHost: web\r\n\r\n");
    expect(await caller.untilText("ok")).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(heads.map((head) => /heddle-retry-attempt: (\d+)/.exec(head)?.[1])).toEqual([
      undefined,
      "1",
      "2",
    ]);
    expect((await origin).connectionCount).toBe(1);
    const metrics = await page(proxy, "/metrics");
    const labels = ['reason="status"', 'dst_service="web"'];
    expect(sample(metrics, "heddle_retries_total", ...labels, 'outcome="failure"')).toBe(1);
    expect(sample(metrics, "heddle_retries_total", ...labels, 'outcome="success"')).toBe(1);
  });

  it("is passed on as it came when there are no more tries", async () => {
    const { origin, heads } = answers(BUSY);
    proxy.serve("web", [(await origin).port], { retry: EAGER });
    const caller = await ask("GET /a HTTP/1.1\r\nHost: web\r\n\r\n");
    const text = await caller.untilText("busy");
    expect(text).toContain("X-From: origin");
    expect(text).not.toContain("heddle-");
    expect(heads).toHaveLength(3);
  });

  it.each([
    ["with a length", "Content-Length: 4\r\n\r\nbusy", "busy"],
    [
      "in chunks",
      "Transfer-Encoding: chunked\r\n\r\n4\r\nbusy\r\n0\r\nX-Sum: 1\r\n\r\n",
      "X-Sum: 1\r\n\r\n",
    ],
    ["to the connection's end", "Connection: close\r\n\r\nbusy", "busy\r\n0\r\n\r\n"],
  ])("%s is passed on also where the tries after it bring none", async (_, rest, end) => {
    const origin = await scene.scripted((_head, socket, count) => {
      if (count === 1 && rest.includes("close")) {
        socket.end(`HTTP/1.1 503 Busy\r\n${rest}`);
        return undefined;
      }
      if (count === 1) return `HTTP/1.1 503 Busy\r\n${rest}`;
      socket.destroy();
      return undefined;
    });
    const backoff = { baseMs: 20, maxMs: 20, jitter: 0 };
    proxy.serve("web", [origin.port], { retry: { ...EAGER, backoff } });
    const caller = await ask("GET /a HTTP/1.1\r\nHost: web\r\n\r\n");
    const text = await caller.untilText(end);
    expect(text).toMatch(/^HTTP\/1\.1 503 Busy\r\n/);
    expect(text).not.toContain("heddle-error");
  });

  it("goes to another endpoint than the one that failed", async () => {
    const bad = answers(BUSY);
    const good = answers(OK);
    proxy.serve("web", [(await bad.origin).port, (await good.origin).port], { retry: EAGER });
    const caller = await scene.client(proxy.outboundPort);
    for (let round = 0; round < 20; round += 1) {
      caller.clear();
      caller.send("GET /a HTTP/1.1\r\nHost: web\r\n\r\n");
      await caller.untilText("ok");
    }
    expect(good.heads).toHaveLength(20);
  });

  it("is not for a POST, unless the route or a header says so", async () => {
    const { origin, heads } = answers(BUSY);
    const retry = { ...EAGER, idempotencyKeyHeader: "idempotency-key" };
    proxy.serve("web", [(await origin).port], { retry });
    const caller = await ask("POST /a HTTP/1.1\r\nHost: web\r\nContent-Length: 0\r\n\r\n");
    await caller.untilText("busy");
    expect(heads).toHaveLength(1);
    caller.clear();
    caller.send("POST /a HTTP/1.1\r\nHost: web\r\nIdempotency-Key: 7\r\nContent-Length: 0\r\n\r\n");
    await caller.untilText("busy");
    expect(heads).toHaveLength(4);
  });

  it("throws a long answer away with its connection, and a short one without", async () => {
    const long = `HTTP/1.1 503 B\r\nContent-Length: 200000\r\n\r\n${"x".repeat(200_000)}`;
    const { origin } = answers(long, OK);
    proxy.serve("web", [(await origin).port], { retry: EAGER });
    const caller = await ask("GET /a HTTP/1.1\r\nHost: web\r\n\r\n");
    await caller.untilText("ok");
    expect((await origin).connectionCount).toBe(2);
    const chunked = `HTTP/1.1 503 B\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`;
    const short = answers(chunked, OK);
    proxy.serve("api", [(await short.origin).port], { retry: EAGER });
    await (await ask("GET /a HTTP/1.1\r\nHost: api\r\n\r\n")).untilText("ok");
    expect((await short.origin).connectionCount).toBe(1);
  });

  it("tells the caller once to go on with its body, whoever asks for it", async () => {
    const origin = await scene.scripted((_head, _socket, count) =>
      count === 1 ? `HTTP/1.1 100 Continue\r\n\r\n${BUSY}` : `HTTP/1.1 100 Continue\r\n\r\n${OK}`,
    );
    proxy.serve("web", [origin.port], { retry: EAGER });
    const caller = await ask(
      "PUT /a HTTP/1.1\r\nHost: web\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
    );
    const text = await caller.untilText("ok");
    expect(text.match(/100 Continue/g)).toHaveLength(1);
  });
});

describe("a connection that is reset before the answer", () => {
  it("is made good where the policy says so", async () => {
    const origin = await scene.scripted((_head, socket, count) => {
      if (count > 1) return OK;
      socket.destroy();
      return undefined;
    });
    proxy.serve("web", [origin.port], { retry: EAGER });
    await (await ask("GET /a HTTP/1.1\r\nHost: web\r\n\r\n")).untilText("ok");
  });
});

describe("the budget", () => {
  /** Three, and no more in all the time that the test may take. */
  const SMALL = { ratio: 0, minRetriesPerSecond: 0.05, ttlMs: 60_000 };

  it("bounds retries over configuration updates, and callers are told to stop", async () => {
    const { origin, heads } = answers(BUSY);
    const { port } = await origin;
    proxy.endpoints("web", [port]);
    const caller = await scene.client(proxy.outboundPort);
    let last = "";
    for (let round = 0; round < 5; round += 1) {
      const made = destination("web", ["web"], `revision-${round}`);
      const rules = made.rules.map((rule) => ({
        ...rule,
        action: { ...rule.action, retry: EAGER },
      }));
      proxy.put("web", { ...made, rules, budget: SMALL });
      await proxy.configured();
      caller.clear();
      caller.send("GET /a HTTP/1.1\r\nHost: web\r\n\r\n");
      last = await caller.untilText("busy");
    }
    expect(heads).toHaveLength(5 + 3);
    expect(last).toContain("heddle-retry: no\r\n");
    const metrics = await page(proxy, "/metrics");
    expect(sample(metrics, "heddle_retries_withheld_total", 'cause="budget"')).toBeGreaterThan(2);
  });
});

describe("a failure after the budget is exhausted", () => {
  it("tells callers to stop as well", async () => {
    const made = destination("web", ["web"]);
    proxy.put("web", { ...made, budget: { ratio: 0, minRetriesPerSecond: 0, ttlMs: 10_000 } });
    proxy.endpoints("web", [await closedPort()]);
    const caller = await ask("GET /a HTTP/1.1\r\nHost: web\r\n\r\n");
    const text = await caller.untilText(HEAD_END);
    expect(text).toContain("heddle-error: connect-failed\r\n");
    expect(text).toContain("heddle-retry: no\r\n");
  });
});

describe("a body", () => {
  const BUSY_AND_GONE = BUSY.replace("X-From: origin", "Connection: close");

  /** What the endpoint read of each try, and a failure at a point that the test chose. */
  class Upload {
    readonly bodies: string[] = [];
    readonly #failures: readonly number[];
    readonly #answer: boolean;

    constructor(failures: readonly number[], answer: boolean) {
      this.#failures = failures;
      this.#answer = answer;
    }

    serve(socket: Socket): void {
      let text = "";
      let at = -1;
      let attempt = -1;
      socket.on("data", (bytes: Buffer) => {
        text += bytes.toString("latin1");
        if (at < 0) {
          const end = text.indexOf(HEAD_END);
          if (end < 0) return;
          at = end + HEAD_END.length;
          attempt = Number(/heddle-retry-attempt: (\d+)/.exec(text)?.[1] ?? "0");
        }
        const body = text.slice(at);
        this.bodies[attempt] = body;
        const failAt = this.#failures[attempt];
        if (failAt !== undefined) {
          if (body.length < failAt) return;
          if (this.#answer) socket.end(BUSY_AND_GONE);
          else socket.resetAndDestroy();
          return;
        }
        const length = Number(/content-length: (\d+)/i.exec(text.slice(0, at))?.[1]);
        if (body.length === length) socket.write(OK);
      });
    }
  }

  let uploads = 0;
  const hash = (text: string) => createHash("sha256").update(text, "latin1").digest("hex");

  async function upload(length: number, cuts: readonly number[], behind: Upload): Promise<string> {
    const origin = await scene.raw((socket) => behind.serve(socket));
    // A name of its own, so that nobody is served by what was there before.
    uploads += 1;
    const name = `web${uploads}`;
    proxy.serve(name, [origin.port], { retry: { ...EAGER, bodyBytesMax: 65_536 } });
    const body = Array.from({ length }, (_, at) => String.fromCharCode(33 + ((at * 7) % 90))).join(
      "",
    );
    const caller = await ask(
      `PUT / HTTP/1.1\r\nHost: ${name}\r\nContent-Length: ${length}\r\n\r\n`,
    );
    let from = 0;
    for (const cut of [...cuts, length]) {
      if (cut <= from || cut > length) continue;
      caller.send(body.slice(from, cut));
      from = cut;
      await new Promise((resolve) => setImmediate(resolve));
    }
    const text = await caller.until((got) => /ok$|busy$|heddle-error/.test(got));
    caller.close();
    return text.startsWith("HTTP/1.1 200") ? hash(body) : text;
  }

  it("arrives byte for byte, wherever a try fails and however it came", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60_000 }),
        fc.array(fc.integer({ min: 1, max: 60_000 }), { maxLength: 5 }),
        fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1, maxLength: 2 }),
        fc.boolean(),
        async (length, cuts, failures, answer) => {
          const points = failures.map((at) => Math.min(at, length));
          const behind = new Upload(points, answer);
          const sorted = [...cuts].sort((a, b) => a - b);
          const expected = await upload(length, sorted, behind);
          expect(hash(behind.bodies[points.length] ?? "")).toBe(expected);
          for (const body of behind.bodies) {
            // No try saw a byte twice: each is a prefix of the whole.
            expect(behind.bodies[points.length]?.startsWith(body)).toBe(true);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("that an endpoint refuses before it was read goes whole to the next try", async () => {
    const behind = new Upload([0], true);
    const expected = await upload(50_000, [10, 1_000, 20_000, 40_000], behind);
    expect(hash(behind.bodies[1] ?? "")).toBe(expected);
  });

  it("that outgrew the limit is sent once, and the answer is the endpoint's", async () => {
    const behind = new Upload([90_000], true);
    const text = await upload(100_000, [30_000, 70_000, 95_000], behind);
    expect(text).toContain("503");
    expect(behind.bodies).toHaveLength(1);
  });

  it("goes to another endpoint when the first cannot be reached, whatever the method", async () => {
    const origin = await scene.echo();
    proxy.serve("web", [await closedPort(), origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    for (let round = 0; round < 10; round += 1) {
      caller.clear();
      caller.send("POST /a HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\nhello");
      expect(await caller.untilText("]")).toContain("POST /a web [hello]");
    }
  });

  it("with trailers is sent again with them", async () => {
    const texts: string[] = [];
    const origin = await scene.raw((socket) => {
      let text = "";
      const attempt = texts.length;
      socket.on("data", (bytes: Buffer) => {
        text += bytes.toString("latin1");
        texts[attempt] = text;
        if (!text.endsWith("X-Sum: 7\r\n\r\n")) return;
        if (attempt === 0) socket.resetAndDestroy();
        else socket.write(OK);
      });
    });
    proxy.serve("web", [origin.port], { retry: EAGER });
    const caller = await ask(
      "PUT / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n" +
        "5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n",
    );
    await caller.untilText("ok");
    expect(texts[1]).toContain("5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n");
  });
});

describe("a meshed endpoint that sheds", () => {
  it("is not asked again, nor is anybody else", async () => {
    const shed =
      "HTTP/1.1 503 No\r\nheddle-error: overloaded\r\nheddle-unsent: 1\r\nheddle-retry: no\r\n" +
      "Retry-After: 1\r\nContent-Length: 0\r\n\r\n";
    const one = answers(shed);
    const two = answers(shed);
    proxy.serve("web", [], { retry: EAGER });
    const endpoints = [await one.origin, await two.origin]
      .map(({ port }) => loopbackEndpoint(port, { proxied: true }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    proxy.table.put("endpoints", service("web"), {
      service: service("web"),
      source: "files",
      synced: true,
      endpoints,
    });
    const caller = await ask("GET /a HTTP/1.1\r\nHost: web\r\n\r\n");
    expect(await caller.untilText(HEAD_END)).toContain("heddle-retry: no\r\n");
    expect(one.heads.length + two.heads.length).toBe(1);
  });
});
