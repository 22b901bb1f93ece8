import { type IncomingHttpHeaders, request } from "node:http";
import { afterEach, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { RawClient } from "../../test/harness/raw-client.ts";
import {
  AdminError,
  type AdminPage,
  type AdminServer,
  ANSWER_BYTES_MAX,
  isOwnName,
  json,
  startAdminServer,
  text,
} from "./admin-server.ts";

let servers: AdminServer[] = [];

afterEach(async () => {
  for (const server of servers) await server.stop();
  servers = [];
});

async function start(pages: Readonly<Record<string, AdminPage>>): Promise<AdminServer> {
  const server = await startAdminServer({
    address: { host: "127.0.0.1", port: 0 },
    pages: new Map(Object.entries(pages)),
    log: silentLog,
  });
  servers.push(server);
  return server;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function ask(
  { address }: AdminServer,
  path: string,
  { method = "GET", host }: { readonly method?: string; readonly host?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = host === undefined ? {} : { host };
    const sent = request({ ...address, path, method, headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    sent.on("error", reject);
    sent.end();
  });
}

it("answers pages with their query, as text, JSON or in chunks", async () => {
  const server = await start({
    "/a": (query) => json({ n: query.get("n") }),
    "/b": () => ({ ...text(503, ""), body: ["one ", "two ", "three"] }),
  });
  const a = await ask(server, "/a?n=5");
  expect(a).toMatchObject({ status: 200, body: '{"n":"5"}\n' });
  expect(a.headers["content-type"]).toBe("application/json; charset=utf-8");
  expect(await ask(server, "/b")).toMatchObject({ status: 503, body: "one two three" });
  expect(await ask(server, "/a", { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
});

it("says what there is, what is wrong with a question, and what is its own fault", async () => {
  const server = await start({
    "/a": () => {
      throw new AdminError(400, "window is a number");
    },
    "/b": () => {
      throw new Error("secret detail");
    },
  });
  expect(await ask(server, "/x")).toMatchObject({ status: 404, body: "there is: /a /b\n" });
  expect(await ask(server, "/a")).toMatchObject({ status: 400, body: "window is a number\n" });
  const defect = await ask(server, "/b");
  expect(defect.status).toBe(500);
  expect(defect.body).not.toContain("secret");
  const post = await ask(server, "/a", { method: "POST" });
  expect([post.status, post.headers.allow]).toEqual([405, "GET, HEAD"]);
  expect((await ask(server, "//[")).status).toBe(404);
});

it("answers nobody who asks a thousand things at once, and everybody else", async () => {
  let made = 0;
  const page = () => {
    made += 1;
    return text(200, "x".repeat(1024 * 1024));
  };
  const server = await start({ "/a": page });
  const hasty = await RawClient.connect(server.address.port);
  hasty.send("GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1_000));
  await hasty.untilClosed();
  expect(made).toBe(1);
  expect(await ask(server, "/a")).toMatchObject({ status: 200 });
});

it("holds no more for those who do not read than it has room for", async () => {
  const server = await start({
    "/large": () => text(200, "x".repeat(ANSWER_BYTES_MAX / 4)),
    "/small": () => text(200, "here\n"),
  });
  const slow: RawClient[] = [];
  for (let count = 0; count < 4; count++) {
    const client = await RawClient.connect(server.address.port);
    client.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await client.untilText("200 OK");
    client.socket.pause();
    slow.push(client);
  }
  expect(await ask(server, "/large")).toMatchObject({
    status: 503,
    body: expect.stringContaining("too much"),
  });
  expect(await ask(server, "/small")).toMatchObject({ status: 200 });
  for (const client of slow) client.socket.destroy();
  await expect.poll(async () => (await ask(server, "/large")).status).toBe(200);
});

it("answers under its own names only", async () => {
  const server = await start({ "/a": () => text(200, "here\n") });
  for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example"]) {
    expect(await ask(server, "/a", { host })).toMatchObject({ status: 403 });
  }
  expect(await ask(server, "/a", { host: "localhost:1" })).toMatchObject({ status: 200 });
});

it.each([
  ["127.0.0.1", true],
  ["127.0.0.1:4192", true],
  ["10.1.2.3:80", true],
  ["[::1]:4192", true],
  ["[::1]", true],
  ["LOCALHOST:80", true],
  ["", false],
  ["::1", false],
  ["example.com", false],
  ["1.2.3", false],
  ["localhost:80:80", false],
])("takes Host %j as its own: %s", (host, own) => {
  expect(isOwnName(host)).toBe(own);
});

it("rejects with the system's error when the port is in use", async () => {
  const { address } = await start({});
  const second = startAdminServer({ address, pages: new Map(), log: silentLog });
  await expect(second).rejects.toMatchObject({ code: "EADDRINUSE" });
});
