/** Both ends of the control protocol over real WebSockets on loopback, and hostile peers. */
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { type Address, formatAddress } from "../../base/address.ts";
import { silentLog } from "../../base/log.ts";
import { createSystemRandom, systemClock, systemTimers } from "../../base/platform/system.ts";
import { CONTROL_SUBPROTOCOL } from "../../mesh/control-messages.ts";
import type { PublishLimits } from "../../operator/publish/publish-limits.ts";
import { createPublisher } from "../../operator/publish/publisher.ts";
import { type ControlServer, startControlServer } from "../../operator/publish/server.ts";
import { ControlClient } from "../../proxy/control/client.ts";
import { Configuration } from "../../proxy/control/configuration.ts";
import { createWebSocketConnector } from "../../proxy/control/web-socket.ts";
import {
  destination,
  endpointSet,
  FakeObserver,
  FakeSink,
  FakeTable,
  range,
  service,
} from "../harness/fake-table.ts";
import { ownAddress } from "../harness/own-address.ts";
import { RawClient } from "../harness/raw-client.ts";
import { until } from "../harness/until.ts";

const WEB = service("web");
const endings: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

interface Operator {
  readonly table: FakeTable;
  readonly sink: FakeSink;
  readonly observer: FakeObserver;
  readonly server: ControlServer;
  readonly url: string;
  readonly host: string;
}

async function startOperator(
  limits: Partial<PublishLimits> = {},
  heartbeatMs = 10_000,
  address: Address = { host: "127.0.0.1", port: 0 },
): Promise<Operator> {
  const table = new FakeTable();
  const sink = new FakeSink();
  const observer = new FakeObserver();
  const publisher = createPublisher({
    resources: table,
    programmed: sink,
    stats: { reported: () => {} },
    observer,
    operator: { name: "one", version: "1" },
    clock: systemClock,
    timers: systemTimers,
    log: silentLog,
    heartbeatMs,
    limits,
  });
  const server = await startControlServer({
    ...{ publisher, observer, clock: systemClock, timers: systemTimers },
    ...{ log: silentLog, address },
  });
  endings.push(async () => {
    publisher.stop();
    await server.close();
  });
  table.put("workload", "", { namespace: "shop", clusterDomain: "c.local", mesh: "1" });
  table.put("destination", WEB, destination("web", ["web"]));
  table.put("endpoints", WEB, endpointSet("web", range(1000)));
  const host = formatAddress({ host: address.host, port: portOf(server) });
  return { table, sink, observer, server, url: `ws://${host}`, host };
}

function portOf({ address }: ControlServer): number {
  if ("path" in address) throw new Error(`${address.path} has no port`);
  return address.port;
}

function startProxy(...addresses: [string, ...string[]]): {
  configuration: Configuration;
  client: ControlClient;
} {
  const configuration = new Configuration({ clock: systemClock, timers: systemTimers });
  const client = new ControlClient({
    addresses,
    connect: createWebSocketConnector(null),
    configuration,
    proxy: { name: "web-1", version: "1" },
    namespace: "shop",
    clock: systemClock,
    timers: systemTimers,
    random: createSystemRandom(),
    log: silentLog,
  });
  endings.push(() => {
    client.stop();
    configuration.stop();
  });
  client.start();
  return { configuration, client };
}

/** A client that says what it likes, and what came of it. */
class Speaker {
  readonly socket: WebSocket;
  readonly heard: { message: string; code?: string }[] = [];
  closeCode = 0;
  status = 0;

  constructor(url: string, options: { origin?: string; headers?: Record<string, string> } = {}) {
    this.socket = new WebSocket(url, CONTROL_SUBPROTOCOL, { perMessageDeflate: false, ...options });
    this.socket.on("message", (data) => this.heard.push(JSON.parse(data.toString())));
    this.socket.on("close", (code) => {
      this.closeCode = code;
    });
    this.socket.on("unexpected-response", (_request, response) => {
      this.status = response.statusCode ?? 0;
      this.socket.terminate();
    });
    this.socket.on("error", () => {});
    endings.push(() => this.socket.terminate());
  }

  async opened(): Promise<this> {
    await until("open", () => this.socket.readyState === WebSocket.OPEN);
    return this;
  }

  async closed(): Promise<number> {
    await until("closed", () => this.socket.readyState === WebSocket.CLOSED);
    return this.closeCode;
  }
}

const HELLO = {
  message: "hello",
  protocol: 1,
  proxy: { name: "x", version: "1" },
  namespace: "shop",
  features: [],
  holds: [],
};

