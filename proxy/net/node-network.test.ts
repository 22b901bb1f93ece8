import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../../test/harness/until.ts";
import { createNodeNetwork } from "./node-network.ts";
import type { CloseReason, Listener, ListenOptions, Stream, StreamHandler } from "./stream.ts";

const HAS_IPV6 = await listensOnIpv6();

/** Rows of sockets: proc_net_tcp.txt of the kernel. */
const TCP_TABLE = "/proc/net/tcp";
/** A timer that is neither of sending again nor of a probe of the window. */
const KEEPALIVE_TIMER = "02";

const open: { close(): void }[] = [];

afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

/** What an owner of a stream was told, in order. */
class Told implements StreamHandler {
  readonly events: string[] = [];

  onConnected(): void {
    this.events.push("connected");
  }

  onRead(bytes: Uint8Array, start: number, end: number): void {
    this.events.push(`read ${Buffer.from(bytes.subarray(start, end)).toString()}`);
  }

  onReadEnd(): void {
    this.events.push("end");
  }

  onWritable(): void {}

  onClosed(reason: CloseReason): void {
    this.events.push(reason);
  }
}

const network = createNodeNetwork();

interface Door {
  readonly listener: Listener;
  readonly accepted: Stream[];
  readonly told: Told;
}

async function listen(overrides: Partial<ListenOptions> = {}): Promise<Door> {
  const accepted: Stream[] = [];
  const told = new Told();
  const listener = await network.listen({
    host: "127.0.0.1",
    port: 0,
    backlog: 16,
    refusesOwn: false,
    accept: (stream) => {
      accepted.push(stream);
      stream.handler = told;
    },
    ...overrides,
  });
  open.push(listener);
  return { listener, accepted, told };
}

function dialRaw(port: number, host = "127.0.0.1"): Socket {
  const socket = connect({ port, host, allowHalfOpen: true });
  open.push({ close: () => socket.destroy() });
  return socket;
}

async function firstOf(door: Door): Promise<Stream> {
  await until("an accepted connection", () => door.accepted.length > 0);
  const [stream] = door.accepted;
  if (stream === undefined) throw new Error("nothing was accepted");
  return stream;
}

