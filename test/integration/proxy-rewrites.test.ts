/** What routes change on the way, and what they answer in place of a backend. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  DEFAULT_BEHAVIOUR,
  type Redirect,
  type Rewrite,
  type RouteBehaviour,
} from "../../mesh/route-behaviour.ts";
import { ProxyScene, page, sample } from "../harness/proxy-scene.ts";
import type { RunningProxy } from "../harness/running-proxy.ts";

const scene = new ProxyScene();
let proxy: RunningProxy;

beforeEach(async () => {
  proxy = await scene.proxy();
});

afterEach(async () => {
  await scene.end();
});

function serve(port: number, behaviour: Partial<RouteBehaviour>): void {
  proxy.serve("web", [port], { behaviour: { ...DEFAULT_BEHAVIOUR, ...behaviour } });
}

/** A server that answers with the head that it was asked with. */
async function mirror(): Promise<number> {
  const origin = await scene.scripted((head) => {
    const length = `Content-Length: ${head.length}`;
    return `HTTP/1.1 200 OK\r\n${length}\r\nServer: origin\r\nX-Old: 1\r\nX-Old: 2\r\n\r\n${head}`;
  });
  return origin.port;
}

async function ask(request: string): Promise<string> {
  const caller = await scene.client(proxy.outboundPort);
  caller.send(request);
  return await caller.until((text) => text.split("\r\n\r\n").length > 2);
}

const rewrite = (edit: Partial<Rewrite>): Partial<RouteBehaviour> => ({
  rewrite: { path: "", pathPrefix: "", matchedPrefix: "", host: "", ...edit },
});

describe("header fields", () => {
  it("are set, added and removed in requests", async () => {
    serve(await mirror(), {
      requestHeaders: {
        set: [
          { name: "x-tier", value: "gold" },
          { name: "user-agent", value: "mesh" },
        ],
        add: [{ name: "x-more", value: "2" }],
        remove: ["x-gone"],
      },
    });
    const text = await ask(
      "GET / HTTP/1.1\r\nHost: web\r\nUser-Agent: a\r\nX-Tier: tin\r\nX-TIER: iron\r\n" +
        "X-More: 1\r\nX-Gone: 1\r\n\r\n",
    );
    const sent = text.slice(text.indexOf("GET / "));
    expect(sent).not.toMatch(/tin|iron|x-gone|user-agent: a\r/i);
    expect(sent).toContain("x-tier: gold\r\n");
    expect(sent).toMatch(/X-More: 1\r\n[\s\S]*x-more: 2\r\n/);
    expect(sent).toContain("user-agent: mesh\r\n");
  });

  it("are set, added and removed in answers, of that route alone", async () => {
    serve(await mirror(), {
      answerHeaders: {
        set: [{ name: "server", value: "mesh" }],
        add: [{ name: "via", value: "heddle" }],
        remove: ["x-old"],
      },
    });
    proxy.serve("plain", [await mirror()]);
    const answer = (await ask("GET / HTTP/1.1\r\nHost: web\r\n\r\n")).split("\r\n\r\n")[0];
    expect(answer).toMatch(/\r\nserver: mesh\r\nvia: heddle$/);
    expect(answer).not.toMatch(/origin|x-old/i);
    const other = (await ask("GET / HTTP/1.1\r\nHost: plain\r\n\r\n")).split("\r\n\r\n")[0];
    expect(other).toContain("Server: origin\r\nX-Old: 1\r\nX-Old: 2");
    expect(other).not.toContain("via");
  });
});

describe("the target", () => {
  it.each([
    [
      "/api/users?a=/api",
      rewrite({ pathPrefix: "/v2", matchedPrefix: "/api" }),
      "/v2/users?a=/api",
    ],
    ["/api", rewrite({ pathPrefix: "/", matchedPrefix: "/api" }), "/"],
    ["http://web/api/x", rewrite({ pathPrefix: "/v2", matchedPrefix: "/api" }), "/v2/x"],
    ["/any?q", rewrite({ path: "/one" }), "/one?q"],
    ["*", rewrite({ path: "/one" }), "*"],
  ])("%s becomes what the route says", async (target, behaviour, wanted) => {
    serve(await mirror(), behaviour);
    const method = target === "*" ? "OPTIONS" : "GET";
    const text = await ask(`${method} ${target} HTTP/1.1\r\nHost: web\r\n\r\n`);
    expect(text).toContain(`\r\n\r\n${method} ${wanted} HTTP/1.1\r\nHost: web\r\n`);
  });

  it.each(["GET / HTTP/1.1\r\nHost: web\r\n\r\n", "GET http://web/ HTTP/1.1\r\nHost: x\r\n\r\n"])(
    "keeps its way and changes its host",
    async (request) => {
      serve(await mirror(), rewrite({ host: "inner.example:8080" }));
      const text = await ask(request);
      expect(text).toContain("GET / HTTP/1.1\r\nHost: inner.example:8080\r\n\r\n");
    },
  );
});

