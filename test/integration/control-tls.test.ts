/**
 * The control connection over TLS on real sockets: a proxy that looks at whom it speaks to, a
 * certificate that is exchanged while it serves, and whoever wants in without a credential.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { silentLog } from "../../base/log.ts";
import { createSystemRandom, systemClock, systemTimers } from "../../base/platform/system.ts";
import { CONTROL_SUBPROTOCOL } from "../../mesh/control-messages.ts";
import {
  createRoot,
  issueLeaf,
  type Leaf,
  type Signer,
} from "../../operator/identity/certificate.ts";
import type { ArrivalLimits } from "../../operator/publish/arrivals.ts";
import type { Authentication } from "../../operator/publish/peer.ts";
import { createPublisher } from "../../operator/publish/publisher.ts";
import { startControlServer } from "../../operator/publish/server.ts";
import { ControlClient } from "../../proxy/control/client.ts";
import { Configuration } from "../../proxy/control/configuration.ts";
import { createWebSocketConnector } from "../../proxy/control/web-socket.ts";
import { FakeObserver, FakeSink, FakeTable } from "../harness/fake-table.ts";
import { until } from "../harness/until.ts";

const DAY_MS = 24 * 60 * 60_000;
const GOOD = "good-token";

const ends: (() => void | Promise<void>)[] = [];
let folder: string;
let files = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heddle-control-tls-"));
});

afterAll(() => rm(folder, { recursive: true }));

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function validity() {
  const wallMs = systemClock.wallMs();
  return { notBeforeWallMs: wallMs - DAY_MS, notAfterWallMs: wallMs + DAY_MS };
}

const rootOf = (): Promise<Signer> => createRoot(validity());

const leafOf = (root: Signer, name = "localhost", ipAddresses: string[] = []): Promise<Leaf> =>
  issueLeaf(root, { dnsNames: [name], ipAddresses }, validity());

async function file(text: string): Promise<string> {
  files += 1;
  const path = join(folder, String(files));
  await writeFile(path, text);
  return path;
}

/** What an authenticator says of any token but the good one. */
const REFUSED: Authentication = { result: "refused", reason: "token-invalid" };

