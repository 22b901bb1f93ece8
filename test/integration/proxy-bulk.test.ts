/** Much of everything: a gigabyte each way, slow peers, ten thousand connections. */
import { spawn } from "node:child_process";
import { createServer, request, type Server } from "node:http";
import { connect } from "node:net";
import { crc32 } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Peak, ProxyProcess } from "../harness/proxy-process.ts";
import { ProxyScene } from "../harness/proxy-scene.ts";

const GIGABYTE = 1_024 ** 3;
const BLOCK = Buffer.alloc(256 * 1_024);
for (let at = 0; at < BLOCK.length; at += 4) BLOCK.writeUInt32LE((at * 2_654_435_761) >>> 0, at);
/** What the proxy may hold more than when idle, whatever passes through. */
const GROWTH_BYTES_MAX = 32 * 1_024 ** 2;
const MEBIBYTE = 1_024 ** 2;

let scene: ProxyScene;
let proxy: ProxyProcess;

beforeEach(async () => {
  scene = new ProxyScene();
  proxy = scene.closing(await ProxyProcess.start());
});

afterEach(() => scene.end());

async function serve(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  scene.closing({ close: () => server.closeAllConnections() });
  scene.closing({ close: () => void server.close() });
  const address = server.address();
  return `127.0.0.1:${address instanceof Object ? address.port : 0}`;
}

/** Writes that many bytes of blocks with backpressure; gives their checksum. */
async function pour(sink: NodeJS.WritableStream, bytes: number): Promise<number> {
  let sum = 0;
  for (let left = bytes; left > 0; left -= BLOCK.length) {
    BLOCK.writeUInt32LE(left % 0xffffffff, 0);
    const block = Buffer.from(BLOCK);
    sum = crc32(block, sum);
    if (!sink.write(block)) await new Promise((resolve) => sink.once("drain", resolve));
  }
  sink.end();
  return sum;
}

interface Sum {
  readonly bytes: number;
  readonly sum: number;
}

async function drink(source: AsyncIterable<Buffer>): Promise<Sum> {
  let [bytes, sum] = [0, 0];
  for await (const chunk of source) {
    bytes += chunk.length;
    sum = crc32(chunk, sum);
  }
  return { bytes, sum };
}

/** What passed, how long it took, and how much the proxy grew meanwhile. */
async function measured(what: string, work: () => Promise<void>): Promise<void> {
  const idleBytes = proxy.privateBytes;
  const peak = new Peak(() => proxy.privateBytes);
  const startedMs = performance.now();
  await work();
  peak.close();
  const seconds = (performance.now() - startedMs) / 1_000;
  const grown = (peak.highest - idleBytes) / MEBIBYTE;
  process.stdout.write(
    `${what}: ${seconds.toFixed(1)} s, private memory ${(idleBytes / MEBIBYTE).toFixed(1)} MiB ` +
      `idle, ${grown.toFixed(1)} MiB more at its highest\n`,
  );
  expect(peak.highest - idleBytes).toBeLessThan(GROWTH_BYTES_MAX);
}

describe("a gigabyte", () => {
  it.each(["Content-Length", "chunks"])("up, by %s, arrives as it was", async (framing) => {
    let received: Sum = { bytes: 0, sum: 0 };
    const host = await serve(
      createServer(async (incoming, response) => {
        received = await drink(incoming);
        response.end("done");
      }),
    );
    await measured(`1 GiB up by ${framing}`, async () => {
      const length = framing === "chunks" ? {} : { "content-length": GIGABYTE };
      const headers = { host, ...length };
      const upload = request({
        host: "127.0.0.1",
        port: proxy.outboundPort,
        method: "POST",
        headers,
      });
      const answered = new Promise<number | undefined>((resolve, reject) => {
        upload.on("error", reject);
        upload.on("response", (response) => {
          response.resume();
          resolve(response.statusCode);
        });
      });
      const sum = await pour(upload, GIGABYTE);
      expect(await answered).toBe(200);
      expect(received).toEqual({ bytes: GIGABYTE, sum });
    });
  });

  it.each(["Content-Length", "chunks"])("down, by %s, arrives as it was", async (framing) => {
    let sent = 0;
    const host = await serve(
      createServer(async (_, response) => {
        if (framing !== "chunks") response.setHeader("content-length", GIGABYTE);
        sent = await pour(response, GIGABYTE);
      }),
    );
    await measured(`1 GiB down by ${framing}`, async () => {
      const received = await new Promise<Sum>((resolve, reject) => {
        const download = request({
          host: "127.0.0.1",
          port: proxy.outboundPort,
          headers: { host },
        });
        download.on("error", reject);
        download.on("response", (response) => drink(response).then(resolve, reject));
        download.end();
      });
      expect(received).toEqual({ bytes: GIGABYTE, sum: sent });
    });
  });
});

