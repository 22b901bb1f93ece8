/**
 * What can go wrong between the proxy and an endpoint, and what the caller and the server see of
 * it.
 */
import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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

const GET = "GET / HTTP/1.1\r\nHost: web\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** Everything that was opened or counted for a request is closed and taken back. */
async function expectNothingLeft(): Promise<void> {
  await expect
    .poll(async () => sample(await page(proxy, "/metrics"), "heddle_pool_connections", "busy"))
    .toBe(0);
  const config = JSON.parse(await page(proxy, "/config"));
  const pending = config.backends.flatMap((backend: { endpoints: { pending: number }[] }) =>
    backend.endpoints.map((endpoint) => endpoint.pending),
  );
  expect(pending.every((count: number) => count === 0)).toBe(true);
}

describe("a server that is cut off", () => {
  it.each([
    ["before its head", "", ["502", "connection-lost"]],
    ["within its head", "HTTP/1.1 200 OK\r\nContent-Le", ["502", "connection-lost"]],
    ["after an interim answer", "HTTP/1.1 103 Early\r\n\r\n", ["502", "connection-lost"]],
  ])("%s gives 502, by a reset or an orderly end", async (_, sent, parts) => {
    for (const ending of ["resetAndDestroy", "end"] as const) {
      const origin = await scene.raw((socket) => {
        socket.once("data", () => socket.write(sent, () => socket[ending]()));
        if (sent === "") socket.once("data", () => socket[ending]());
      });
      proxy.serve("web", [origin.port]);
      await proxy.configured();
      const caller = await scene.client(proxy.outboundPort);
      caller.send(GET);
      const text = await caller.untilText("connection-lost: ");
      for (const part of parts) expect(text).toContain(part);
    }
    await expectNothingLeft();
  });

  it.each([
    ["a body with a length", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"],
    ["a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf"],
    ["chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"],
  ])("within %s is seen to be cut by the caller", async (_, sent) => {
    for (const ending of ["resetAndDestroy", "end"] as const) {
      let cutOff = () => {};
      const origin = await scene.raw((socket) => {
        cutOff = () => void socket[ending]();
        socket.once("data", () => socket.write(sent));
      });
      proxy.serve("web", [origin.port]);
      await proxy.configured();
      const caller = await scene.client(proxy.outboundPort);
      caller.send(GET);
      await caller.untilText("half");
      cutOff();
      const text = await caller.untilClosed();
      expect(text).not.toContain("0\r\n\r\n");
    }
    await expectNothingLeft();
  });

  it("on a reused connection within its head is not asked again", async () => {
    let count = 0;
    const origin = await scene.scripted((_, socket) => {
      count += 1;
      if (count === 1) return OK;
      socket.write("HTTP/1.1 200 OK\r\nConte", () => socket.destroy());
      return undefined;
    });
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.send(GET);
    await caller.untilText("ok");
    caller.send(GET);
    await caller.untilText("connection-lost: ");
    expect(count).toBe(2);
  });

  it("at the very moment of each next request costs GET nothing", async () => {
    const origin = await scene.scripted((_, socket) => {
      setImmediate(() => socket.destroy());
      return OK;
    });
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    for (let round = 0; round < 200; round += 1) {
      caller.clear();
      caller.send(GET);
      const text = await caller.untilText("\r\n\r\n");
      expect(text).toContain("200 OK");
    }
    await expectNothingLeft();
  });
});

describe("a server that does not speak HTTP", () => {
  it.each([
    ["garbage", "SSH-2.0-OpenSSH_9.0\r\n"],
    [
      "an answer with both framings",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" +
        "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    ],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!"],
    ["a status that is none", "HTTP/1.1 99 No\r\n\r\n"],
    ["a switch nobody asked for", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"],
    ["a folded field", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n"],
    ["an endless head", `HTTP/1.1 200 OK\r\n${"A: b\r\n".repeat(20_000)}`],
    ["a head without lines", `HTTP/1.1 200 ${"x".repeat(70_000)}`],
  ])("gives 502: %s", async (_, answer) => {
    const origin = await scene.scripted(() => answer);
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.send(GET);
    const text = await caller.untilText("upstream-protocol: ");
    expect(text).toMatch(/^HTTP\/1\.1 502 /);
    await expectNothingLeft();
  });

  it("cannot put words into the answer to the next request", async () => {
    let count = 0;
    const evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
    const origin = await scene.scripted(() => {
      count += 1;
      return count === 1 ? OK + evil + evil : OK;
    });
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.send(GET.repeat(5));
    const text = await caller.until((all) => (all.match(/HTTP\/1\.1/g)?.length ?? 0) >= 5);
    expect(text).not.toContain("evil");
    expect(text).toBe(OK.repeat(5));
    const other = await scene.client(proxy.outboundPort);
    other.send(GET);
    expect(await other.untilText("\r\n\r\n")).not.toContain("evil");
  });

  it("cannot put words into the answer of another caller by speaking unasked", async () => {
    const sockets: Socket[] = [];
    const origin = await scene.scripted((_, socket) => {
      sockets.push(socket);
      return OK;
    });
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.send(GET);
    await caller.untilText("ok");
    sockets[0]?.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    await expect
      .poll(async () => sample(await page(proxy, "/metrics"), "heddle_pool_connections"))
      .toBe(0);
    caller.clear();
    caller.send(GET);
    expect(await caller.untilText("\r\n\r\nok")).toBe(OK);
  });
});

describe("a caller that goes away", () => {
  it.each(["destroy", "resetAndDestroy"] as const)(
    "before the answer (%s) takes the endpoint's connection along",
    async (ending) => {
      let closed = 0;
      const origin = await scene.raw((socket) => {
        socket.on("close", () => {
          closed += 1;
        });
        socket.on("end", () => socket.end());
        socket.resume();
      });
      proxy.serve("web", [origin.port]);
      for (const request of [
        GET,
        "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 2\r\n\r\nhi",
        "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 9\r\n\r\nhi",
      ]) {
        const before = closed;
        const opened = origin.connectionCount;
        const caller = await scene.client(proxy.outboundPort);
        caller.send(request);
        await expect.poll(() => origin.connectionCount).toBe(opened + 1);
        caller.socket[ending]();
        await expect.poll(() => closed).toBe(before + 1);
      }
      await expectNothingLeft();
    },
  );

  it("while the answer streams takes the endpoint's connection along", async () => {
    let closed = false;
    const origin = await scene.scripted((_, socket) => {
      socket.on("close", () => {
        closed = true;
      });
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
      return undefined;
    });
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.send(GET);
    await caller.untilText("hello");
    caller.close();
    await expect.poll(() => closed).toBe(true);
    await expectNothingLeft();
    const metrics = await page(proxy, "/metrics");
    expect(sample(metrics, "heddle_faults_total", "outbound", "client-gone")).toBe(1);
    expect(sample(metrics, "response_total", 'classification="failure"')).toBe(1);
  });
});

describe("a server that closes idle connections", () => {
  it("and says after how long is not sent a request later than that", async () => {
    const origin = await scene.scripted(
      () => "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok",
    );
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    for (let round = 0; round < 3; round += 1) {
      caller.clear();
      caller.send(GET);
      await caller.untilText("ok");
    }
    expect(origin.connectionCount).toBe(3);
  });
});

describe("an endpoint that cannot be reached", () => {
  it("costs a body that waits nothing, however large its first piece", async () => {
    const origin = await scene.echo();
    proxy.serve("web", [await closedPort(), origin.port]);
    const body = "b".repeat(60_000);
    for (let round = 0; round < 10; round += 1) {
      const caller = await scene.client(proxy.outboundPort);
      caller.send(`POST / HTTP/1.1\r\nHost: web\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      const text = await caller.untilText("b]");
      expect(splitMessage(text).body).toBe(`POST / web [${body}]`);
    }
    await expectNothingLeft();
  });

  it("tells which one and why, on a connection that stays", async () => {
    const port = await closedPort();
    proxy.serve("web", [port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.send(GET);
    const text = await caller.untilText("connect-failed: ");
    expect(text).toContain(`127.0.0.1:${port}: refused`);
    expect(text).not.toContain("Connection: close");
    caller.clear();
    caller.send(GET);
    await caller.untilText("connect-failed: ");
    await expectNothingLeft();
  });
});
