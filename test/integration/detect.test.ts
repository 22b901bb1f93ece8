/**
 * Protocols told apart on real sockets: nobody waits who has said what he is, and who waits for
 * the server to begin gets its first word after one short wait, or none.
 */
import { once } from "node:events";
import { createServer as createHttp2Server, connect as http2Connect } from "node:http2";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, connect as tlsConnect } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import type { PortProtocol } from "../../mesh/port-protocol.ts";
import { DetectingRelay, type RelayedConnection } from "../harness/detecting-relay.ts";
import { httpOrigin, rawOrigin } from "../harness/origins.ts";
import { RawClient } from "../harness/raw-client.ts";
import { WAIT_MS_MAX } from "../harness/until.ts";

/** The short wait and a tick of the wheel: far below the 200 ms that people notice. */
const SILENT_MS = 54;

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function relayTo(
  serve: (socket: Socket) => void,
  hint?: PortProtocol,
): Promise<DetectingRelay> {
  const origin = await rawOrigin(serve);
  return await relayToPort(origin.port, () => origin.close(), hint);
}

async function relayToPort(
  port: number,
  close: () => unknown,
  hint?: PortProtocol,
): Promise<DetectingRelay> {
  const relay = await DetectingRelay.start(port, hint);
  closers.push(close, () => relay.stop());
  return relay;
}

async function clientOf(port: number): Promise<RawClient> {
  const client = await RawClient.connect(port);
  closers.push(() => client.close());
  return client;
}

function listeningPort(server: Server): Promise<number> {
  closers.push(() => server.close());
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

/** A port before `port` whose clients' bytes come out of it one by one. */
async function cuttingPort(port: number): Promise<number> {
  const server = createServer((socket) => {
    const onward = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.on("error", () => onward.destroy());
    onward.on("error", () => socket.destroy());
    onward.pipe(socket);
    let sent = Promise.resolve();
    socket.on("data", (bytes: Buffer) => {
      sent = sent.then(() => sendOneByOne(onward, bytes));
    });
    socket.on("close", () => onward.destroy());
  });
  return await listeningPort(server);
}

/** Each byte is with the kernel, and the loop has turned, before the next. */
async function sendOneByOne(socket: Socket, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length && !socket.destroyed; at += 1) {
    await new Promise((resolve) => socket.write(bytes.subarray(at, at + 1), resolve));
    await new Promise(setImmediate);
  }
}

const GREETING = "\x4a\0\0\0\x0a8.4.0-sample\0\x01\0\0\0salt";

/** Speaks first, as MySQL does, and answers one packet of the client. */
function mysql(socket: Socket): void {
  socket.write(GREETING, "latin1");
  socket.on("data", () => socket.write("\x07\0\0\x02\0\0\0\x02\0\0\0", "latin1"));
}

/** As RFC 5321 has it: the server begins, and each line gets its answer. */
function smtp(socket: Socket): void {
  socket.write("220 mail.example ESMTP\r\n");
  socket.on("data", (bytes: Buffer) => {
    for (const line of bytes.toString().trimEnd().split("\r\n")) {
      if (line === "QUIT") socket.end("221 bye\r\n");
      else
        socket.write(line.startsWith("EHLO") ? "250-mail.example\r\n250 SIZE\r\n" : "250 ok\r\n");
    }
  });
}

function redis(socket: Socket): void {
  socket.on("data", (bytes: Buffer) => {
    const text = bytes.toString();
    if (/^(?:PING\r\n|\*1\r\n\$4\r\nPING\r\n)$/.test(text)) socket.write("+PONG\r\n");
    else if (text === "GET key\r\n") socket.write("$5\r\nvalue\r\n");
    else socket.write("-ERR\r\n");
  });
}

describe("a server that speaks first", () => {
  it("is heard after one short wait, and the next time without any", async () => {
    const relay = await relayTo(mysql);
    const first = await clientOf(relay.port);
    const connection = await relay.accepted(1);
    relay.timers.advance(SILENT_MS);
    expect(await first.untilText("salt")).toBe(GREETING);
    expect(connection.protocol).toBe("opaque");
    first.send("\x20\0\0\x01login");
    await first.until((text) => text.length === GREETING.length + 11);
    const second = await clientOf(relay.port);
    expect(await second.untilText("salt")).toBe(GREETING);
    // All that either waited.
    expect(relay.timers.clock.nowMs()).toBe(SILENT_MS);
    expect(countOf(relay, "connections", "server-first")).toBe(2);
    expect(countOf(relay, "timeouts", "silent")).toBe(1);
  });

  it("has its whole conversation", async () => {
    const relay = await relayTo(smtp);
    const client = await clientOf(relay.port);
    await relay.accepted(1);
    relay.timers.advance(SILENT_MS);
    await client.untilText("220 mail.example ESMTP\r\n");
    client.send("EHLO client.example\r\n");
    await client.untilText("250 SIZE\r\n");
    client.send("MAIL FROM:<a@example>\r\nQUIT\r\n");
    await client.untilClosed();
    expect(client.text).toMatch(/250 ok\r\n221 bye\r\n$/);
    expect(relay.timers.clock.nowMs()).toBe(SILENT_MS);
  });

  it("is not waited for where its port is known to be opaque", async () => {
    const relay = await relayTo(smtp, "opaque");
    const client = await clientOf(relay.port);
    await client.untilText("220 mail.example ESMTP\r\n");
    expect(relay.timers.clock.nowMs()).toBe(0);
    expect(countOf(relay, "connections", "hint")).toBe(1);
  });

  it("is heard by a client that has ended its side without a word", async () => {
    const relay = await relayTo((socket) => socket.end("12:00\r\n"));
    const client = await clientOf(relay.port);
    client.socket.end();
    expect(await client.untilClosed()).toBe("12:00\r\n");
    expect(relay.timers.clock.nowMs()).toBe(0);
  });
});

