/** More callers than the system lets the proxy have open files. */
import { connect, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import type { Origin } from "../harness/origins.ts";
import { ProxyProcess } from "../harness/proxy-process.ts";
import { ProxyScene } from "../harness/proxy-scene.ts";
import type { RawClient } from "../harness/raw-client.ts";
import { until } from "../harness/until.ts";

const FILES_MAX = 120;
/** A quarter of them is kept for other things. */
const CALLERS_MAX = 90;
const CALLERS = 150;

const scene = new ProxyScene();
afterEach(() => scene.end());

class Caller {
  readonly #socket: Socket;
  state: "connecting" | "open" | "reset" = "connecting";

  constructor(port: number) {
    this.#socket = connect({ port, host: "127.0.0.1" });
    this.#socket.on("connect", () => {
      this.state = "open";
    });
    this.#socket.on("error", () => {
      this.state = "reset";
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

it("refuses, counts and tells callers beyond the limit, and recovers", async () => {
  const proxy = scene.closing(await ProxyProcess.start([], { openFilesMax: FILES_MAX }));
  const origin = await scene.echo();
  expect(await proxy.figure("process_max_fds")).toBe(FILES_MAX);
  expect(proxy.log).toContain(`connectionsMax=${CALLERS_MAX}`);

  const callers = Array.from({ length: CALLERS }, () => new Caller(proxy.outboundPort));
  for (const caller of callers) scene.closing(caller);
  const count = (state: Caller["state"]) => callers.filter((one) => one.state === state).length;
  await until("all to be served or refused", async () => {
    const refused = await proxy.figure("heddle_refused_connections_total");
    return count("connecting") === 0 && refused >= CALLERS - CALLERS_MAX;
  });
  await until("the refused to know it", () => count("reset") >= CALLERS - CALLERS_MAX);
  // The admin's own connections count too, and are never refused.
  expect(count("open")).toBeGreaterThan(CALLERS_MAX - 10);
  expect(await proxy.figure("process_open_fds")).toBeLessThan(FILES_MAX);
  await until("it says so", () => proxy.log.includes("connections are refused"));
  expect(proxy.log.match(/connections are refused/g)).toHaveLength(1);

  // It waits for room, and does not look for it all the time.
  const beforeSeconds = await proxy.figure("process_cpu_seconds_total");
  await new Promise((resolve) => setTimeout(resolve, 300));
  const spentSeconds = (await proxy.figure("process_cpu_seconds_total")) - beforeSeconds;
  expect(spentSeconds).toBeLessThan(0.25);

  for (const caller of callers) caller.close();
  await until("room", async () => (await proxy.figure("process_open_fds")) < FILES_MAX / 2);
  const client = await scene.client(proxy.outboundPort);
  client.send(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${origin.port}\r\n\r\n`);
  await client.untilText(`GET / 127.0.0.1:${origin.port}`);
});

it("refuses requests for which no file is left, and does not blame the endpoint", async () => {
  const proxy = scene.closing(await ProxyProcess.start([], { openFilesMax: 200 }));
  const origin = await scene.echo();
  const silent = await scene.raw((socket) => void socket.on("error", () => {}));
  const ask = (client: RawClient, { port }: Origin) =>
    client.send(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  const clients: RawClient[] = [];
  for (let count = 0; count < 140; count += 1) {
    const client = await scene.client(proxy.outboundPort);
    // It is served, over a connection that all of them share, so that it is no stranger any more.
    await ask(client, origin).untilText("[]");
    clients.push(client);
  }
  for (const client of clients) ask(client, silent);
  const refused = () => clients.filter(({ text }) => text.includes("HTTP/1.1 503 "));
  await until("those to be refused that are too many", () => refused().length >= 100);
  for (const { text } of refused()) expect(text).toContain("heddle-error: overloaded\r\n");
  // Its pages still answer.
  expect(await proxy.figure("heddle_refused_connections_total")).toBeGreaterThanOrEqual(100);
  await until("it says so", () => {
    return proxy.log.includes("connections are refused: too many files are open");
  });
  expect(clients.filter(({ isClosed }) => isClosed)).toEqual([]);
});
