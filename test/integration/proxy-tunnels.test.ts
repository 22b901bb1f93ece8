/** What is no longer HTTP after its first head: CONNECT and Upgrade, and the way out by DNS. */
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { ManualTimers } from "../../base/timers.ts";
import { ProxyScene } from "../harness/proxy-scene.ts";
import type { RawClient } from "../harness/raw-client.ts";
import type { RunningProxy } from "../harness/running-proxy.ts";

let scene: ProxyScene;

beforeEach(() => {
  scene = new ProxyScene();
});

afterEach(() => scene.end());

const ESTABLISHED = "HTTP/1.1 200 Connection established\r\n\r\n";
const SWITCH = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: upgrade\r\n\r\n";
const UPGRADE = "GET /chat HTTP/1.1\r\nHost: web\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\n";
const NO_TIMEOUTS = { requestMs: 0, responseMs: 0, idleMs: 0 };

async function connected(proxy: RunningProxy, authority: string): Promise<RawClient> {
  const caller = await scene.client(proxy.outboundPort);
  caller.send(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  await caller.untilText(ESTABLISHED);
  caller.clear();
  return caller;
}

describe("CONNECT to a known service", () => {
  it("carries bytes both ways, also those sent right behind the request", async () => {
    const proxy = await scene.proxy();
    const origin = await scene.raw((socket) => socket.pipe(socket));
    proxy.serve("db", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.send("CONNECT db:80 HTTP/1.1\r\nHost: db:80\r\n\r\n\x00early");
    expect(await caller.untilText("early")).toBe(`${ESTABLISHED}\x00early`);
    caller.clear();
    caller.send("\xff\xfelate");
    expect(await caller.untilText("late")).toBe("\xff\xfelate");
  });

  it("lets a side that has finished go on listening", async () => {
    const proxy = await scene.proxy();
    const origin = await scene.raw((socket) => {
      let heard = "";
      socket.on("data", (bytes: Buffer) => {
        heard += bytes.toString();
      });
      socket.on("end", () => setTimeout(() => socket.end(`heard ${heard}`), 20));
    });
    proxy.serve("db", [origin.port]);
    const caller = await connected(proxy, "db:80");
    caller.socket.end("all I have to say");
    expect(await caller.untilClosed()).toBe("heard all I have to say");
  });

  it("lets a server that has finished go on listening", async () => {
    const proxy = await scene.proxy();
    let heard = "";
    const origin = await scene.raw((socket) => {
      socket.end("bye");
      socket.on("data", (bytes: Buffer) => {
        heard += bytes.toString();
      });
    });
    proxy.serve("db", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.send("CONNECT db:80 HTTP/1.1\r\nHost: db:80\r\n\r\n");
    expect(await caller.untilClosed()).toBe(`${ESTABLISHED}bye`);
    caller.socket.end("last words");
    await expect.poll(() => heard).toBe("last words");
  });

  it("carries much with a reader that is slow at times, and loses nothing", async () => {
    const proxy = await scene.proxy();
    const origin = await scene.raw((socket) => socket.pipe(socket));
    proxy.serve("db", [origin.port]);
    const caller = await connected(proxy, "db:80");
    const sent = createHash("sha256");
    const received = createHash("sha256");
    const total = 32 * 1024 * 1024;
    let left = total;
    let count = 0;
    caller.socket.removeAllListeners("data");
    caller.socket.on("data", (bytes: Buffer) => {
      received.update(bytes);
      if (Math.floor((count + bytes.length) / 4_000_000) > Math.floor(count / 4_000_000)) {
        caller.socket.pause();
        setTimeout(() => caller.socket.resume(), 20);
      }
      count += bytes.length;
    });
    const block = randomBytes(256 * 1024);
    const pump = (): void => {
      while (left > 0) {
        left -= block.length;
        sent.update(block);
        if (!caller.socket.write(block)) {
          caller.socket.once("drain", pump);
          return;
        }
      }
    };
    pump();
    await expect.poll(() => count).toBe(total);
    expect(received.digest("hex")).toBe(sent.digest("hex"));
  });

  it("passes a reset on to the other side", async () => {
    const proxy = await scene.proxy();
    let gone = false;
    const origin = await scene.raw((socket) => {
      socket.on("close", () => {
        gone = true;
      });
      socket.resume();
    });
    proxy.serve("db", [origin.port]);
    const caller = await connected(proxy, "db:80");
    // A reset that comes before the server has accepted is none that it hears of.
    await expect.poll(() => origin.connectionCount).toBe(1);
    caller.socket.resetAndDestroy();
    await expect.poll(() => gone).toBe(true);
  });
});

describe("CONNECT elsewhere", () => {
  it("is refused for what the mesh does not know", async () => {
    const proxy = await scene.proxy();
    const caller = await scene.client(proxy.outboundPort);
    caller.send("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\nhello");
    const text = await caller.untilClosed();
    expect(text).toMatch(/^HTTP\/1\.1 404 /);
    expect(text).toContain("heddle-error: unknown-service");
  });

  it("goes out by DNS where that is allowed", async () => {
    const proxy = await scene.proxy({ settings: { egress: true } });
    const origin = await scene.raw((socket) => socket.pipe(socket));
    const caller = await connected(proxy, `localhost:${origin.port}`);
    caller.send("hello");
    expect(await caller.untilText("hello")).toBe("hello");
  });

  it("is refused on the way in", async () => {
    const app = await scene.echo();
    const proxy = await scene.proxy({
      settings: {
        inbound: { host: "127.0.0.1", port: 0 },
        apps: [{ service: "web", address: { host: "127.0.0.1", port: app.port } }],
      },
    });
    const caller = await scene.client(proxy.inboundPort);
    caller.send("CONNECT web:80 HTTP/1.1\r\nHost: web:80\r\n\r\n");
    const text = await caller.untilClosed();
    expect(text).toMatch(/^HTTP\/1\.1 405 /);
    expect(text).toContain("heddle-error: connect-not-allowed");
    expect(app.connectionCount).toBe(0);
  });
});

describe("the way out", () => {
  it("takes plain requests to names and addresses", async () => {
    const proxy = await scene.proxy({ settings: { egress: true } });
    const origin = await scene.echo();
    const caller = await scene.client(proxy.outboundPort);
    for (const host of ["localhost", "127.0.0.1"]) {
      caller.clear();
      caller.send(`GET /x HTTP/1.1\r\nHost: ${host}:${origin.port}\r\n\r\n`);
      await caller.untilText(`GET /x ${host}:${origin.port} []`);
    }
  });

  it("does not lead back into the proxy", async () => {
    const proxy = await scene.proxy({ settings: { egress: true } });
    const caller = await scene.client(proxy.outboundPort);
    for (const port of [proxy.outboundPort, proxy.adminPort]) {
      for (const host of ["localhost", "127.0.0.1", "0.0.0.0"]) {
        caller.clear();
        caller.send(`GET / HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`);
        expect(await caller.untilText("loop-detected: ")).toMatch(/^HTTP\/1\.1 508 /);
      }
    }
  });

  it("says what failed when the name does not exist", async () => {
    const proxy = await scene.proxy({ settings: { egress: true } });
    const caller = await scene.client(proxy.outboundPort);
    caller.send("GET / HTTP/1.1\r\nHost: no.such.name.invalid\r\n\r\n");
    const text = await caller.untilText("heddle-error: ");
    expect(text).toMatch(/^HTTP\/1\.1 50[24] /);
  });
});

describe("Upgrade", () => {
  it("carries what either side sends right behind its head", async () => {
    const proxy = await scene.proxy();
    let heard = "";
    const origin = await scene.scripted((head, socket) => {
      heard += head;
      socket.removeAllListeners("data");
      socket.on("data", (bytes: Buffer) => {
        heard += bytes.toString();
      });
      return `${SWITCH}server first`;
    });
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.send(`${UPGRADE}client first`);
    expect(await caller.untilText("server first")).toBe(`${SWITCH}server first`);
    await expect.poll(() => heard).toContain("\r\n\r\nclient first");
    expect(heard).toContain("Connection: upgrade\r\n");
    caller.send(" and more");
    await expect.poll(() => heard).toContain("client first and more");
  });

  it("that is declined goes on as HTTP", async () => {
    const proxy = await scene.proxy();
    const origin = await scene.scripted(() => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    for (let round = 0; round < 2; round += 1) {
      caller.clear();
      caller.send(UPGRADE);
      await caller.untilText("\r\n\r\nok");
    }
    expect(origin.connectionCount).toBe(1);
  });

  it("to h2c is not let through", async () => {
    const proxy = await scene.proxy();
    let seen = "";
    const origin = await scene.scripted((head) => {
      seen = head;
      return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    });
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.send(
      "GET / HTTP/1.1\r\nHost: web\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n" +
        "Connection: Upgrade, HTTP2-Settings\r\n\r\n",
    );
    await caller.untilText("ok");
    expect(seen.toLowerCase()).not.toMatch(/upgrade|http2-settings/);
  });

  it("outlives the timeouts of its route", async () => {
    const timers = new ManualTimers();
    const proxy = await scene.proxy({ timers });
    const origin = await scene.scripted((_, socket) => {
      socket.removeAllListeners("data");
      socket.pipe(socket);
      return SWITCH;
    });
    const timeouts = { requestMs: 1_000, responseMs: 1_000, idleMs: 1_000 };
    proxy.serve("web", [origin.port], { timeouts });
    const caller = await scene.client(proxy.outboundPort);
    caller.send(UPGRADE);
    await caller.untilText(SWITCH);
    for (let second = 0; second < 200; second += 1) timers.advance(1_000);
    caller.clear();
    caller.send("still here");
    expect(await caller.untilText("still here")).toBe("still here");
  });
});

describe("a WebSocket", () => {
  async function webSocketOrigin(): Promise<number> {
    const server = createServer();
    const webSockets = new WebSocketServer({ server });
    webSockets.on("connection", (socket) => {
      socket.send("welcome");
      socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    scene.closing({
      close: () => {
        for (const one of webSockets.clients) one.terminate();
        server.close();
      },
    });
    const address = server.address();
    return address instanceof Object ? address.port : 0;
  }

  async function converse(port: number): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`, { headers: { host: "web" } });
    const heard: Buffer[] = [];
    socket.on("message", (data) => heard.push(data as Buffer));
    await expect.poll(() => heard.length).toBe(1);
    expect(heard[0]?.toString()).toBe("welcome");
    const big = randomBytes(3_000_000);
    socket.send(big);
    socket.send("small");
    await expect.poll(() => heard.length).toBe(3);
    expect(heard[1]?.equals(big)).toBe(true);
    expect(heard[2]?.toString()).toBe("small");
    const closed = new Promise<number>((resolve) => {
      socket.on("close", resolve);
    });
    socket.close(4001, "enough");
    expect(await closed).toBe(4001);
  }

  it("works through the proxy", async () => {
    const proxy = await scene.proxy();
    proxy.serve("web", [await webSocketOrigin()], { timeouts: NO_TIMEOUTS });
    await converse(proxy.outboundPort);
  });

  it("works through a proxy on each side", async () => {
    const port = await webSocketOrigin();
    const server = await scene.proxy({
      settings: {
        inbound: { host: "127.0.0.1", port: 0 },
        apps: [{ service: "web", address: { host: "127.0.0.1", port } }],
      },
    });
    const proxy = await scene.proxy();
    proxy.serve("web", [server.inboundPort]);
    proxy.endpoints("web", [server.inboundPort], { proxied: true });
    await converse(proxy.outboundPort);
  });
});