const UPGRADE =
  "GET /control HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n" +
  `Sec-WebSocket-Protocol: ${CONTROL_SUBPROTOCOL}\r\n\r\n`;
const LONG_HEAD = `GET /control HTTP/1.1\r\nHost: localhost\r\n${"A: b\r\n".repeat(2_000)}\r\n`;

/** The same frame with other flags and another opcode. */
function withFirst(frame: Buffer, first: number): Buffer {
  return Buffer.concat([Buffer.from([first]), frame.subarray(1)]);
}

/** A text that begins, and goes on byte by byte. */
function manyParts(count: number): Buffer {
  const next = Buffer.from([0x00, 0x81, 0, 0, 0, 0, 0x61]);
  return Buffer.concat([withFirst(next, 0x01), ...range(count).map(() => next)]);
}

describe("over WebSocket", () => {
  it("a proxy follows the operator, and another one when that dies", async () => {
    const one = await startOperator();
    const two = await startOperator();
    const { configuration, client } = startProxy(one.url, two.url);
    configuration.watch(WEB);
    await until("live", () => typeof configuration.watch(WEB) === "object");
    const [first, second] = client.status().address === one.url ? [one, two] : [two, one];
    expect(first.sink.sessions.get("s1")?.remote).toMatch(/^127\.0\.0\.1:\d+$/);
    first.table.put("endpoints", WEB, endpointSet("web", range(999)));
    const count = () => {
      const live = configuration.watch(WEB);
      return typeof live === "object" ? live.endpoints.get(WEB)?.endpoints.length : undefined;
    };
    await until("delta", () => count() === 999);
    await endings.splice(1 - Number(first === one), 1)[0]?.();
    await until("moved", () => client.status().address === second.url);
    await until("changed again", () => count() === 1000);
    expect(second.observer.count("sent destination")).toBe(0);
    expect(second.observer.count("sent endpoints")).toBe(1);
  });

  it("a proxy waits for an operator that comes late", async () => {
    const host = ownAddress();
    const probe = await startOperator({}, 10_000, { host, port: 0 });
    const port = portOf(probe.server);
    await endings.pop()?.();
    const { configuration } = startProxy(probe.url);
    configuration.watch(WEB);
    await startOperator({}, 10_000, { host, port });
    await until("live", () => typeof configuration.watch(WEB) === "object");
  });
});

describe("the server turns away", () => {
  const cases = [
    ["a page of a browser", { origin: "http://evil.example" }, "/control", 403],
    ["a name that was made to point here", { headers: { host: "evil.example" } }, "/control", 403],
    ["another path", {}, "/", 404],
  ] as const;
  for (const [what, options, path, status] of cases) {
    it(what, async () => {
      const operator = await startOperator();
      const speaker = new Speaker(`${operator.url}${path}`, options);
      await until("an answer", () => speaker.status !== 0);
      expect(speaker.status).toBe(status);
    });
  }

  it("another subprotocol, and plain HTTP", async () => {
    const { url, host } = await startOperator();
    const socket = new WebSocket(`${url}/control`, "chat");
    const status = await new Promise((resolve) => {
      socket.on("unexpected-response", (_request, response) => resolve(response.statusCode));
      socket.on("error", () => {});
    });
    expect(status).toBe(400);
    socket.terminate();
    expect((await fetch(`http://${host}/`)).status).toBe(426);
  });

  it("addresses that others can reach", async () => {
    const publisher = { accept: () => undefined };
    const observer = new FakeObserver();
    const address = { host: "0.0.0.0", port: 0 };
    const started = startControlServer({
      ...{ publisher, observer, clock: systemClock, timers: systemTimers },
      ...{ log: silentLog, address },
    });
    await expect(started).rejects.toThrow("127.0.0.1");
  });

  it("more sessions than it has room for", async () => {
    const { url } = await startOperator({ sessionsMax: 2 });
    for (const _ of range(2)) await new Speaker(`${url}/control`).opened();
    expect(await new Speaker(`${url}/control`).closed()).toBe(1013);
  });
});

