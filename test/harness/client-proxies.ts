/** Proxies that clients name to get elsewhere, by CONNECT and by SOCKS 5 (RFC 1928, RFC 1929). */
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";

export interface ClientProxy {
  readonly port: number;
  /** `address:port user:password` of each connection that was asked for. */
  readonly asked: string[];
  close(): void;
}

export async function startHttpProxy(): Promise<ClientProxy> {
  const asked: string[] = [];
  const server = createHttpServer();
  server.on("connect", ({ url = "", headers }, socket) => {
    const [, shown = ""] = (headers["proxy-authorization"] ?? "").split(" ");
    asked.push(`${url} ${Buffer.from(shown, "base64").toString("utf8")}`);
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    join(socket, url);
  });
  return await listening(server, asked);
}

export async function startSocksProxy(): Promise<ClientProxy> {
  const asked: string[] = [];
  const server = createServer((socket) => {
    let user = "";
    let step = 0;
    socket.on("error", () => socket.destroy());
    const take = (bytes: Buffer): void => {
      step += 1;
      if (step === 1) socket.write(Buffer.of(5, 2));
      else if (step === 2) {
        const nameLength = bytes[1] ?? 0;
        const name = bytes.toString("utf8", 2, 2 + nameLength);
        user = `${name}:${bytes.toString("utf8", 3 + nameLength)}`;
        socket.write(Buffer.of(1, 0));
      } else {
        socket.off("data", take);
        const place = `${[...bytes.subarray(4, 8)].join(".")}:${bytes.readUInt16BE(8)}`;
        asked.push(`${place} ${user}`);
        socket.write(Buffer.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
        join(socket, place);
      }
    };
    socket.on("data", take);
  });
  return await listening(server, asked);
}

function join(socket: Duplex, place: string): void {
  const [host = "", port = ""] = place.split(":");
  const other = connect(Number(port), host);
  for (const end of [socket, other]) end.on("error", () => end.destroy());
  socket.on("close", () => other.destroy());
  socket.pipe(other).pipe(socket);
}

async function listening(server: Server, asked: string[]): Promise<ClientProxy> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // It listens at a port, not at a path.
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port, asked, close };
}