/** Which timer runs for a connection between two ports of 127.0.0.1; empty without a row. */
function timerOf(localPort: number, remotePort: number): string {
  const [local, remote] = [localPort, remotePort].map((port) => {
    return `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  });
  const rows = readFileSync(TCP_TABLE, "utf8").split("\n");
  const cells = rows.map((row) => row.trim().split(/\s+/));
  return cells.find((row) => row[1] === local && row[2] === remote)?.[5]?.slice(0, 2) ?? "";
}

describe("an accepted stream", () => {
  it("knows both ends, and that nothing redirected it", async () => {
    const door = await listen();
    const caller = dialRaw(door.listener.port);
    const stream = await firstOf(door);
    expect(stream.remoteAddress).toBe("127.0.0.1");
    expect(stream.remotePort).toBe(caller.localPort);
    expect(stream.localAddress).toBe("127.0.0.1");
    expect(stream.localPort).toBe(door.listener.port);
    expect(stream.originalDestination()).toBeNull();
  });

  it("resets the peer when it is told to", async () => {
    const door = await listen();
    const caller = dialRaw(door.listener.port);
    const errors: string[] = [];
    caller.on("error", (error: NodeJS.ErrnoException) => errors.push(error.code ?? ""));
    (await firstOf(door)).reset();
    await until("the peer to be told", () => caller.destroyed);
    expect(errors).toEqual(["ECONNRESET"]);
  });

  it.skipIf(!existsSync(TCP_TABLE))(
    "is looked after, on both sides, while all are silent",
    async () => {
      const door = await listen();
      const told = new Told();
      const dialled = network.dial("127.0.0.1", door.listener.port, told);
      open.push({ close: () => dialled.destroy() });
      const accepted = await firstOf(door);
      await until("the connection", () => told.events.includes("connected"));
      for (const { localPort, remotePort } of [accepted, dialled]) {
        await until(
          () => `keepalive from ${localPort} to ${remotePort}`,
          () => timerOf(localPort, remotePort) === KEEPALIVE_TIMER,
        );
      }
    },
  );

  it("hears of a reset by the peer", async () => {
    const door = await listen();
    const caller = dialRaw(door.listener.port);
    await firstOf(door);
    caller.resetAndDestroy();
    await until("the reset", () => door.told.events.includes("reset"));
  });

  it("goes on being written to when the peer has ended its side", async () => {
    const door = await listen();
    const caller = dialRaw(door.listener.port);
    let answer = "";
    caller.on("data", (bytes: Buffer) => {
      answer += bytes.toString();
    });
    caller.end("question");
    const stream = await firstOf(door);
    await until("the end", () => stream.ended);
    expect(door.told.events).toEqual(["read question", "end"]);
    stream.write(Buffer.from("answer"), 0, 6);
    stream.end();
    await until("the answer", () => caller.readableEnded);
    expect(answer).toBe("answer");
    await until("both ends to be closed", () => stream.closed);
    expect(door.told.events.at(-1)).toBe("closed");
  });

  it("goes on being read from when our side has ended", async () => {
    const door = await listen();
    const caller = dialRaw(door.listener.port);
    const stream = await firstOf(door);
    stream.end();
    await until("the end at the peer", () => caller.readableEnded || caller.readable === false);
    caller.end("late");
    await until("the rest", () => stream.closed);
    expect(door.told.events).toEqual(["read late", "end", "closed"]);
  });
});

describe("a listener", () => {
  it.skipIf(!HAS_IPV6)("on all addresses serves callers of both families", async () => {
    const door = await listen({ host: "::" });
    dialRaw(door.listener.port, "127.0.0.1");
    await until("the IPv4 caller", () => door.accepted.length === 1);
    dialRaw(door.listener.port, "::1");
    await until("both", () => door.accepted.length === 2);
    const ends = door.accepted.map((one) => `${one.remoteAddress} ${one.localAddress}`);
    expect(ends).toEqual(["127.0.0.1 127.0.0.1", "::1 ::1"]);
  });

  it("goes on in another process that its socket was handed to", async () => {
    const door = await listen();
    const { port, fd } = door.listener;
    const heir = await Heir.start(fd);
    expect(heir.place).toBe(`127.0.0.1:${port}`);
    door.listener.close();
    expect(await answerOf(port)).toBe("heir");
    expect(door.accepted).toEqual([]);
  });

  it("stays when the process that its socket was handed to ends", async () => {
    const door = await listen();
    const heir = await Heir.start(door.listener.fd);
    await heir.end();
    dialRaw(door.listener.port);
    await firstOf(door);
  });
});

describe("dialling ourselves", () => {
  const closedDoors = HAS_IPV6 ? ["127.0.0.1", "0.0.0.0", "::"] : ["127.0.0.1", "0.0.0.0"];
  const names = ["127.0.0.1", "localhost", "::ffff:127.0.0.1", "0.0.0.0"];
  const cases = closedDoors.flatMap((door) => names.map((name) => [door, name] as const));

  it.each(cases)("is refused on %s by the name %s", async (host, name) => {
    const door = await listen({ host, refusesOwn: true });
    expect(await outcomeOf(name, door.listener.port)).toBe("loop");
  });

  it.each([...closedDoors.slice(1)])("is refused on %s by any loopback address", async (host) => {
    const door = await listen({ host, refusesOwn: true });
    expect(await outcomeOf("127.0.0.5", door.listener.port)).toBe("loop");
  });

  it.skipIf(!HAS_IPV6)("is refused by IPv6 as well", async () => {
    const door = await listen({ host: "::1", refusesOwn: true });
    expect(await outcomeOf("::1", door.listener.port)).toBe("loop");
  });

  it("is not mixed up with a neighbour on the same port", async () => {
    const door = await listen({ host: "127.0.0.1", refusesOwn: true });
    await listen({ host: "127.0.0.5", port: door.listener.port });
    expect(await outcomeOf("127.0.0.5", door.listener.port)).toBe("connected");
  });

  it("is allowed where a listener does not refuse it", async () => {
    const door = await listen();
    expect(await outcomeOf("127.0.0.1", door.listener.port)).toBe("connected");
  });
});

/** `connected`, or why not. */
async function outcomeOf(host: string, port: number): Promise<string> {
  const told = new Told();
  const stream = network.dial(host, port, told);
  await until("an outcome", () => told.events.length > 0);
  stream.destroy();
  return told.events[0] ?? "";
}

/** What is received by a caller until the end. */
function answerOf(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    dialRaw(port)
      .on("data", (bytes: Buffer) => {
        answer += bytes.toString();
      })
      .on("end", () => resolve(answer))
      .on("error", reject);
  });
}

/** A process that got a listening socket as its descriptor 3, and says `heir` to each caller. */
class Heir {
  readonly #child: ChildProcess;
  readonly place: string;

  private constructor(child: ChildProcess, place: string) {
    this.#child = child;
    this.place = place;
    open.push({ close: () => child.kill("SIGKILL") });
  }

  static async start(fd: number): Promise<Heir> {
    const program = `
      import { createNodeNetwork } from ${JSON.stringify(import.meta.resolve("./node-network.ts"))};
      const accept = (stream) => {
        stream.write(Buffer.from("heir"), 0, 4);
        stream.end();
      };
      const options = { host: "", port: 0, backlog: 16, fd: 3, refusesOwn: false, accept };
      const { host, port } = await createNodeNetwork().listen(options);
      console.log(host + ":" + port);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit", fd],
    });
    const place = await new Promise<string>((resolve, reject) => {
      child.on("exit", () => reject(new Error("the process ended")));
      child.stdout?.on("data", (bytes: Buffer) => resolve(bytes.toString().trim()));
    });
    return new Heir(child, place);
  }

  end(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.on("exit", () => resolve());
      this.#child.kill("SIGKILL");
    });
  }
}

function listensOnIpv6(): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(false));
    server.listen(0, "::1", () => server.close(() => resolve(true)));
  });
}
