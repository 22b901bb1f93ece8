/** Where messages begin and end, and which fields end at this hop, in both directions. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ProxyScene, splitMessage } from "../harness/proxy-scene.ts";
import type { RawClient } from "../harness/raw-client.ts";
import type { RunningProxy } from "../harness/running-proxy.ts";

let scene: ProxyScene;
let proxy: RunningProxy;
let seen: string[];

beforeEach(async () => {
  scene = new ProxyScene();
  proxy = await scene.proxy();
  seen = [];
});

afterEach(() => scene.end());

/** A service that says this to every head, and remembers the heads. */
async function answering(answer: string, thenEnds = false): Promise<RawClient> {
  const origin = await scene.scripted((head, socket) => {
    seen.push(head);
    socket.write(answer, "latin1");
    if (thenEnds) socket.end();
    return undefined;
  });
  proxy.serve("web", [origin.port]);
  return await scene.client(proxy.outboundPort);
}

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const GET = "GET / HTTP/1.1\r\nHost: web\r\n\r\n";

describe("keep-alive", () => {
  it("holds for HTTP/1.1 without being asked", async () => {
    const caller = await answering(OK);
    for (let round = 0; round < 3; round += 1) {
      caller.clear();
      caller.send(GET);
      const text = await caller.untilText("\r\n\r\nok");
      expect(text.toLowerCase()).not.toContain("connection:");
    }
  });

  it("ends where the caller says close, and the endpoint's connection stays", async () => {
    const origin = await scene.scripted(() => OK);
    proxy.serve("web", [origin.port]);
    for (let round = 0; round < 3; round += 1) {
      const caller = await scene.client(proxy.outboundPort);
      caller.send("GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n");
      const text = await caller.untilClosed();
      expect(text).toContain("Connection: close\r\n");
      expect(text).toMatch(/\r\n\r\nok$/);
    }
    expect(origin.connectionCount).toBe(1);
  });

  it("holds for the caller where the endpoint says close", async () => {
    const origin = await scene.scripted((_, socket) => {
      socket.end("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
      return undefined;
    });
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    for (let round = 0; round < 3; round += 1) {
      caller.clear();
      caller.send(GET);
      const text = await caller.untilText("\r\n\r\nok");
      expect(text.toLowerCase()).not.toContain("connection:");
    }
    expect(origin.connectionCount).toBe(3);
  });

  it("ends after one answer for HTTP/1.0", async () => {
    const caller = await answering(OK);
    caller.send("GET / HTTP/1.0\r\nHost: web\r\n\r\n");
    expect(await caller.untilClosed()).toMatch(/\r\n\r\nok$/);
    expect(seen[0]).toMatch(/^GET \/ HTTP\/1\.1\r\n/);
  });

  it("holds for HTTP/1.0 that asks for it, and is granted by name", async () => {
    const caller = await answering(OK);
    for (let round = 0; round < 2; round += 1) {
      caller.clear();
      caller.send("GET / HTTP/1.0\r\nHost: web\r\nConnection: keep-alive\r\n\r\n");
      expect(await caller.untilText("\r\n\r\nok")).toContain("Connection: keep-alive\r\n");
    }
  });

  it("does not keep an endpoint's connection of HTTP/1.0", async () => {
    const origin = await scene.scripted((_, socket) => {
      socket.end("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok");
      return undefined;
    });
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.send(GET);
    expect(await caller.untilText("\r\n\r\nok")).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    caller.clear();
    caller.send(GET);
    await caller.untilText("\r\n\r\nok");
    expect(origin.connectionCount).toBe(2);
  });
});

describe("an answer without a body", () => {
  it.each([
    ["HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"],
    ["HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
    ["HEAD", "HTTP/1.1 404 Not Found\r\nX: y\r\n\r\n"],
    ["GET", "HTTP/1.1 204 No Content\r\n\r\n"],
    ["GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\nETag: x\r\n\r\n"],
    ["POST", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"],
  ])("to %s is followed by the next: %j", async (method, answer) => {
    const caller = await answering(answer);
    for (let round = 0; round < 3; round += 1) {
      caller.clear();
      const body = method === "POST" ? "Content-Length: 0\r\n" : "";
      caller.send(`${method} / HTTP/1.1\r\nHost: web\r\n${body}\r\n`);
      expect(await caller.untilText("\r\n\r\n")).toBe(answer);
    }
  });

  it("carries no framing fields with 204, whatever the endpoint wrote", async () => {
    const caller = await answering("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n");
    caller.send(GET);
    expect(await caller.untilText("\r\n\r\n")).toBe("HTTP/1.1 204 No Content\r\n\r\n");
  });
});

describe("a chunked answer", () => {
  const CHUNKED =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Sum\r\n\r\n" +
    '5;name="v"\r\nhello\r\n6\r\n world\r\n0\r\nSum: 11\r\nContent-Length: 3\r\n\r\n';

  it("keeps its trailers, loses its extensions, and what may not be a trailer", async () => {
    const caller = await answering(CHUNKED);
    caller.send(GET);
    const text = await caller.untilText("Sum: 11\r\n\r\n");
    const { head, body } = splitMessage(text);
    expect(head).toContain("Transfer-Encoding: chunked\r\n");
    expect(body).toMatch(/^([0-9a-f]+\r\n[hello world]+\r\n)+0\r\nSum: 11\r\n\r\n$/);
  });

  it("reaches a caller of HTTP/1.0 as plain bytes until the end", async () => {
    const caller = await answering(CHUNKED);
    caller.send("GET / HTTP/1.0\r\nHost: web\r\nConnection: keep-alive\r\n\r\n");
    const { head, body } = splitMessage(await caller.untilClosed());
    expect(head.toLowerCase()).not.toContain("transfer-encoding");
    expect(head).toContain("Connection: close\r\n");
    expect(body).toBe("hello world");
  });
});

describe("an answer that ends with its connection", () => {
  const UNTIL_CLOSE = "HTTP/1.1 200 OK\r\nX: y\r\n\r\nsome bytes";

  it("is chunked for HTTP/1.1, whose connection stays", async () => {
    const caller = await answering(UNTIL_CLOSE, true);
    for (let round = 0; round < 2; round += 1) {
      caller.clear();
      caller.send(GET);
      const text = await caller.untilText("0\r\n\r\n");
      expect(text).toContain("Transfer-Encoding: chunked\r\n");
      expect(text).toContain("a\r\nsome bytes\r\n");
    }
  });

  it("ends the connection for HTTP/1.0", async () => {
    const caller = await answering(UNTIL_CLOSE, true);
    caller.send("GET / HTTP/1.0\r\nHost: web\r\n\r\n");
    expect(splitMessage(await caller.untilClosed()).body).toBe("some bytes");
  });
});

describe("interim answers", () => {
  const EARLY = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: x\r\nX: hop\r\n\r\n";

  it("reach HTTP/1.1 before the final one, without what ends at this hop", async () => {
    const caller = await answering(EARLY + EARLY + OK);
    caller.send(GET);
    const hint = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    expect(await caller.untilText("\r\n\r\nok")).toBe(hint + hint + OK);
  });

  it("never reach HTTP/1.0", async () => {
    const caller = await answering(EARLY + OK);
    caller.send("GET / HTTP/1.0\r\nHost: web\r\n\r\n");
    expect(await caller.untilClosed()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  it("of a number without end are refused", async () => {
    const caller = await answering(EARLY.repeat(100) + OK);
    caller.send(GET);
    expect(await caller.untilText("upstream-protocol: ")).toContain("HTTP/1.1 502 ");
  });
});

describe("Expect: 100-continue", () => {
  const HEAD = "POST / HTTP/1.1\r\nHost: web\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";

  it("is answered by the endpoint, and the body follows", async () => {
    let body = "";
    const origin = await scene.raw((socket) => {
      socket.once("data", (head: Buffer) => {
        seen.push(head.toString());
        socket.write("HTTP/1.1 100 Continue\r\n\r\n");
        socket.on("data", (more: Buffer) => {
          body += more.toString();
          if (body === "body") socket.write(OK);
        });
      });
    });
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.send(HEAD);
    expect(await caller.untilText("\r\n\r\n")).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    expect(seen[0]).toContain("Expect: 100-continue\r\n");
    caller.send("body");
    expect(await caller.untilText("ok")).toBe(`HTTP/1.1 100 Continue\r\n\r\n${OK}`);
  });

  it("may be answered by a final answer at once, which ends the connection", async () => {
    const caller = await answering("HTTP/1.1 417 No\r\nContent-Length: 2\r\n\r\nno");
    caller.send(HEAD);
    expect(await caller.untilClosed()).toMatch(/^HTTP\/1\.1 417 No\r\n[\s\S]*no$/);
  });

  it("for an unknown service is refused without asking for the body", async () => {
    const caller = await scene.client(proxy.outboundPort);
    caller.send(HEAD.replace("Host: web", "Host: nowhere"));
    const text = await caller.untilClosed();
    expect(text).toMatch(/^HTTP\/1\.1 404 /);
    expect(text).toContain("Connection: close\r\n");
  });
});

describe("a final answer before the body was read", () => {
  it("reaches the caller whole, round after round", async () => {
    const page = "p".repeat(50_000);
    const origin = await scene.scripted((_, socket) => {
      socket.write(`HTTP/1.1 413 Too Large\r\nContent-Length: ${page.length}\r\n\r\n${page}`);
      socket.end();
      return undefined;
    });
    proxy.serve("web", [origin.port]);
    for (let round = 0; round < 20; round += 1) {
      const caller = await scene.client(proxy.outboundPort);
      caller.send("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 100000000\r\n\r\n");
      caller.send("b".repeat(300_000));
      const { head, body } = splitMessage(await caller.untilClosed());
      expect(head).toMatch(/^HTTP\/1\.1 413 /);
      expect(body.length).toBe(page.length);
      caller.close();
    }
  });

  it("does not leave the unread body to be taken for a request", async () => {
    const caller = await answering("HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno");
    caller.send("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 1000\r\n\r\n");
    await caller.untilText("no");
    caller.send(GET);
    expect(await caller.untilClosed()).not.toContain("200");
    expect(seen).toHaveLength(1);
  });
});

describe("fields that end at this hop", () => {
  it("are removed from requests, with those that Connection names", async () => {
    const caller = await answering(OK);
    caller.send(
      "GET / HTTP/1.1\r\nHost: web\r\nKeep-Alive: 5\r\nX-Kept: 1\r\nX-Hop: 2\r\n" +
        "Proxy-Connection: keep-alive\r\nConnection: keep-alive, X-Hop\r\nTE: trailers, gzip\r\n" +
        "heddle-unsent: 1\r\nHeddle-Error: x\r\nX-Forwarded-For: 1.2.3.4\r\n" +
        "X-Forwarded-Proto: https\r\nForwarded: for=1\r\n\r\n",
    );
    await caller.untilText("\r\n\r\nok");
    const lines = seen[0]?.split("\r\n").filter((line) => line !== "");
    expect(lines?.sort()).toEqual(
      [
        "GET / HTTP/1.1",
        "Host: web",
        "X-Kept: 1",
        "X-Forwarded-For: 1.2.3.4",
        "X-Forwarded-Proto: https",
        "Forwarded: for=1",
        "TE: trailers",
        "Connection: TE",
      ].sort(),
    );
  });

  it("are removed from answers, and nothing is added", async () => {
    const caller = await answering(
      "HTTP/1.1 200 Fine\r\nKeep-Alive: timeout=5\r\nX-Kept: 1\r\nX-Hop: 2\r\n" +
        "Connection: keep-alive, x-hop\r\nheddle-unsent: 1\r\nheddle-error: overloaded\r\n" +
        "Via: 1.1 other\r\nContent-Length: 2\r\n\r\nok",
    );
    caller.send(GET);
    expect(await caller.untilText("\r\n\r\nok")).toBe(
      "HTTP/1.1 200 Fine\r\nX-Kept: 1\r\nVia: 1.1 other\r\nContent-Length: 2\r\n\r\nok",
    );
  });

  it("cannot be used to take away what matters for framing or routing", async () => {
    const caller = await answering(OK);
    caller.send(
      "POST / HTTP/1.1\r\nHost: web\r\nConnection: host, content-length\r\n" +
        "Content-Length: 2\r\n\r\nhi",
    );
    await caller.untilText("\r\n\r\nok");
    expect(seen[0]).toContain("Host: web\r\n");
    expect(seen[0]).toContain("Content-Length: 2\r\n");
  });
});

describe("request trailers", () => {
  it("reach the endpoint", async () => {
    let all = "";
    const origin = await scene.raw((socket) => {
      socket.on("data", (bytes: Buffer) => {
        all += bytes.toString();
        if (all.endsWith("Sum: 3\r\n\r\n")) socket.write(OK);
      });
    });
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.send(
      "POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\nTrailer: Sum\r\n\r\n" +
        "3;ext\r\nabc\r\n0\r\nSum: 3\r\n\r\n",
    );
    await caller.untilText("ok");
    expect(splitMessage(all).body).toBe("3\r\nabc\r\n0\r\nSum: 3\r\n\r\n");
  });
});

describe("targets", () => {
  it.each([
    ["OPTIONS * HTTP/1.1\r\nHost: web\r\n\r\n", "OPTIONS * HTTP/1.1\r\n"],
    ["OPTIONS http://web HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS * HTTP/1.1\r\n"],
    ["GET http://web HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\n"],
    ["GET http://web?q=1 HTTP/1.1\r\nHost: x\r\n\r\n", "GET /?q=1 HTTP/1.1\r\n"],
    ["GET HTTP://WEB:80/a//b/../c?x#y HTTP/1.1\r\nHost: x\r\n\r\n", undefined],
    ["GET //a%2Fb;p=1?x=%zz HTTP/1.1\r\nHost: web\r\n\r\n", "GET //a%2Fb;p=1?x=%zz HTTP/1.1\r\n"],
    ["PROPFIND /x HTTP/1.1\r\nHost: web\r\n\r\n", "PROPFIND /x HTTP/1.1\r\n"],
    ["get /x HTTP/1.1\r\nHost: web\r\n\r\n", "get /x HTTP/1.1\r\n"],
    ["\r\nGET /x HTTP/1.1\r\nHost:web\r\n\r\n", "GET /x HTTP/1.1\r\n"],
  ])("%j goes on as %j", async (request, line) => {
    const caller = await answering(OK);
    caller.send(request);
    const text = await caller.until((all) => all.includes("\r\n\r\n"));
    if (line === undefined) {
      expect(text).toMatch(/^HTTP\/1\.1 400 /);
      return;
    }
    expect(text).toBe(OK);
    expect(seen[0]?.startsWith(line)).toBe(true);
    expect(seen[0]).toMatch(/\r\nhost: ?web(:80)?\r\n/i);
  });
});
