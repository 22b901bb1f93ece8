/** What others send as their ClientHello is read as they meant it, wherever it is cut. */
import { describe, expect, it } from "vitest";
import { findProgram } from "../../../tools/system-packages.ts";
import {
  type ClientHello,
  ClientHelloReader,
  HELLO_PARTIAL,
  HELLO_WHOLE,
} from "../../../wire/tls/client-hello.ts";
import { helloOfNode, helloOfProgram } from "./real-hellos.ts";

const openssl = findProgram("openssl");
const curl = findProgram("curl");

/** Whole, in two pieces at every place, and byte by byte: the same each time. */
function expectHello(bytes: Uint8Array, expected: ClientHello): void {
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const reader = new ClientHelloReader();
    const before = reader.take(bytes.slice(0, cut), 0, cut);
    expect(before).toBe(cut < bytes.length ? HELLO_PARTIAL : HELLO_WHOLE);
    if (cut > 5) expect(reader.begun).toBe(true);
    expect(reader.take(bytes, cut, bytes.length)).toBe(HELLO_WHOLE);
    expect(reader.hello).toEqual(expected);
  }
  const reader = new ClientHelloReader();
  for (let at = 0; at < bytes.length; at += 1) reader.take(bytes, at, at + 1);
  expect(reader.hello).toEqual(expected);
}

describe("a ClientHello of Node", () => {
  it("has a name and protocols", async () => {
    const bytes = await helloOfNode({
      servername: "Web.Shop.svc.cluster.local",
      ALPNProtocols: ["h2", "http/1.1"],
    });
    expectHello(bytes, { serverName: "web.shop.svc.cluster.local", alpn: ["h2", "http/1.1"] });
  });

  it("has neither where none is given", async () => {
    expectHello(await helloOfNode({}), { serverName: null, alpn: [] });
  });

  it("is read in all versions that there are", async () => {
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const bytes = await helloOfNode({
        servername: "a.example",
        minVersion: version,
        maxVersion: version,
      });
      expectHello(bytes, { serverName: "a.example", alpn: [] });
    }
  });

  it("may be long", async () => {
    const alpn = Array.from({ length: 20 }, (_, index) => `protocol-${index}`);
    const bytes = await helloOfNode({ servername: "a.example", ALPNProtocols: alpn });
    expectHello(bytes, { serverName: "a.example", alpn });
  });
});

const noOpenssl = openssl === undefined ? " (skipped: there is no openssl here)" : "";

describe.skipIf(openssl === undefined)(`a ClientHello of openssl${noOpenssl}`, () => {
  const hello = (...args: readonly string[]) =>
    helloOfProgram(openssl ?? "", ["s_client", "-connect", "127.0.0.1:PORT", ...args]);

  it("has a name and protocols", async () => {
    const bytes = await hello("-servername", "a.example", "-alpn", "h2,x");
    expectHello(bytes, { serverName: "a.example", alpn: ["h2", "x"] });
  });

  it("may have no name", async () => {
    expectHello(await hello("-noservername"), { serverName: null, alpn: [] });
  });

  it("may come in several records", async () => {
    const alpn = Array.from({ length: 30 }, (_, index) => `a-protocol-of-${1_000 + index}`);
    const bytes = await hello("-servername", "a.b", "-max_send_frag", "512", "-alpn", alpn.join());
    // The second record's header stands behind the first record of 512 bytes.
    expect([...bytes.subarray(517, 519)]).toEqual([0x16, 0x03]);
    expectHello(bytes, { serverName: "a.b", alpn });
  });
});

const noCurl = curl === undefined ? " (skipped: there is no curl here)" : "";

describe.skipIf(curl === undefined)(`a ClientHello of curl${noCurl}`, () => {
  it("asks for what HTTP it can speak", async () => {
    const bytes = await helloOfProgram(curl ?? "", [
      "--silent",
      "--insecure",
      "--http1.1",
      "--resolve",
      "web.shop:PORT:127.0.0.1",
      "https://web.shop:PORT/",
    ]);
    expectHello(bytes, { serverName: "web.shop", alpn: ["http/1.1"] });
  });
});
