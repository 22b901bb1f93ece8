/** What is too much, too long or ambiguous is refused by name, and nothing of it goes on. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ProxyScene, page, sample } from "../harness/proxy-scene.ts";
import type { RunningProxy } from "../harness/running-proxy.ts";

let scene: ProxyScene;
let proxy: RunningProxy;
let served: number;

beforeEach(async () => {
  scene = new ProxyScene();
  proxy = await scene.proxy();
  served = 0;
  const origin = await scene.scripted(() => {
    served += 1;
    return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  });
  proxy.serve("web", [origin.port]);
});

afterEach(() => scene.end());

/** A GET whose head has exactly so many bytes. */
function headOf(bytes: number): string {
  const empty = "GET / HTTP/1.1\r\nHost: web\r\nX: \r\n\r\n";
  return empty.replace("X: ", `X: ${"x".repeat(bytes - empty.length)}`);
}

async function ask(request: string): Promise<string> {
  const caller = await scene.client(proxy.outboundPort);
  caller.send(request);
  return await caller.untilClosed();
}

describe("limits of a head", () => {
  it("takes what is just within, and names the knob for what is not", async () => {
    const caller = await scene.client(proxy.outboundPort);
    caller.send(headOf(65_536));
    await caller.untilText("\r\n\r\nok");
    const text = await ask(headOf(65_537));
    expect(text).toMatch(/^HTTP\/1\.1 431 /);
    expect(text).toContain("heddle-error: head-too-large\r\n");
    expect(text).toContain("headBytesMax");
  });

  it.each([
    ["414", "target-too-long", `GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: web\r\n\r\n`],
    ["431", "head-too-large", `GET / HTTP/1.1\r\nHost: web\r\n${"A: b\r\n".repeat(600)}\r\n`],
    ["505", "unsupported-version", "GET / HTTP/2.0\r\nHost: web\r\n\r\n"],
  ])("gives %s %s", async (status, code, request) => {
    const text = await ask(request);
    expect(text).toContain(`HTTP/1.1 ${status} `);
    expect(text).toContain(`heddle-error: ${code}\r\n`);
    expect(text).toContain("Connection: close\r\n");
    expect(served).toBe(0);
    expect(sample(await page(proxy, "/metrics"), "heddle_faults_total", `"${code}"`)).toBe(1);
  });
});

describe("ambiguous framing", () => {
  const AFTER = "GET /smuggled HTTP/1.1\r\nHost: web\r\n\r\n";
  const post = (fields: string, body = "") =>
    `POST / HTTP/1.1\r\nHost: web\r\n${fields}\r\n\r\n${body}${AFTER}`;

  it.each([
    ["length and chunks", post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n")],
    ["two lengths", post("Content-Length: 5\r\nContent-Length: 6", "hello")],
    ["a list of lengths", post("Content-Length: 5, 6", "hello")],
    ["a signed length", post("Content-Length: +5", "hello")],
    ["a huge length", post("Content-Length: 99999999999999999999", "hello")],
    ["a space before the colon", post("Content-Length : 5", "hello")],
    ["a folded field", post("Transfer-Encoding:\r\n chunked", "0\r\n\r\n")],
    ["chunked twice", post("Transfer-Encoding: chunked, chunked", "0\r\n\r\n")],
    ["chunked not last", post("Transfer-Encoding: chunked, gzip", "0\r\n\r\n")],
    ["an odd coding", post("Transfer-Encoding: xchunked", "0\r\n\r\n")],
    ["a quoted coding", post('Transfer-Encoding: "chunked"', "0\r\n\r\n")],
    ["a bare line feed", `GET / HTTP/1.1\nHost: web\n\n${AFTER}`],
    ["a bare carriage return", `GET / HTTP/1.1\r\nHost: web\r\nA: b\rC: d\r\n\r\n${AFTER}`],
    ["a NUL", `GET / HTTP/1.1\r\nHost: web\r\nA: \0\r\n\r\n${AFTER}`],
    ["two hosts", `GET / HTTP/1.1\r\nHost: web\r\nHost: web\r\n\r\n${AFTER}`],
    ["no host", `GET / HTTP/1.1\r\nA: b\r\n\r\n${AFTER}`],
    ["chunks to HTTP/1.0", post("Transfer-Encoding: chunked", "0\r\n\r\n").replace("1.1", "1.0")],
    ["a bad chunk size", post("Transfer-Encoding: chunked", "0x5\r\nhello\r\n0\r\n\r\n")],
    ["a chunk without its end", post("Transfer-Encoding: chunked", "5\r\nhelloXX0\r\n\r\n")],
    ["a chunk size by a line feed", post("Transfer-Encoding: chunked", "5\nhello\r\n0\r\n\r\n")],
    ["a huge chunk", post("Transfer-Encoding: chunked", "fffffffffffffffff\r\nhello")],
    ["no request at all", `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${AFTER}`],
  ])("is refused, and what follows is not served: %s", async (_, request) => {
    const text = await ask(request);
    expect(text).toMatch(/^HTTP\/1\.1 (400|501) /);
    expect(text.match(/HTTP\/1\.1 \d{3}/g)).toHaveLength(1);
    expect(text).toContain("heddle-error: ");
    await expect.poll(async () => served).toBeLessThanOrEqual(1);
  });

  it("in a body that has begun takes the endpoint's connection along", async () => {
    const text = await ask(
      "POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n",
    );
    // It may have been answered early; it must never end as if all was well.
    expect(text.match(/HTTP\/1\.1 \d{3}/g)?.length).toBeLessThanOrEqual(2);
    await expect
      .poll(async () => sample(await page(proxy, "/metrics"), "heddle_pool_connections", "busy"))
      .toBe(0);
  });
});

describe("trailers and chunk extensions", () => {
  it("have their bounds", async () => {
    const head = "POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n";
    const many = `${"1;".padEnd(1_000, "e")}\r\nx\r\n`.repeat(10);
    expect(await ask(`${head}${many}`)).toContain("heddle-error: ");
    const trailers = `0\r\n${"T: u\r\n".repeat(5_000)}\r\n`;
    expect(await ask(`${head}${trailers}`)).toContain("heddle-error: ");
  });
});