describe("a hostile proxy", () => {
  it("that sends what is no message is closed, and harms nobody else", async () => {
    const { url, sink } = await startOperator();
    const { configuration } = startProxy(url);
    configuration.watch(WEB);
    await until("live", () => typeof configuration.watch(WEB) === "object");
    for (const text of ["", "{", "[]", "null", "[".repeat(100_000), '{"message":"hello"}']) {
      const speaker = await new Speaker(`${url}/control`).opened();
      speaker.socket.send(text);
      expect(await speaker.closed(), text.slice(0, 20)).toBe(1002);
      expect(speaker.heard.at(-1)).toMatchObject({ message: "error", code: "malformed" });
    }
    expect(sink.sessions.size).toBe(1);
  });

  it("that sends binary, or more than fits, is closed", async () => {
    const { url } = await startOperator();
    const binary = await new Speaker(`${url}/control`).opened();
    binary.socket.send(Buffer.from(JSON.stringify(HELLO)));
    expect(await binary.closed()).toBe(1003);
    const large = await new Speaker(`${url}/control`).opened();
    large.socket.send("x".repeat(3 * 1024 * 1024));
    expect(await large.closed()).toBe(1009);
  });

  it.each<[string, (frame: Buffer) => Buffer]>([
    ["no mask", () => Buffer.from([0x81, 1, 0x61])],
    ["compression that was not agreed on", (hello) => withFirst(hello, 0xc1)],
    ["an opcode that means nothing", (hello) => withFirst(hello, 0x83)],
    ["a part of nothing", (hello) => withFirst(hello, 0x80)],
    ["a long ping", (hello) => withFirst(hello, 0x89)],
    ["a length beyond all memory", () => Buffer.from([0x81, 0xff, 0x40, ...Buffer.alloc(11)])],
    ["parts without end", () => manyParts(20_000)],
  ])("that sends frames with %s is closed, counted, and harms nobody", async (_, frame) => {
    const { url, observer, sink } = await startOperator();
    const { configuration } = startProxy(url);
    configuration.watch(WEB);
    await until("live", () => typeof configuration.watch(WEB) === "object");
    const client = await RawClient.connect(Number(new URL(url).port));
    endings.push(() => void client.socket.destroy());
    client.send(UPGRADE);
    await client.untilText("101 ");
    client.socket.write(frame(maskedText(JSON.stringify({ ...HELLO, pad: "x".repeat(200) }))));
    await client.untilClosed();
    expect(observer.count("bad-frame")).toBe(1);
    expect(sink.sessions.size).toBe(1);
  });

  it("that speaks no WebSocket is closed and counted", async () => {
    const { url, observer } = await startOperator();
    const port = Number(new URL(url).port);
    for (const [text, status] of [
      ["\x16\x03\x01\0\xa5", "400"],
      ["GET / HTTP/1.1\r\nA: b\nC : d\r\n\r\n", "400"],
      [LONG_HEAD, "431"],
    ] as const) {
      const client = await RawClient.connect(port);
      client.send(text);
      expect(await client.untilClosed()).toContain(`HTTP/1.1 ${status} `);
      client.socket.destroy();
    }
    expect(observer.count("bad-request")).toBe(3);
    const plain = await RawClient.connect(port);
    plain.send("GET /control HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect(await plain.untilClosed()).toMatch(/^HTTP\/1.1 426 /);
    plain.socket.destroy();
    expect(observer.count("no-upgrade")).toBe(1);
  });

  it("that never greets is cut off", async () => {
    const { url, observer } = await startOperator({ helloTimeoutMs: 100 }, 100);
    await new Speaker(`${url}/control`).closed();
    expect(observer.count("hello-timeout")).toBe(1);
  });

  it("that greets and falls silent is cut off", async () => {
    const { url, observer, sink } = await startOperator({}, 100);
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    endings.push(() => {
      socket.destroy();
    });
    socket.write(UPGRADE);
    socket.write(maskedText(JSON.stringify(HELLO)));
    await until("greeted", () => sink.sessions.size === 1);
    await until("cut off", () => observer.count("silent") === 1);
    expect(sink.sessions.size).toBe(0);
  });

  it("that asks on and on and never reads costs little, and is cut off", async () => {
    const { url, table, observer, sink } = await startOperator({ congestedMaxMs: 200 }, 400);
    table.put("endpoints", WEB, endpointSet("web", range(20_000)));
    const speaker = await new Speaker(`${url}/control`).opened();
    speaker.socket.send(JSON.stringify(HELLO));
    await until("greeted", () => sink.sessions.size === 1);
    speaker.socket.pause();
    const subscribe = { message: "subscribe", type: "endpoints", key: WEB, revision: "" };
    for (const _ of range(200)) speaker.socket.send(JSON.stringify(subscribe));
    await until("cut off", () => sink.sessions.size === 0);
    expect(observer.count("slow-consumer")).toBe(1);
    // Each is 4 MB: what the kernel takes, and then no more than the bound and one of them.
    expect(observer.count("sent endpoints")).toBeLessThan(6);
  });

  it("that dies in the middle of a message is forgotten", async () => {
    const { url, sink } = await startOperator();
    const speaker = await new Speaker(`${url}/control`).opened();
    speaker.socket.send(JSON.stringify(HELLO));
    await until("greeted", () => sink.sessions.size === 1);
    const raw = (speaker.socket as unknown as { _socket: Socket })._socket;
    raw.write(maskedText(JSON.stringify(HELLO)).subarray(0, 20));
    raw.destroy();
    await until("forgotten", () => sink.sessions.size === 0);
  });

  it("that floods with messages or pings is closed", async () => {
    const { url, observer } = await startOperator({ messagesBurst: 50, messagesPerSecond: 10 });
    const messages = await new Speaker(`${url}/control`).opened();
    messages.socket.send(JSON.stringify(HELLO));
    for (const _ of range(100)) messages.socket.send('{"message":"ping"}');
    expect(await messages.closed()).toBe(1002);
    const pings = await new Speaker(`${url}/control`).opened();
    for (const _ of range(100)) pings.socket.ping();
    expect(await pings.closed()).toBe(1002);
    expect(observer.count("flood")).toBe(2);
  });
});

describe("a hostile operator", () => {
  /** Answers the hello with whatever bytes a test likes. */
  async function fakeOperator(onHello: (socket: Socket, frame: typeof plainText) => void) {
    const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await until("listening", () => sockets.address() !== null);
    let connections = 0;
    sockets.on("connection", (webSocket) => {
      connections += 1;
      webSocket.on("error", () => {});
      const raw = (webSocket as unknown as { _socket: Socket })._socket;
      webSocket.once("message", () => onHello(raw, plainText));
    });
    endings.push(() => {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
    });
    const address = sockets.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    return { url: `ws://127.0.0.1:${port}`, connections: () => connections };
  }

  const WELCOME = JSON.stringify({
    message: "welcome",
    protocol: 1,
    operator: { name: "x", version: "1" },
    heartbeatMs: 100,
    limits: { messageBytesMax: 1, destinationsMax: 1, endpointSetsMax: 1 },
  });

  const cases: readonly [string, (socket: Socket, text: typeof plainText) => void][] = [
    ["dies in the middle of a message", (socket, text) => socket.end(text(WELCOME).subarray(0, 9))],
    ["sends garbage", (socket) => socket.write(Buffer.alloc(64, 0xff))],
    ["sends what is no JSON", (socket, text) => socket.write(text("{"))],
    ["speaks of a message beyond all bounds", (socket) => socket.write(hugeFrameHead())],
    ["never welcomes but speaks", (socket, text) => socket.write(text('{"message":"nothing"'))],
    [
      "welcomes twice",
      (socket, text) => socket.write(Buffer.concat([text(WELCOME), text(WELCOME)])),
    ],
    ["welcomes and falls silent", (socket, text) => socket.write(text(WELCOME))],
  ];
  for (const [what, act] of cases) {
    it(`that ${what} is left, and what is held is kept`, async () => {
      const honest = await startOperator();
      const { configuration } = startProxy(honest.url);
      configuration.watch(WEB);
      await until("live", () => typeof configuration.watch(WEB) === "object");
      const held = configuration.entries().map(({ key, revision }) => key + revision);
      const evil = await fakeOperator(act);
      const client = new ControlClient({
        addresses: [evil.url],
        connect: createWebSocketConnector(null),
        configuration,
        proxy: { name: "web-1", version: "1" },
        namespace: "shop",
        clock: systemClock,
        timers: systemTimers,
        random: { nextUint32: () => 1, nextFloat: () => 0.1 },
        log: silentLog,
      });
      endings.push(() => client.stop());
      client.start();
      await until("tried again", () => evil.connections() >= 2);
      expect(configuration.entries().map(({ key, revision }) => key + revision)).toEqual(held);
    });
  }
});

/** A client's text frame (RFC 6455 section 5.2), masked with zeros. */
function maskedText(text: string): Buffer {
  const body = Buffer.from(text);
  return Buffer.concat([
    Buffer.from([0x81, 0x80 | 126, body.length >> 8, body.length & 255, 0, 0, 0, 0]),
    body,
  ]);
}

/** A server's text frame. */
function plainText(text: string): Buffer {
  const body = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 126, body.length >> 8, body.length & 255]), body]);
}

/** The head of a text frame of a gigabyte. */
function hugeFrameHead(): Buffer {
  return Buffer.from([0x81, 127, 0, 0, 0, 0, 0x40, 0, 0, 0]);
}