async function startOperator(first: Leaf | null, arrivalLimits: Partial<ArrivalLimits> = {}) {
  const listeners = new Set<(leaf: Leaf) => void>();
  const shown = {
    leaf: first,
    subscribe: (listener: (leaf: Leaf) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const show = (leaf: Leaf): void => {
    shown.leaf = leaf;
    for (const listener of listeners) listener(leaf);
  };
  const identity = { namespace: "shop", name: "web-1", serviceAccount: "web", podUid: "" };
  const answers = {
    of: async (token: string): Promise<Authentication> => {
      if (token !== GOOD) return REFUSED;
      return { result: "peer", peer: { kind: "proxy", identity } };
    },
  };
  const table = new FakeTable();
  table.put("workload", "", { namespace: "shop", clusterDomain: "c.local", mesh: "1" });
  const sink = new FakeSink();
  const observer = new FakeObserver();
  const capabilities = { clock: systemClock, timers: systemTimers, log: silentLog };
  const publisher = createPublisher({
    ...{ resources: table, programmed: sink, observer, stats: { reported: () => {} } },
    ...capabilities,
    operator: { name: "one", version: "1" },
  });
  const server = await startControlServer({
    ...{ publisher, observer, arrivalLimits, ...capabilities },
    address: { host: "127.0.0.1", port: 0 },
    security: {
      certificate: shown,
      authenticator: { authenticate: (token) => answers.of(token) },
    },
  });
  ends.push(async () => {
    publisher.stop();
    await server.close();
  });
  if ("path" in server.address) throw new Error("it has a port");
  const { port } = server.address;
  return { port, sink, observer, show, answers };
}

/** A proxy, and what it warns of. */
async function startProxy(address: string, ca: string, token = GOOD) {
  const warnings: string[] = [];
  const configuration = new Configuration({ clock: systemClock, timers: systemTimers });
  const log = {
    ...silentLog,
    warn: (message: string, fields: object = {}) => {
      warnings.push(`${message} ${JSON.stringify(fields)}`);
    },
  };
  const client = new ControlClient({
    addresses: [address],
    connect: createWebSocketConnector({ caFile: await file(ca), tokenFile: await file(token) }),
    ...{ configuration, namespace: "shop", proxy: { name: "w", version: "1" } },
    ...{ clock: systemClock, timers: systemTimers, random: createSystemRandom(), log },
  });
  ends.push(() => {
    client.stop();
    configuration.stop();
  });
  client.start();
  const warned = (text: RegExp) =>
    until(
      () => `${text} in ${warnings.join()}`,
      () => warnings.some((one) => text.test(one)),
    );
  return { client, warned };
}

describe("a proxy", () => {
  it("speaks to an operator that its authority vouches for, by name or by address", async () => {
    const root = await rootOf();
    const { port, sink } = await startOperator(await leafOf(root, "localhost", ["127.0.0.1"]));
    await startProxy(`wss://localhost:${port}`, root.certificatePem);
    await startProxy(`wss://127.0.0.1:${port}`, root.certificatePem);
    await until("both", () => sink.sessions.size === 2);
    expect([...sink.sessions.values()].map(({ proxyName }) => proxyName)).toEqual([
      ...["web-1", "web-1"],
    ]);
  });

  it("speaks to nobody else", async () => {
    const root = await rootOf();
    const other = await rootOf();
    const { port, sink } = await startOperator(await leafOf(root, "operator.other"));
    const stranger = await startProxy(`wss://localhost:${port}`, other.certificatePem);
    await stranger.warned(/unable to verify|unable to get|self-signed/);
    const misnamed = await startProxy(`wss://localhost:${port}`, root.certificatePem);
    await misnamed.warned(/does not match certificate's altnames/);
    const plain = await startProxy(`ws://127.0.0.1:${port}`, root.certificatePem);
    await plain.warned(/socket hang up|ECONNRESET/);
    expect(sink.sessions.size).toBe(0);
  });

  it("says what is wrong with its files, and with its token", async () => {
    const root = await rootOf();
    const { port } = await startOperator(await leafOf(root));
    const address = `wss://localhost:${port}`;
    await (await startProxy(address, "nothing")).warned(/CA .* holds no certificate/);
    await (await startProxy(address, root.certificatePem, " ")).warned(/token .* is empty/);
    await (await startProxy(address, root.certificatePem, "a b")).warned(/characters/);
    await (await startProxy(address, root.certificatePem, "bad")).warned(/does not take .*401/);
  });

  it("is told to come again while nobody can tell who it is", async () => {
    const root = await rootOf();
    const { port, answers, sink } = await startOperator(await leafOf(root));
    const known = answers.of;
    answers.of = async () => ({ result: "unavailable", reason: "review-failed" });
    const { warned } = await startProxy(`wss://localhost:${port}`, root.certificatePem);
    await warned(/503/);
    answers.of = known;
    await until("in", () => sink.sessions.size === 1);
  });
});

it("a certificate is exchanged under those who are connected", async () => {
  const root = await rootOf();
  const next = await rootOf();
  const { port, sink, show } = await startOperator(null);
  const early = await startProxy(`wss://localhost:${port}`, root.certificatePem);
  await early.warned(/handshake failure|ECONNRESET|socket hang up|disconnected/);
  show(await leafOf(root));
  await until("in", () => sink.sessions.size === 1);
  show(await leafOf(next));
  const late = await startProxy(`wss://localhost:${port}`, next.certificatePem);
  await until("both", () => sink.sessions.size === 2);
  await until("welcomed", () => late.client.status().state === "live");
  expect(early.client.status().sessions).toBe(1);
});

describe("whoever has no credential", () => {
  async function closed(socket: Socket): Promise<void> {
    socket.on("error", () => {});
    ends.push(() => {
      socket.destroy();
    });
    await until("closed", () => socket.destroyed);
  }

  it("has little time, whatever it does with it", async () => {
    const root = await rootOf();
    const limits = { timeoutMs: 300, checkMs: 50 };
    const { port, observer, answers } = await startOperator(await leafOf(root), limits);
    const silent = connect(port, "127.0.0.1");
    // A record of TLS that is announced and does not come.
    const half = connect(port, "127.0.0.1", () => half.write(Buffer.from([22, 3, 1, 1, 0, 1])));
    const shaken = connectTls({ port, host: "localhost", ca: root.certificatePem });
    const slow = connectTls({ port, host: "localhost", ca: root.certificatePem }, () => {
      slow.write("GET /control HTTP/1.1\r\nX-Slow: ");
    });
    answers.of = () => new Promise(() => {});
    const waiting = new WebSocket(`wss://localhost:${port}/control`, CONTROL_SUBPROTOCOL, {
      ca: root.certificatePem,
      headers: { authorization: `Bearer ${GOOD}` },
    });
    waiting.on("error", () => {});
    ends.push(() => waiting.terminate());
    await Promise.all([silent, half, shaken, slow].map(closed));
    await until("given up", () => waiting.readyState === WebSocket.CLOSED);
    expect(observer.count("arrival-timeout")).toBe(5);
  });

  it("keeps nobody else out", async () => {
    const root = await rootOf();
    const limits = { ofAddressMax: 5, timeoutMs: 400, checkMs: 50 };
    const { port, observer, sink } = await startOperator(await leafOf(root), limits);
    const crowd = Array.from({ length: 20 }, () => connect(port, "127.0.0.1"));
    for (const socket of crowd) socket.on("error", () => {});
    ends.push(() => {
      for (const socket of crowd) socket.destroy();
    });
    await until("turned away", () => observer.count("arrivals") >= 15);
    const { client } = await startProxy(`wss://localhost:${port}`, root.certificatePem);
    await until("in", () => sink.sessions.size === 1);
    // One that came later is given up: the proxy is none of those any more.
    await closed(connect(port, "127.0.0.1"));
    expect([sink.sessions.size, client.status().sessions]).toEqual([1, 1]);
  });

  it("learns nothing by what speaks no TLS, or an old one", async () => {
    const root = await rootOf();
    const { port, observer } = await startOperator(await leafOf(root));
    const plain = connect(port, "127.0.0.1", () => plain.write("GET / HTTP/1.1\r\n\r\n"));
    let heard = "";
    plain.on("data", (bytes) => {
      heard += bytes.toString("latin1");
    });
    await closed(plain);
    expect(heard).not.toMatch(/HTTP|heddle/i);
    const old = connectTls({ port, ca: root.certificatePem, maxVersion: "TLSv1.2" });
    await closed(old);
    await until("counted", () => observer.count("tls") === 2);
  });
});
