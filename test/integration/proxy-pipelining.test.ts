/** Several requests of one caller before the first answer, and requests that come in pieces. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ProxyScene } from "../harness/proxy-scene.ts";
import type { RunningProxy } from "../harness/running-proxy.ts";

let scene: ProxyScene;
let proxy: RunningProxy;

beforeEach(async () => {
  scene = new ProxyScene();
  proxy = await scene.proxy();
});

afterEach(() => scene.end());

const get = (path: string, host = "web") => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

function paths(text: string): readonly (string | undefined)[] {
  return [...text.matchAll(/(?:GET|POST) (\/\S*) web/g)].map((found) => found[1]);
}

describe("a request that comes in two pieces", () => {
  it("is one request, wherever it is cut", async () => {
    proxy.serve("web", [(await scene.echo()).port]);
    const request =
      "POST /x HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n" +
      "3\r\nabc\r\n0\r\nA: b\r\n\r\nGET /y HTTP/1.1\r\nHost: web\r\n\r\n";
    const caller = await scene.client(proxy.outboundPort);
    for (let cut = 1; cut < request.length; cut += 1) {
      caller.clear();
      caller.send(request.slice(0, cut));
      await new Promise((resolve) => setImmediate(resolve));
      caller.send(request.slice(cut));
      const text = await caller.untilText("GET /y web []");
      expect(text).toContain("POST /x web [abc]");
    }
  });
});

describe("pipelined requests", () => {
  it("with bodies are answered in their order", async () => {
    proxy.serve("web", [(await scene.echo()).port]);
    const caller = await scene.client(proxy.outboundPort);
    const posts = Array.from({ length: 30 }, (_, index) => {
      const body = "b".repeat(index * 100);
      return index % 2 === 0
        ? `POST /${index} HTTP/1.1\r\nHost: web\r\nContent-Length: ${body.length}\r\n\r\n${body}`
        : `POST /${index} HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n` +
            `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    });
    caller.send(posts.join(""));
    const text = await caller.until((all) => paths(all).length === 30 && all.endsWith("]"));
    expect(paths(text)).toEqual(posts.map((_, index) => `/${index}`));
  });

  it("wait behind a slow answer and are not sent before it", async () => {
    const seen: string[] = [];
    let finish = () => {};
    const origin = await scene.scripted((head, socket) => {
      seen.push(head.split(" ")[1] ?? "");
      if (!head.includes("/slow")) return "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nquick";
      finish = () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow");
      return undefined;
    });
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.send(get("/slow") + get("/quick"));
    await expect.poll(() => seen.length).toBe(1);
    finish();
    const text = await caller.untilText("quick");
    expect(text.indexOf("slow")).toBeLessThan(text.indexOf("quick"));
    expect(seen).toEqual(["/slow", "/quick"]);
  });

  it("are answered each by itself when some are refused by the mesh", async () => {
    proxy.serve("web", [(await scene.echo()).port]);
    const caller = await scene.client(proxy.outboundPort);
    const requests = Array.from({ length: 60 }, (_, index) =>
      get(`/${index}`, index % 3 === 0 ? "nowhere" : "web"),
    );
    caller.send(requests.join(""));
    const text = await caller.untilText("GET /59 web []");
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(40);
    expect(text.match(/HTTP\/1\.1 404/g)).toHaveLength(20);
  });

  it("of a thousand in one write take a time that grows with their number only", async () => {
    const origin = await scene.scripted(() => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    // Of the processor: what others do on the machine must not count.
    const time = async (count: number): Promise<number> => {
      caller.clear();
      const started = process.cpuUsage();
      caller.send(Array.from({ length: count }, () => get("/")).join(""));
      await caller.until((text) => text.length === count * 40);
      const { user, system } = process.cpuUsage(started);
      return (user + system) / 1_000;
    };
    await time(100);
    const few = (await time(200)) / 200;
    const many = (await time(2_000)) / 2_000;
    expect(many).toBeLessThan(few * 4 + 0.2);
  });

  it("of a caller that does not read its answers stop being read", async () => {
    const answer = `HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n${"x".repeat(20_000)}`;
    let served = 0;
    const origin = await scene.scripted(() => {
      served += 1;
      return answer;
    });
    proxy.serve("web", [origin.port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.socket.pause();
    caller.send(Array.from({ length: 2_000 }, () => get("/")).join(""));
    let before = -1;
    await expect
      .poll(
        () => {
          const stands = served === before;
          before = served;
          return stands;
        },
        { interval: 200 },
      )
      .toBe(true);
    // 40 MB would be answered in all; the kernel's buffers take some of it.
    expect(served).toBeLessThan(1_000);
    let received = 0;
    caller.socket.removeAllListeners("data");
    caller.socket.on("data", (bytes: Buffer) => {
      received += bytes.length;
    });
    caller.socket.resume();
    await expect.poll(() => received).toBe(2_000 * answer.length);
    expect(served).toBe(2_000);
  });

  it("refused by the mesh do not pile up answers either", async () => {
    const caller = await scene.client(proxy.outboundPort);
    caller.send(get("/", "nowhere"));
    await caller.untilText("unknown-service: ");
    caller.socket.pause();
    const request = get("/", "nowhere");
    caller.send(request.repeat(200_000));
    const writable = () => caller.socket.writableLength;
    let before = -1;
    await expect
      .poll(
        () => {
          const stands = writable() === before;
          before = writable();
          return stands;
        },
        { interval: 300 },
      )
      .toBe(true);
    expect(writable()).toBeGreaterThan(0);
  });
});