describe("a peer that stalls", () => {
  it("while it should read an upload holds up its sender, not the proxy's memory", async () => {
    const { promise: asked, resolve: ask } = Promise.withResolvers<() => void>();
    const host = await serve(
      createServer((incoming, response) => {
        ask(() => {
          incoming.resume();
          incoming.on("end", () => response.end("done"));
        });
      }),
    );
    const bytes = 256 * MEBIBYTE;
    await measured("256 MiB to a server that stalls", async () => {
      const upload = request({
        host: "127.0.0.1",
        port: proxy.outboundPort,
        method: "POST",
        headers: { host },
      });
      const answered = new Promise((resolve) => upload.on("response", resolve));
      let poured = false;
      const pouring = pour(upload, bytes).then(() => {
        poured = true;
      });
      const read = await asked;
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(poured).toBe(false);
      read();
      await pouring;
      await answered;
    });
  });

  it("while it should read a download holds up its sender, not the proxy's memory", async () => {
    let poured = false;
    const bytes = 256 * MEBIBYTE;
    const host = await serve(
      createServer((_, response) => {
        void pour(response, bytes).then(() => {
          poured = true;
        });
      }),
    );
    await measured("256 MiB to a caller that stalls", async () => {
      const socket = connect(proxy.outboundPort, "127.0.0.1");
      socket.pause();
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(poured).toBe(false);
      let count = 0;
      socket.on("data", (chunk: Buffer) => {
        count += chunk.length;
      });
      socket.resume();
      await new Promise((resolve) => socket.on("end", resolve));
      expect(count).toBeGreaterThan(bytes);
      socket.destroy();
    });
  });
});

/** Opens connections, sends one request on each, and leaves them open until it is killed. */
const CROWD = `
const { connect } = require("node:net");
const [port, host, count] = process.argv.slice(1);
let opened = 0, answered = 0, failed = 0;
const next = () => {
  if (opened >= Number(count)) return;
  opened += 1;
  const socket = connect(Number(port), "127.0.0.1", () =>
    socket.write("GET / HTTP/1.1\\r\\nHost: " + host + "\\r\\n\\r\\n"));
  socket.once("data", () => { answered += 1; done(); });
  socket.on("error", () => { failed += 1; done(); });
};
const done = () => {
  if (answered + failed === Number(count)) console.log("answered " + answered);
  next();
};
for (let index = 0; index < 50; index += 1) next();
`;

function openFilesMax(): number {
  const { report } = process;
  const limits: unknown = Reflect.get(report?.getReport() ?? {}, "userLimits");
  const found = JSON.stringify(limits).match(/"open_files":\{"soft":"?(\d+|unlimited)/);
  return found?.[1] === undefined || found[1] === "unlimited" ? 1e9 : Number(found[1]);
}

const CROWD_COUNT = 10_000;
const limit = openFilesMax();

describe("ten thousand idle connections", () => {
  it.skipIf(limit < CROWD_COUNT + 1_000)(
    `cost little, and others are served beside them (open files: ${limit})`,
    async () => {
      const host = await serve(createServer((_, response) => response.end("ok")));
      const idleBytes = proxy.privateBytes;
      const crowd = spawn(process.execPath, [
        "-e",
        CROWD,
        String(proxy.outboundPort),
        host,
        String(CROWD_COUNT),
      ]);
      scene.closing({ close: () => crowd.kill("SIGKILL") });
      const said = await new Promise<string>((resolve) => {
        crowd.stdout.once("data", (bytes: Buffer) => resolve(bytes.toString()));
      });
      expect(said).toBe(`answered ${CROWD_COUNT}\n`);
      const each = (proxy.privateBytes - idleBytes) / CROWD_COUNT;
      process.stdout.write(`${CROWD_COUNT} idle connections: ${each.toFixed(0)} bytes each\n`);
      expect(each).toBeLessThan(12_000);
      const caller = await scene.client(proxy.outboundPort);
      for (let round = 0; round < 100; round += 1) {
        caller.clear();
        caller.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
        await caller.untilText("\r\n\r\nok");
      }
    },
  );
});
