/** TCP connections that are carried as they are, between real sockets. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSeededRandom } from "../../base/random.ts";
import { DEFAULT_BALANCER } from "../../mesh/backend-settings.ts";
import { destination, service } from "../harness/fake-table.ts";
import { closedPort, type Origin } from "../harness/origins.ts";
import { ProxyScene, page, sample } from "../harness/proxy-scene.ts";
import { RawClient } from "../harness/raw-client.ts";
import type { RunningProxy } from "../harness/running-proxy.ts";
import { TcpDoor } from "../harness/tcp-door.ts";
import { until } from "../harness/until.ts";

let scene: ProxyScene;
let proxy: RunningProxy;

beforeEach(async () => {
  scene = new ProxyScene();
  proxy = await scene.proxy();
});

afterEach(async () => {
  await scene.end();
});

/** A server that says its name first, when it has one, and then whatever it is told. */
function echo(name = ""): Promise<Origin> {
  return scene.raw((socket) => {
    if (name !== "") socket.write(`${name}\n`);
    socket.pipe(socket);
  });
}

async function openDoor(...ports: readonly number[]): Promise<TcpDoor> {
  proxy.serve("db", ports);
  return scene.closing(await TcpDoor.open(proxy, "db"));
}

function lines(): Record<string, unknown>[] {
  return proxy.accessLog.map((line) => JSON.parse(line));
}

/** Connects and reads the first line: the name of the server. */
async function serverBehind(door: TcpDoor): Promise<string> {
  const client = await scene.client(door.port);
  return (await client.untilText("\n")).trim();
}

describe("a tunnel", () => {
  it("lets the server speak first", async () => {
    const door = await openDoor((await echo("220 mail")).port);
    const client = await scene.client(door.port);
    await client.untilText("220 mail\n");
    client.send("EHLO");
    await client.untilText("EHLO");
  });

  it("lets a client say all before there is a connection", async () => {
    const door = await openDoor((await echo()).port);
    const client = await scene.client(door.port);
    client.send("all").socket.end();
    expect(await client.untilClosed()).toBe("all");
    await until("it is over", () => door.ends.length === 1);
    expect(door.ends).toEqual(["closed"]);
    expect(lines()[0]).toMatchObject({
      direction: "outbound",
      protocol: "tcp",
      service: service("db"),
      reason: "closed",
      requestBytes: 3,
      answerBytes: 3,
      attempts: 1,
    });
  });

  it("lets a server end its side, and goes on to carry what the client says", async () => {
    let heard = "";
    const origin = await scene.raw((socket) => {
      socket.end("bye");
      socket.on("data", (bytes: Buffer) => {
        heard += bytes.toString();
      });
    });
    const door = await openDoor(origin.port);
    const client = await scene.client(door.port);
    await client.until((text) => text === "bye" && client.socket.readableEnded);
    client.send("still here");
    await until("the server hears it", () => heard === "still here");
    expect(door.ends).toEqual([]);
    client.socket.end();
    await until("it is over", () => door.ends.length === 1);
    expect(door.ends).toEqual(["closed"]);
  });

  it.each([1, 2, 3, 4])("carries everything, whatever the pieces: seed %i", async (seed) => {
    const random = createSeededRandom(seed);
    const door = await openDoor((await echo()).port);
    const sizes = Array.from({ length: 6 }, () => sizeOf(() => random.nextFloat()));
    await Promise.all(sizes.map((size) => converse(door.port, size, () => random.nextFloat())));
    await until("all are over", () => door.ends.length === sizes.length);
    expect(new Set(door.ends)).toEqual(new Set(["closed"]));
    const metrics = await page(proxy, "/metrics");
    const sum = sizes.reduce((total, size) => total + size, 0);
    for (const peer of ['peer="src"', 'peer="dst"']) {
      expect(sample(metrics, "tcp_read_bytes_total", peer)).toBe(sum);
      expect(sample(metrics, "tcp_write_bytes_total", peer)).toBe(sum);
      expect(sample(metrics, "tcp_open_connections", peer)).toBe(0);
    }
  });
});

describe("two that talk at the same time", () => {
  it.each([1, 2, 3])("end when each has said all it has to say: seed %i", async (seed) => {
    const random = createSeededRandom(seed);
    const next = () => random.nextFloat();
    const heard: Promise<[sent: string, received: string]>[] = [];
    const origin = await scene.raw((socket) => {
      const received = receive(socket, next);
      heard.push(Promise.all([send(socket, sizeOf(next), next), received]));
    });
    const door = await openDoor(origin.port);
    const said: [sent: string, received: string][] = [];
    for (let count = 0; count < 5; count += 1) {
      const { socket } = await scene.client(door.port);
      const received = receive(socket, next);
      said.push(await Promise.all([send(socket, sizeOf(next), next), received]));
    }
    expect(await Promise.all(heard)).toEqual(said.map(([sent, received]) => [received, sent]));
    await until("all are over", () => door.ends.length === said.length);
    expect(new Set(door.ends)).toEqual(new Set(["closed"]));
  });
});

