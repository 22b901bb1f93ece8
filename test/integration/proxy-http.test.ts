/** HTTP/1 through a whole proxy on real sockets: what callers and servers may rely on. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { closedPort, httpOrigin, type Origin, rawOrigin } from "../harness/origins.ts";
import { RawClient } from "../harness/raw-client.ts";
import { RunningProxy } from "../harness/running-proxy.ts";

let proxy: RunningProxy;
const toClose: (() => unknown)[] = [];

beforeEach(async () => {
  proxy = await RunningProxy.start();
});

afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
  await proxy.stop();
});

function closing<T extends { close(): unknown }>(made: T): T {
  toClose.push(() => made.close());
  return made;
}

async function client(): Promise<RawClient> {
  return closing(await RawClient.connect(proxy.outboundPort));
}

async function echo(): Promise<Origin> {
  return closing(
    await httpOrigin((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks).toString();
        response.end(`${request.method} ${request.url} ${request.headers.host} [${body}]`);
      });
    }),
  );
}

describe("a request to a known service", () => {
  it("reaches an endpoint and is answered", async () => {
    proxy.serve("web", [(await echo()).port]);
    const caller = await client();
    caller.send("GET /a?b=c HTTP/1.1\r\nHost: web\r\n\r\n");
    const text = await caller.untilText("[]");
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).toContain("GET /a?b=c web []");
  });

  it.each(["web", "web.shop", "web.shop.svc", "web.shop.svc.c.local", "WEB.Shop:80", "web."])(
    "may be named %s",
    async (host) => {
      proxy.serve("web", [(await echo()).port]);
      const caller = await client();
      caller.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      expect(await caller.untilText("]")).toContain(`GET / ${host} []`);
    },
  );

  it("may be named by an absolute-form target, which wins over Host", async () => {
    proxy.serve("web", [(await echo()).port]);
    const caller = await client();
    caller.send("GET http://web.shop/x HTTP/1.1\r\nHost: other\r\n\r\n");
    expect(await caller.untilText("]")).toContain("GET /x web.shop []");
  });

  it("keeps connections on both sides", async () => {
    const origin = await echo();
    proxy.serve("web", [origin.port]);
    const caller = await client();
    for (let index = 0; index < 5; index += 1) {
      caller.send(`GET /${index} HTTP/1.1\r\nHost: web\r\n\r\n`);
      await caller.untilText(`GET /${index} web []`);
    }
    expect(origin.connectionCount).toBe(1);
  });

  it("answers pipelined requests in their order", async () => {
    proxy.serve("web", [(await echo()).port]);
    const caller = await client();
    const paths = Array.from({ length: 20 }, (_, index) => `/p${index}`);
    caller.send(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: web\r\n\r\n`).join(""));
    const text = await caller.untilText("GET /p19 web []");
    expect([...text.matchAll(/GET (\/p\d+) web/g)].map((found) => found[1])).toEqual(paths);
  });

  it("carries a body with a length, and one in chunks", async () => {
    proxy.serve("web", [(await echo()).port]);
    const caller = await client();
    caller.send("POST /l HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\nhello");
    await caller.untilText("POST /l web [hello]");
    caller.send(
      "POST /c HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n" +
        "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    );
    await caller.untilText("POST /c web [abcde]");
  });
});

describe("a request to an unknown service", () => {
  it("is refused with the names that were tried", async () => {
    const caller = await client();
    caller.send("GET / HTTP/1.1\r\nHost: nowhere\r\n\r\n");
    const text = await caller.untilText("\r\n\r\nunknown");
    expect(text).toMatch(/^HTTP\/1\.1 404 /);
    expect(text).toContain("heddle-error: unknown-service");
    expect(text).toContain("svc/shop/nowhere:80");
  });

  it("leaves the connection usable", async () => {
    proxy.serve("web", [(await echo()).port]);
    const caller = await client();
    caller.send("GET / HTTP/1.1\r\nHost: nowhere\r\n\r\n");
    await caller.untilText("unknown-service: ");
    caller.send("GET /then HTTP/1.1\r\nHost: web\r\n\r\n");
    await caller.untilText("GET /then web []");
  });
});

describe("an endpoint that refuses connections", () => {
  it("costs nothing while there is another, whatever the method", async () => {
    const origin = await echo();
    proxy.serve("web", [await closedPort(), origin.port]);
    const caller = await client();
    for (let index = 0; index < 20; index += 1) {
      caller.send(`POST /${index} HTTP/1.1\r\nHost: web\r\nContent-Length: 2\r\n\r\nok`);
      await caller.untilText(`POST /${index} web [ok]`);
    }
  });

  it("gives 502 when it is the only one", async () => {
    proxy.serve("web", [await closedPort()]);
    const caller = await client();
    caller.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n");
    const text = await caller.untilText("connect-failed: ");
    expect(text).toMatch(/^HTTP\/1\.1 502 /);
  });
});

describe("a server that dies", () => {
  it("in the middle of a body cuts the caller's connection", async () => {
    const origin = closing(
      await rawOrigin((socket) => {
        socket.once("data", () => {
          socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
          socket.end();
        });
      }),
    );
    proxy.serve("web", [origin.port]);
    const caller = await client();
    caller.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n");
    await expect(caller.until((text) => text.length > 1_000)).rejects.toThrow("closed");
  });

  it("on a reused connection before any answer is hidden from GET, and not from POST", async () => {
    const origin = closing(
      await rawOrigin((socket) => {
        let served = 0;
        socket.on("data", () => {
          served += 1;
          if (served === 1) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
          else socket.destroy();
        });
      }),
    );
    proxy.serve("web", [origin.port]);
    const caller = await client();
    caller.send("GET /1 HTTP/1.1\r\nHost: web\r\n\r\n");
    await caller.untilText("ok");
    caller.clear();
    caller.send("GET /2 HTTP/1.1\r\nHost: web\r\n\r\n");
    expect(await caller.untilText("ok")).toMatch(/^HTTP\/1\.1 200 /);
    caller.clear();
    caller.send("POST /3 HTTP/1.1\r\nHost: web\r\nContent-Length: 0\r\n\r\n");
    const text = await caller.untilText("connection-lost: ");
    expect(text).toMatch(/^HTTP\/1\.1 502 /);
  });
});