describe("a client that speaks first", () => {
  it.each([
    ["*1\r\n$4\r\nPING\r\n", "+PONG\r\n"],
    ["PING\r\n", "+PONG\r\n"],
    ["GET key\r\n", "$5\r\nvalue\r\n"],
  ])("gets its answer from Redis without a wait: %j", async (command, answer) => {
    const relay = await relayTo(redis);
    const client = await clientOf(relay.port);
    client.send(command);
    await client.untilText(answer);
    expect((await relay.accepted(1)).protocol).toBe("opaque");
    expect(relay.timers.clock.nowMs()).toBe(0);
  });

  it("may send bytes that decide nothing, and waits for a moment", async () => {
    const relay = await relayTo((socket) => socket.pipe(socket));
    const client = await clientOf(relay.port);
    client.send("hello");
    const connection = await relay.accepted(1);
    await expect.poll(() => connection.detection.keptBytes).toBe(5);
    relay.timers.advance(254);
    await client.untilText("hello");
    expect(connection.protocol).toBe("opaque");
    expect(countOf(relay, "timeouts", "undecided")).toBe(1);
  });

  it("of HTTP/1 is known in single bytes as well", async () => {
    const origin = await httpOrigin((request, response) => response.end(`of ${request.url}`));
    const relay = await relayToPort(origin.port, () => origin.close());
    const port = await cuttingPort(relay.port);
    const answer = await fetch(`http://127.0.0.1:${port}/a?b`);
    expect(await answer.text()).toBe("of /a?b");
    expect((await relay.accepted(1)).protocol).toBe("http1");
    expect(relay.timers.clock.nowMs()).toBe(0);
  });

  it("of HTTP/2 is known in single bytes as well", async () => {
    const server = createHttp2Server();
    server.on("stream", (stream, headers) => stream.end(`of ${headers[":path"]}`));
    const relay = await relayToPort(await listeningPort(server), () => {});
    for (const port of [relay.port, await cuttingPort(relay.port)]) {
      const session = http2Connect(`http://127.0.0.1:${port}`);
      const stream = session.request({ ":path": "/a" });
      let body = "";
      stream.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      await once(stream, "end", { signal: AbortSignal.timeout(WAIT_MS_MAX) });
      session.close();
      expect(body).toBe("of /a");
    }
    expect(relay.connections.map(({ protocol }) => protocol)).toEqual(["http2", "http2"]);
    expect(relay.timers.clock.nowMs()).toBe(0);
  });

  it("of TLS is known in single bytes as well, and for whom it is", async () => {
    const server = createTlsServer({ ...SHARED_KEY, ALPNProtocols: ["x"] }, (socket) => {
      socket.pipe(socket);
    });
    const relay = await relayToPort(await listeningPort(server), () => {});
    for (const port of [relay.port, await cuttingPort(relay.port)]) await talkTls(port);
    expect(relay.connections.map(nameOf)).toEqual(["tls web.shop x", "tls web.shop x"]);
    expect(relay.timers.clock.nowMs()).toBe(0);
  });
});

describe("a client that goes away", () => {
  it("before it has said anything takes the server's connection with it", async () => {
    const opened: Socket[] = [];
    const relay = await relayTo((socket) => opened.push(socket));
    const client = await clientOf(relay.port);
    await relay.accepted(1);
    relay.timers.advance(SILENT_MS);
    await expect.poll(() => opened.length).toBe(1);
    client.socket.resetAndDestroy();
    opened[0]?.resume();
    await expect.poll(() => countOf(relay, "connections", "ended")).toBe(1);
    await expect.poll(() => opened[0]?.readableEnded === true || opened[0]?.destroyed).toBe(true);
  });
});

/** No certificate is needed where both know a key. */
const SHARED_KEY = {
  ciphers: "PSK-AES128-GCM-SHA256",
  maxVersion: "TLSv1.2",
  pskCallback: () => Buffer.alloc(16, 7),
} as const;

async function talkTls(port: number): Promise<void> {
  const client = tlsConnect({
    host: "127.0.0.1",
    port,
    servername: "Web.Shop",
    ALPNProtocols: ["x"],
    ...SHARED_KEY,
    pskCallback: () => ({ psk: Buffer.alloc(16, 7), identity: "client" }),
    checkServerIdentity: () => undefined,
  });
  closers.push(() => client.destroy());
  client.write("echo");
  const [bytes] = await once(client, "data", { signal: AbortSignal.timeout(WAIT_MS_MAX) });
  expect(String(bytes)).toBe("echo");
}

function nameOf({ protocol, hello }: RelayedConnection): string {
  return `${protocol} ${hello?.serverName} ${hello?.alpn.join()}`;
}

function countOf(relay: DetectingRelay, family: string, value: string): number {
  const line = new RegExp(`^heddle_detect_${family}_total\\{.*"${value}"\\} (\\d+)$`, "m");
  return Number(line.exec([...relay.metrics.expose()].join(""))?.[1]);
}