/** Often next to nothing, so that either may be done first. */
function sizeOf(next: () => number): number {
  return Math.floor(next() ** 3 * 3_000_000);
}

/** Sends so many random bytes in random pieces, with pauses in reading; all must come back. */
async function converse(port: number, size: number, next: () => number): Promise<void> {
  const { socket } = scene.closing(await RawClient.connect(port));
  const received = receive(socket, next);
  expect(await send(socket, size, next)).toBe(await received);
}

/** Random bytes in random pieces, and then the end of our side; what they amount to. */
async function send(socket: Socket, size: number, next: () => number): Promise<string> {
  const hash = createHash("sha256");
  for (let left = size; left > 0; ) {
    const bytes = Buffer.alloc(Math.min(left, 1 + Math.floor(next() ** 4 * 400_000)));
    for (let at = 0; at < bytes.length; at += 997) bytes[at] = Math.floor(next() * 256);
    left -= bytes.length;
    hash.update(bytes);
    if (!socket.write(bytes)) await once(socket, "drain");
  }
  socket.end();
  return hash.digest("hex");
}

/** What comes until the other side ends, read with pauses. */
async function receive(socket: Socket, next: () => number): Promise<string> {
  const hash = createHash("sha256");
  socket.removeAllListeners("data");
  socket.on("data", (bytes: Buffer) => {
    hash.update(bytes);
    if (next() >= 0.1) return;
    socket.pause();
    setImmediate(() => socket.resume());
  });
  await once(socket, "end");
  return hash.digest("hex");
}

describe("a peer that does not read", () => {
  const TOTAL = 48 * 1024 * 1024;
  /** What one read takes, and what Node may hold besides. */
  const HELD_BYTES_MAX = 256 * 1024;

  it("holds up the server, and gets everything when it does read", async () => {
    let server: Socket | null = null;
    const origin = await scene.raw((socket) => {
      server = socket;
      socket.end(Buffer.alloc(TOTAL, 7));
    });
    const door = await openDoor(origin.port);
    const { socket } = await scene.client(door.port);
    socket.pause();
    await until("the tunnel is full", () => [...door.clients].some(({ congested }) => congested));
    const held = () => server?.writableLength ?? 0;
    expect(door.unsentBytesMost).toBeLessThan(HELD_BYTES_MAX);
    expect(held()).toBeGreaterThan(TOTAL / 4);
    let count = 0;
    socket.removeAllListeners("data");
    socket.on("data", (bytes: Buffer) => {
      count += bytes.length;
    });
    const ended = once(socket, "end");
    socket.resume();
    await ended;
    expect(count).toBe(TOTAL);
  });

  it("holds up the client, where it is the server", async () => {
    let server: Socket | null = null;
    let count = 0;
    const origin = await scene.raw((socket) => {
      server = socket;
      socket.pause();
      socket.on("data", (bytes: Buffer) => {
        count += bytes.length;
      });
      socket.pause();
    });
    const door = await openDoor(origin.port);
    const { socket } = await scene.client(door.port);
    socket.end(Buffer.alloc(TOTAL, 7));
    await until("bytes have come", () => server !== null);
    const before = process.memoryUsage().arrayBuffers;
    await settled(() => socket.writableLength);
    expect(socket.writableLength).toBeGreaterThan(TOTAL / 4);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * HELD_BYTES_MAX);
    resume(server);
    await until("all has come", () => count === TOTAL);
  });
});

function resume(socket: Socket | null): void {
  socket?.resume();
}

/** Until the figure has stood still for some looks at it. */
async function settled(figure: () => number): Promise<void> {
  let last = figure();
  let same = 0;
  await until("it stands still", () => {
    same = figure() === last ? same + 1 : 0;
    last = figure();
    return same >= 20;
  });
}

