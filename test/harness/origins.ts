/** Servers for proxies to stand before: one that speaks HTTP by Node, one that speaks raw bytes. */
import { createServer, type RequestListener, type Server } from "node:http";
import {
  connect,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from "node:net";

export interface Origin {
  readonly port: number;
  /** Connections that were opened to it, ever. */
  readonly connectionCount: number;
  close(): Promise<void>;
}

export async function httpOrigin(listener: RequestListener): Promise<Origin> {
  return await listening(createServer(listener));
}

/** `serve` gets each connection. Errors of its sockets are expected, and ignored. */
export async function rawOrigin(serve: (socket: Socket) => void): Promise<Origin> {
  const server = createTcpServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    serve(socket);
  });
  return await listening(server);
}

/** Connections that keep their own ports from everybody else, to the end of the process. */
const holders: Socket[] = [];

/**
 * A port at which nobody listens, and nobody can: it is the near end of a connection. One that was
 * merely free a moment ago may be given to another test. It is bound to its address, because the
 * kernel never gives such a port to whoever dials: who dialled it from itself would be answered.
 */
export async function closedPort(): Promise<number> {
  const far = createTcpServer((socket) => socket.unref()).unref();
  await new Promise<void>((resolve) => {
    far.listen(0, "127.0.0.1", resolve);
  });
  const address = far.address();
  const port = address instanceof Object ? address.port : 0;
  const near = connect({ port, host: "127.0.0.1", localAddress: "127.0.0.1" });
  await new Promise<void>((resolve, reject) => {
    near.once("connect", resolve);
    near.once("error", reject);
  });
  holders.push(near.unref());
  return near.localPort ?? 0;
}

async function listening(server: Server | TcpServer): Promise<Origin> {
  const sockets = new Set<Socket>();
  let connectionCount = 0;
  server.on("connection", (socket: Socket) => {
    connectionCount += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    port: address instanceof Object ? address.port : 0,
    get connectionCount() {
      return connectionCount;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
