/**
 * The bench's own small client: asks until a proxy answers, and holds many idle connections open.
 * Load comes from wrk and fortio, never from here.
 */
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Child } from "./child.ts";
import { HOST, PATH } from "./contender.ts";

const REQUEST = `GET ${PATH} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
const ANSWER_TIMEOUT_MS = 5_000;
const POLL_MS = 2;
/** Opened at once, so that no listen queue overflows. */
const OPEN_BATCH = 50;

/** A port of loopback that nothing listens on now. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === "string") reject(new Error("no port"));
        else resolve(address.port);
      });
    });
  });
}

/** Milliseconds from now until the first 200 through `port`; throws when the child ends first. */
export async function waitUntilAnswers(
  port: number,
  child: Child,
  timeoutMs: number,
): Promise<number> {
  const startMs = performance.now();
  for (;;) {
    const status = await askOnce(port).catch(() => 0);
    const elapsedMs = performance.now() - startMs;
    if (status === 200) return elapsedMs;
    if (child.hasEnded || elapsedMs > timeoutMs) {
      const what = child.hasEnded ? "ended" : `did not answer within ${timeoutMs} ms (${status})`;
      throw new Error(`${child.name} ${what}: ${child.logTail()}`);
    }
    await sleep(POLL_MS);
  }
}

/** Until something accepts connections on `port`; throws when the child ends first. */
export async function waitUntilListens(
  port: number,
  child: Child,
  timeoutMs: number,
): Promise<void> {
  const startMs = performance.now();
  while (!(await accepts(port))) {
    if (child.hasEnded || performance.now() - startMs > timeoutMs) {
      throw new Error(`${child.name} does not listen on port ${port}: ${child.logTail()}`);
    }
    await sleep(POLL_MS);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

async function askOnce(port: number): Promise<number> {
  const socket = await openAndAsk(port);
  const status = await readStatus(socket);
  socket.destroy();
  return status;
}

/** Opens `count` connections, sends one request over each, and leaves them open. */
export async function holdConnections(port: number, count: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const size = Math.min(OPEN_BATCH, count - sockets.length);
    const batch = await Promise.all(Array.from({ length: size }, () => openAndAsk(port)));
    const statuses = await Promise.all(batch.map(readStatus));
    sockets.push(...batch);
    const odd = statuses.find((status) => status !== 200);
    if (odd !== undefined) {
      for (const socket of sockets) socket.destroy();
      throw new Error(`a held connection was answered with ${odd}`);
    }
  }
  return sockets;
}

function openAndAsk(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.write(REQUEST);
      resolve(socket);
    });
  });
}

/** The status of the answer, 0 when there was none. The small body comes with it, or follows. */
function readStatus(socket: Socket): Promise<number> {
  return new Promise((resolve) => {
    const finish = (status: number): void => {
      socket.setTimeout(0);
      resolve(status);
    };
    socket.once("data", (chunk) => finish(Number(chunk.toString("latin1").slice(9, 12))));
    socket.once("error", () => finish(0));
    socket.once("close", () => finish(0));
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => finish(0));
    socket.resume();
  });
}