describe("a reset", () => {
  it("reaches the server", async () => {
    const errors: string[] = [];
    const origin = await scene.raw((socket) => {
      socket.write("hello");
      socket.on("error", (error: NodeJS.ErrnoException) => errors.push(error.code ?? ""));
    });
    const door = await openDoor(origin.port);
    const client = await scene.client(door.port);
    await client.untilText("hello");
    client.socket.resetAndDestroy();
    await until("the server is told", () => errors.length > 0);
    expect(errors).toEqual(["ECONNRESET"]);
    await until("it is over", () => door.ends.length === 1);
    expect(door.ends).toEqual(["client-reset"]);
    expect(lines()[0]).toMatchObject({ reason: "client-reset", answerBytes: 5 });
  });

  it("reaches the client", async () => {
    const origin = await scene.raw((socket) => {
      socket.once("data", () => socket.resetAndDestroy());
    });
    const door = await openDoor(origin.port);
    const client = await scene.client(door.port);
    const failed = once(client.socket, "error");
    client.send("do it");
    const [error] = await failed;
    expect(error).toMatchObject({ code: "ECONNRESET" });
    await until("it is over", () => door.ends.length === 1);
    expect(door.ends).toEqual(["endpoint-reset"]);
    const metrics = await page(proxy, "/metrics");
    expect(sample(metrics, "tcp_close_total", 'reason="endpoint-reset"')).toBe(2);
  });

  it("is what a client gets where nobody can be reached", async () => {
    const door = await openDoor(await closedPort());
    const client = await scene.client(door.port);
    const failed = once(client.socket, "error");
    client.send("anybody?");
    expect((await failed)[0]).toMatchObject({ code: "ECONNRESET" });
    expect(door.ends).toEqual(["connect-failed"]);
    expect(lines()[0]).toMatchObject({ reason: "connect-failed", fault: "connect-failed" });
    const metrics = await page(proxy, "/metrics");
    expect(sample(metrics, "heddle_faults_total", 'code="connect-failed"')).toBe(1);
  });
});

describe("the endpoints of a service", () => {
  it("are tried one after the other", async () => {
    const door = await openDoor(await closedPort(), (await echo("well")).port);
    for (let count = 0; count < 12; count += 1) expect(await serverBehind(door)).toBe("well");
    for (const client of [...door.clients]) client.destroy();
    await until("all are logged", () => lines().length === 12);
    expect(lines().some(({ attempts }) => attempts === 2)).toBe(true);
  });

  it("keep their connections when discovery drops them, and get no others", async () => {
    const [old, young] = [await echo("old"), await echo("young")];
    const door = await openDoor(old.port);
    const client = await scene.client(door.port);
    await client.untilText("old\n");
    proxy.endpoints("db", [young.port]);
    await proxy.configured();
    await until("the other one serves", async () => (await serverBehind(door)) === "young");
    expect(await serverBehind(door)).toBe("young");
    client.send("still with you");
    await client.untilText("still with you");
    proxy.table.remove({ type: "destination", key: service("db") });
    await proxy.configured();
    client.send("even now");
    await client.untilText("even now");
    expect(door.ends.filter((end) => end !== "closed")).toEqual([]);
  });

  it("share a thousand connections that stay", async () => {
    const counts = [0, 0, 0, 0];
    const origins = await Promise.all(
      counts.map((_, index) =>
        scene.raw((socket) => {
          counts[index] = (counts[index] ?? 0) + 1;
          socket.pipe(socket);
        }),
      ),
    );
    const made = destination("db", ["db"]);
    // By their number alone: how long connecting takes here is the machine's affair.
    const balancer = { ...DEFAULT_BALANCER, policy: "least-request" as const };
    proxy.endpoints(
      "db",
      origins.map(({ port }) => port),
    );
    proxy.put("db", { ...made, backends: made.backends.map((one) => ({ ...one, balancer })) });
    const door = scene.closing(await TcpDoor.open(proxy, "db"));
    const clients: RawClient[] = [];
    // In small groups, none of which takes a busy machine long.
    while (clients.length < 1_000) {
      const more = Array.from({ length: 25 }, () => scene.client(door.port));
      const opened = await Promise.all(more);
      await Promise.all(opened.map((client) => client.send("first.").untilText("first.")));
      clients.push(...opened);
    }
    for (const client of clients.filter((_, index) => index % 100 === 0)) {
      await client.send("last.").untilText("first.last.");
    }
    const metrics = await page(proxy, "/metrics");
    expect(sample(metrics, "tcp_open_connections", 'peer="src"')).toBe(1_000);
    expect(sample(metrics, "tcp_open_connections", 'peer="dst"')).toBe(1_000);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1_000);
    for (const count of counts) expect(count).toBeGreaterThan(200);
  });

  it("take connections by the weights of a split", async () => {
    proxy.serve("v1", [(await echo("v1")).port]);
    proxy.serve("v2", [(await echo("v2")).port]);
    const made = destination("db", ["v1", "v2"]);
    const rules = made.rules.map((one) => ({
      ...one,
      action: {
        ...one.action,
        backends: one.action.backends.map((backend, index) => ({
          ...backend,
          weight: index === 0 ? 9 : 1,
        })),
      },
    }));
    proxy.put("db", { ...made, rules });
    const door = scene.closing(await TcpDoor.open(proxy, "db"));
    const seen: string[] = [];
    for (let count = 0; count < 40; count += 1) seen.push(await serverBehind(door));
    expect(seen.filter((name) => name === "v2")).toHaveLength(4);
  });
});
