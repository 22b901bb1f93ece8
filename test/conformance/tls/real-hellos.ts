/** ClientHellos of TLS libraries that are not ours, taken from the wire. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { type ConnectionOptions, connect } from "node:tls";
import { ClientHelloReader, HELLO_PARTIAL } from "../../../wire/tls/client-hello.ts";
import { WAIT_MS_MAX } from "../../harness/until.ts";

/** All that a client sends until our reader has a verdict; `dial` makes it connect to the port. */
async function takeHello(dial: (port: number) => () => void): Promise<Uint8Array> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (!(address instanceof Object)) throw new Error("no port to listen on");
  const stop = dial(address.port);
  const timeout = AbortSignal.timeout(WAIT_MS_MAX);
  try {
    const [socket] = await once(server, "connection", { signal: timeout });
    const reader = new ClientHelloReader();
    const pieces: Buffer[] = [];
    for (let verdict = HELLO_PARTIAL; verdict === HELLO_PARTIAL; ) {
      const [piece]: Buffer[] = await once(socket, "data", { signal: timeout });
      if (piece === undefined) break;
      pieces.push(piece);
      verdict = reader.take(piece, 0, piece.length);
    }
    socket.destroy();
    return Uint8Array.from(Buffer.concat(pieces));
  } finally {
    stop();
    server.close();
  }
}

export function helloOfNode(options: ConnectionOptions): Promise<Uint8Array> {
  return takeHello((port) => {
    const socket = connect({ ...options, host: "127.0.0.1", port, rejectUnauthorized: false });
    socket.on("error", () => {});
    return () => socket.destroy();
  });
}

/** `PORT` in the arguments stands for the port. */
export function helloOfProgram(program: string, args: readonly string[]): Promise<Uint8Array> {
  return takeHello((port) => {
    const filled = args.map((argument) => argument.replace("PORT", String(port)));
    const child = spawn(program, filled, { stdio: ["pipe", "ignore", "ignore"] });
    child.on("error", () => {});
    child.stdin.on("error", () => {});
    return () => void child.kill("SIGKILL");
  });
}
