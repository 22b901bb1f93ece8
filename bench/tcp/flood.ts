/**
 * Both ends of a TCP load: a server that sends or swallows as fast as it can, and clients that do
 * the opposite through a proxy, or that hold their connections and do nothing.
 *
 *   node bench/tcp/flood.ts serve PORT
 *   node bench/tcp/flood.ts load PORT CONNECTIONS SECONDS down|up    prints the bytes that arrived
 *   node bench/tcp/flood.ts hold PORT CONNECTIONS idle|stuck         prints `held`, and stays
 */
import { connect, createServer, type Socket } from "node:net";

const CHUNK = new Uint8Array(1024 * 1024);
const SINK = new Uint8Array(1024 * 1024);
/** The first byte of a client: what it wants of the server. */
const SEND_TO_ME = 1;
const SWALLOW = 2;
/** Time for everything on the way to fill up. */
const SETTLE_MS = 2_000;

function pour(socket: Socket): void {
  while (!socket.destroyed && socket.write(CHUNK));
  socket.once("drain", () => pour(socket));
}

function serve(port: number): void {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => {});
    socket.once("data", (first: Buffer) => {
      if (first[0] === SEND_TO_ME) pour(socket);
      else socket.on("data", () => {});
    });
  });
  server.listen(port, "127.0.0.1");
}

function open(port: number, received: (byteCount: number) => void): Socket {
  const callback = (byteCount: number): boolean => {
    received(byteCount);
    return true;
  };
  const onread = { buffer: SINK, callback };
  const socket = connect({ port, host: "127.0.0.1", noDelay: true, onread });
  socket.on("error", () => {});
  return socket;
}

function load(port: number, count: number, seconds: number, isDown: boolean): void {
  let received = 0;
  const sockets = Array.from({ length: count }, () => {
    const socket = open(port, (byteCount) => {
      received += byteCount;
    });
    socket.once("connect", () => {
      socket.write(Uint8Array.of(isDown ? SEND_TO_ME : SWALLOW));
      if (!isDown) pour(socket);
    });
    return socket;
  });
  setTimeout(() => {
    // What is sent has arrived, but for what a few buffers hold.
    const sent = sockets.reduce((sum, one) => sum + one.bytesWritten - one.writableLength, 0);
    console.log(isDown ? received : sent);
    process.exit(0);
  }, seconds * 1_000);
}

function hold(port: number, count: number, isStuck: boolean): void {
  let connected = 0;
  const more = (): void => {
    const socket = open(port, () => {});
    if (isStuck) socket.pause();
    socket.once("connect", () => {
      socket.write(Uint8Array.of(isStuck ? SEND_TO_ME : SWALLOW));
      connected += 1;
      if (connected < count) more();
      else setTimeout(() => console.log("held"), SETTLE_MS);
    });
  };
  more();
}

const [mode, ...rest] = process.argv.slice(2);
const [port = 0, count = 0, seconds = 0] = rest.map(Number);
if (mode === "serve") serve(port);
else if (mode === "load") load(port, count, seconds, rest[3] !== "up");
else hold(port, count, rest[2] === "stuck");
