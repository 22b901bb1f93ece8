/** Whoever else can reach the webhook's port, with real sockets: API servers still get answers. */
import { connect, type TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../base/log.ts";
import { admissionReview, podReview } from "../test/harness/reviews.ts";
import { TestAuthority } from "../test/harness/test-certificates.ts";
import { post } from "../test/harness/webhook-process.ts";
import { CONNECTION_LIMITS, type ConnectionLimits } from "./bound-connections.ts";
import { CertificateHolder } from "./certificate/serving-certificate.ts";
import { allow } from "./review.ts";
import { REVIEW_LIMITS, type ReviewServer, startReviewServer } from "./review-server.ts";

const PATH = "/validate";
const REVIEW = JSON.stringify(admissionReview(podReview({})));

let authority: TestAuthority;
let server: ReviewServer;
let turnedAway: string[];
let clients: Client[];

beforeEach(async () => {
  turnedAway = [];
  clients = [];
  authority = await TestAuthority.create();
});

afterEach(async () => {
  for (const { socket } of clients) socket.destroy();
  await server.stop();
});

async function start(limits: Partial<ConnectionLimits> = {}): Promise<void> {
  const holder = new CertificateHolder({ taken: () => {}, refused: () => {} });
  const leaf = await authority.issue();
  holder.offer(leaf.certificatePem, leaf.keyPem);
  server = await startReviewServer({
    ...{ address: { host: "127.0.0.1", port: 0 }, holder, log: silentLog },
    handlers: new Map([[PATH, () => allow()]]),
    turnedAway: (reason) => turnedAway.push(reason),
    connectionLimits: { ...CONNECTION_LIMITS, ...limits },
  });
}

/** As an API server asks. */
async function ask(): Promise<number> {
  const to = { port: server.address.port, path: PATH, ca: authority.certificatePem };
  return (await post(to, REVIEW)).status;
}

/** A connection that does as it is told. */
class Client {
  readonly socket: TLSSocket;
  text = "";
  isClosed = false;

  constructor(localAddress: string, alpn: string) {
    const { port } = server.address;
    const place = { host: "127.0.0.1", port, localAddress };
    this.socket = connect({ ...place, rejectUnauthorized: false, ALPNProtocols: [alpn] });
    this.socket.on("data", (bytes: Buffer) => {
      this.text += bytes.toString("latin1");
    });
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.isClosed = true;
    });
    clients.push(this);
  }

  static async open(localAddress = "127.0.0.2", alpn = "http/1.1"): Promise<Client> {
    const client = new Client(localAddress, alpn);
    await Promise.race(["secureConnect", "close"].map((event) => once(client.socket, event)));
    return client;
  }

  /** A whole question; the connection then waits for another. */
  async ask(): Promise<this> {
    this.socket.write(head(REVIEW.length) + REVIEW);
    await expect.poll(() => this.text).toContain("200 OK");
    return this;
  }
}

function once(socket: TLSSocket, event: string): Promise<void> {
  return new Promise((resolve) => socket.once(event, () => resolve()));
}

function head(length: number, type = "application/json"): string {
  const fields = `Host: x\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n`;
  return `POST ${PATH} HTTP/1.1\r\n${fields}\r\n`;
}

describe("long bodies that never come", () => {
  it("keep out other long ones, and no review of an ordinary size", async () => {
    await start();
    const { bodyBytesMax, longBodiesBytesMax } = REVIEW_LIMITS;
    const slow: Client[] = [];
    // There is room for all of them but one, whichever comes last.
    for (let count = 0; count <= longBodiesBytesMax / bodyBytesMax; count++) {
      const client = await Client.open();
      client.socket.write(`${head(bodyBytesMax)}{`);
      slow.push(client);
    }
    const refused = () => slow.filter(({ text }) => text.includes("503 Service Unavailable"));
    await expect.poll(() => refused().map(({ isClosed }) => isClosed)).toEqual([true]);
    expect(turnedAway).toEqual(["busy"]);
    expect(await ask()).toBe(200);
    for (const { socket } of slow) socket.destroy();
    const long = REVIEW.padEnd(REVIEW_LIMITS.shortBodyBytes + 1, " ");
    const to = { port: server.address.port, path: PATH, ca: authority.certificatePem };
    await expect.poll(async () => (await post(to, long)).status).toBe(200);
  });
});

describe("connections", () => {
  it("of one address are few enough to leave room for others", async () => {
    await start({ ofAddressMax: 3 });
    for (let count = 0; count < 3; count++) await (await Client.open()).ask();
    const fourth = await Client.open();
    await expect.poll(() => fourth.isClosed).toBe(true);
    expect(turnedAway).toContain("connections");
    expect(await ask()).toBe(200);
    clients[0]?.socket.destroy();
    await expect.poll(async () => (await Client.open()).isClosed).toBe(false);
  });

  it("that only wait are closed where it gets narrow", async () => {
    await start({ narrowFrom: 3 });
    const waiting: Client[] = [];
    for (let count = 0; count < 3; count++) waiting.push(await (await Client.open()).ask());
    expect(await ask()).toBe(200);
    await expect.poll(() => waiting.map(({ isClosed }) => isClosed)).toEqual([true, true, true]);
  });
});

describe("what no API server says", () => {
  it.each([
    ["another type", head(2, "text/plain"), "HTTP/1.1 415"],
    ["no type", "POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 4"],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 400"],
    ["two lengths", `${head(5).slice(0, -2)}Content-Length: 6\r\n\r\nhello`, "HTTP/1.1 400"],
    ["a head without end", `GET / HTTP/1.1\r\n${"A: b\r\n".repeat(9_000)}`, "HTTP/1.1 431"],
  ])("is refused: %s", async (_, bytes, wanted) => {
    await start();
    const client = await Client.open();
    client.socket.write(bytes.includes("text/plain") ? `${bytes}{}` : bytes);
    await expect.poll(() => client.text).toContain(wanted);
    expect(await ask()).toBe(200);
  });

  it("is counted where it offers HTTP/2 alone", async () => {
    await start();
    const client = await Client.open("127.0.0.2", "h2");
    await expect.poll(() => client.isClosed).toBe(true);
    await expect.poll(() => turnedAway).toEqual(["handshake"]);
  });
});