describe("a redirect", () => {
  const redirect = (edit: Partial<Redirect>): Partial<RouteBehaviour> => ({
    redirect: {
      status: 302,
      scheme: "",
      host: "",
      path: "",
      pathPrefix: "",
      matchedPrefix: "",
      ...edit,
    },
  });

  it.each([
    ["/a?b", redirect({ scheme: "https" }), "https://web/a?b"],
    ["/a?b", redirect({ host: "shop.example" }), "//shop.example/a?b"],
    ["/a", redirect({ scheme: "https", host: "x:8443", path: "/z" }), "https://x:8443/z"],
    ["/old/a?b", redirect({ pathPrefix: "/new", matchedPrefix: "/old" }), "/new/a?b"],
    ["//evil.example/a", redirect({}), "http://web//evil.example/a"],
    ["/\\evil.example/a", redirect({}), "http://web/\\evil.example/a"],
    ["/\xe4", redirect({ path: "" }), "/%e4"],
  ])("of %s says where", async (target, behaviour, location) => {
    serve(1, behaviour);
    const caller = await scene.client(proxy.outboundPort);
    caller.send(`GET ${target} HTTP/1.1\r\nHost: web\r\n\r\n`);
    const text = await caller.untilText("\r\n\r\n");
    expect(text).toBe(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`);
  });

  it("is no failure, keeps the connection, and is counted with its status", async () => {
    serve(1, redirect({ status: 308, path: "/x" }));
    const caller = await scene.client(proxy.outboundPort);
    for (let index = 0; index < 3; index += 1) {
      caller.clear();
      caller.send("HEAD / HTTP/1.1\r\nHost: web\r\n\r\n");
      expect(await caller.untilText("\r\n\r\n")).toContain("308 Permanent Redirect");
    }
    const metrics = await page(proxy, "/metrics");
    expect(sample(metrics, "response_total", 'status_code="308"', "success")).toBe(3);
  });

  it("takes the connection with it when a body is still coming", async () => {
    serve(1, redirect({ path: "/x" }));
    const caller = await scene.client(proxy.outboundPort);
    caller.send("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 1000000\r\n\r\nabc");
    expect(await caller.untilClosed()).toContain("Connection: close\r\n");
  });

  it("reads a short body away, and serves the next request", async () => {
    serve(1, redirect({ path: "/x" }));
    const caller = await scene.client(proxy.outboundPort);
    const request = "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 9\r\n\r\n";
    caller.send(`${request}abcdefghi${request}abc`);
    await caller.until((text) => text.split("302 Found").length === 3);
    caller.send(`defghi${request}abcdefghi`);
    const text = await caller.until((all) => all.split("302 Found").length === 4);
    expect(text).not.toContain("Connection: close");
  });
});

describe("faults on purpose", () => {
  it("abort a share of a route's requests, and say so", async () => {
    serve(await mirror(), { abort: { share: 0.5, status: 418 } });
    const caller = await scene.client(proxy.outboundPort);
    let aborted = 0;
    for (let index = 0; index < 40; index += 1) {
      caller.clear();
      caller.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n");
      const text = await caller.until((all) => /\r\n\r\n[\s\S]*(\r\n\r\n|\n)$/.test(all));
      if (!text.startsWith("HTTP/1.1 418")) continue;
      aborted += 1;
      expect(text).toContain("heddle-error: abort-injected\r\n");
    }
    expect(aborted).toBeGreaterThanOrEqual(18);
    expect(aborted).toBeLessThanOrEqual(22);
    const metrics = await page(proxy, "/metrics");
    expect(sample(metrics, "heddle_faults_total", 'code="abort-injected"')).toBe(aborted);
  });

  it("delay a request as a slow service would: a deadline ends it all the same", async () => {
    const delay = { share: 1, minMs: 60_000, maxMs: 60_000 };
    proxy.serve("web", [await mirror()], {
      behaviour: { ...DEFAULT_BEHAVIOUR, delay },
      timeouts: { requestMs: 50, responseMs: 0, idleMs: 0 },
    });
    const caller = await scene.client(proxy.outboundPort);
    caller.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n");
    expect(await caller.untilText("\r\n\r\n")).toContain("heddle-error: request-timeout\r\n");
    const metrics = await page(proxy, "/metrics");
    expect(sample(metrics, "heddle_delayed_requests_total")).toBe(1);
  });

  it("delay a body too, to the byte", async () => {
    serve((await scene.echo()).port, { delay: { share: 1, minMs: 20, maxMs: 40 } });
    const caller = await scene.client(proxy.outboundPort);
    const body = "0123456789".repeat(20_000);
    caller.send(`POST / HTTP/1.1\r\nHost: web\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    const text = await caller.untilText("]");
    expect(text).toContain(`[${body}]`);
    expect(text).toContain("POST / web");
  });

  it("take nothing when their share is nothing", async () => {
    serve(await mirror(), { abort: { share: 0, status: 500 } });
    expect(await ask("GET / HTTP/1.1\r\nHost: web\r\n\r\n")).toContain("200 OK");
  });
});
