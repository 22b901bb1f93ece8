import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { KubeError } from "../../kube/kube-error.ts";
import { getOver } from "../api/http.ts";
import { forwardPort } from "./forwarded-port.ts";

/** An API server that forwards ports as a kubelet does, to whatever the test says. */
let server: Server;
let serve: (socket: WebSocket) => void;
const seen: { url: string; authorization: string; protocol: string }[] = [];

beforeAll(async () => {
  server = createServer((_request, response) => {
    const body = { kind: "Status", code: 403, reason: "Forbidden", message: "you may not" };
    response.writeHead(403).end(JSON.stringify(body));
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    const url = request.url ?? "";
    if (url.includes("/pods/refused/")) {
      const text = '{"kind":"Status","code":404,"reason":"NotFound","message":"no such pod"}';
      socket.end(`HTTP/1.1 404 Not Found\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
      return;
    }
    const { authorization = "", "sec-websocket-protocol": protocol = "" } = request.headers;
    seen.push({ url, authorization, protocol });
    sockets.handleUpgrade(request, socket, head, (one) => serve(one));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const door = { namespace: "shop", pod: "web-0", port: 4191 };
const { signal } = new AbortController();

function credentials() {
  // It listens at a port, not at a path.
  const { port } = server.address() as AddressInfo;
  return Promise.resolve({
    server: `http://127.0.0.1:${port}/base`,
    tls: { verify: true },
    headers: { authorization: "Bearer t" },
  });
}

/** As the kubelet begins each of the two channels. */
function begin(socket: WebSocket): void {
  for (const channel of [0, 1]) socket.send(Buffer.from([channel, 4191 & 0xff, 4191 >> 8]));
}

const ANSWER = "HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n";

describe("forwardPort", () => {
  it("carries a question to the pod, and its answer back, however it is cut", async () => {
    let asked = "";
    serve = (socket) => {
      begin(socket);
      socket.on("message", (message: Buffer) => {
        expect(message[0]).toBe(0);
        asked += message.subarray(1).toString();
        if (!asked.endsWith("\r\n\r\n")) return;
        const whole = Buffer.from(ANSWER + "x".repeat(200_000));
        for (let at = 0; at < whole.length; at += 7_001) {
          socket.send(Buffer.concat([Buffer.of(0), whole.subarray(at, at + 7_001)]));
        }
      });
    };
    const stream = await forwardPort(door, credentials, signal);
    const { status, text } = await getOver(stream, "/config?a=b");
    expect([status, text.length]).toEqual([200, 200_000]);
    expect(asked).toMatch(/^GET \/config\?a=b HTTP\/1\.1\r\n/);
    expect(asked.toLowerCase()).toContain("\r\nhost: localhost");
    expect(seen.at(-1)).toEqual({
      url: "/base/api/v1/namespaces/shop/pods/web-0/portforward?ports=4191",
      authorization: "Bearer t",
      protocol: "v4.channel.k8s.io",
    });
  });

  it("tells what the kubelet says when nothing listens there", async () => {
    serve = (socket) => {
      begin(socket);
      socket.send(Buffer.concat([Buffer.of(1), Buffer.from("connection refused")]));
    };
    const stream = await forwardPort(door, credentials, signal);
    await expect(getOver(stream, "/config")).rejects.toThrow("connection refused");
  });

  it("tells what the API server says when it does not open it", async () => {
    const opening = forwardPort({ ...door, pod: "refused" }, credentials, signal);
    await expect(opening).rejects.toMatchObject({ status: 404, message: "no such pod" });
    const nowhere = () =>
      Promise.resolve({ server: "http://127.0.0.1:1", tls: { verify: true }, headers: {} });
    await expect(forwardPort(door, nowhere, signal)).rejects.toBeInstanceOf(KubeError);
  });

  it("ends with a connection that is cut", async () => {
    serve = (socket) => {
      begin(socket);
      socket.on("message", () => socket.terminate());
    };
    const stream = await forwardPort(door, credentials, signal);
    await expect(getOver(stream, "/config")).rejects.toThrow();
  });
});
