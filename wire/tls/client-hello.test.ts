import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ALPN_NAMES_MAX,
  CLIENT_HELLO_BYTES_MAX,
  ClientHelloReader,
  HELLO_NONE,
  HELLO_PARTIAL,
  HELLO_TOO_LONG,
  HELLO_WHOLE,
} from "./client-hello.ts";
import {
  alpn,
  extension,
  GREASE,
  type HelloParts,
  helloMessage,
  inRecords,
  SUPPORTED_VERSIONS,
  sampleHello,
  serverName,
  serverNames,
} from "./sample-hello.ts";

const SEED = 20_260_102;

/** What a reader says of the bytes, and after how many of them it said so. */
function read(bytes: Uint8Array, cuts: readonly number[] = []) {
  const reader = new ClientHelloReader();
  let verdict = HELLO_PARTIAL;
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    // In the middle of something else, and gone afterwards, as in a shared read buffer.
    const shared = new Uint8Array(to - from + 10).fill(0x16);
    shared.set(bytes.subarray(from, to), 5);
    verdict = reader.take(shared, 5, 5 + to - from);
    shared.fill(0xee);
    from = to;
  }
  return { verdict, hello: reader.hello, begun: reader.begun };
}

function everyCut(bytes: Uint8Array): readonly number[] {
  return Array.from({ length: Math.max(0, bytes.length - 1) }, (_, index) => index + 1);
}

/** How many bytes it takes to know. */
function decidedAfter(bytes: Uint8Array): number {
  const reader = new ClientHelloReader();
  for (let at = 0; at < bytes.length; at += 1) {
    if (reader.take(bytes, at, at + 1) !== HELLO_PARTIAL) return at + 1;
  }
  return -1;
}

function helloOf(bytes: Uint8Array) {
  const { verdict, hello } = read(bytes);
  expect(verdict).toBe(HELLO_WHOLE);
  return hello;
}

function verdictOf(parts: HelloParts): number {
  return read(inRecords(helloMessage(parts))).verdict;
}

describe("a ClientHello", () => {
  it("says for whom it is and what will be spoken", () => {
    const bytes = sampleHello(SUPPORTED_VERSIONS, serverName("Web.Shop"), alpn("h2", "http/1.1"));
    expect(helloOf(bytes)).toEqual({ serverName: "web.shop", alpn: ["h2", "http/1.1"] });
  });

  it("may say neither, and have no extensions at all", () => {
    const nothing = { serverName: null, alpn: [] };
    expect(helloOf(sampleHello(SUPPORTED_VERSIONS))).toEqual(nothing);
    expect(helloOf(inRecords(helloMessage({ extensions: null })))).toEqual(nothing);
    expect(helloOf(inRecords(helloMessage({ extensions: [], sessionIdBytes: 0 })))).toEqual(
      nothing,
    );
  });

  it("is the same in as many records as it likes", () => {
    const message = helloMessage({ extensions: [serverName("a.b"), alpn("h2")] });
    for (let fragmentBytes = 1; fragmentBytes <= message.length; fragmentBytes += 1) {
      expect(helloOf(inRecords(message, fragmentBytes))).toEqual({
        serverName: "a.b",
        alpn: ["h2"],
      });
    }
  });

  it("is known with its last byte, whatever follows", () => {
    const bytes = sampleHello(serverName("a.b"));
    const more = Uint8Array.from([...bytes, 0x17, 0x03, 0x03, 0, 1, 0]);
    expect(decidedAfter(more)).toBe(bytes.length);
    expect(helloOf(more)).toEqual({ serverName: "a.b", alpn: [] });
  });

  it("has values in it that mean nothing", () => {
    const bytes = sampleHello(GREASE, alpn("\x7a\x7a", "h2", "\x0a\x0a", "***"), GREASE);
    expect(helloOf(bytes)?.alpn).toEqual(["h2", "***"]);
  });

  it("has its list of protocols cut at a bound", () => {
    const names = Array.from({ length: ALPN_NAMES_MAX + 5 }, (_, index) => `p${index}`);
    expect(helloOf(sampleHello(alpn(...names)))?.alpn).toEqual(names.slice(0, ALPN_NAMES_MAX));
  });

  it("loses what it says when that is not put together right", () => {
    const broken = [
      extension(16, []),
      extension(16, [0]),
      extension(16, [0, 3, 2, 0x68, 0x32, 0]),
      extension(16, [0, 1, 0]),
      extension(16, [0, 2, 5, 0x68]),
    ];
    for (const each of broken) expect(helloOf(sampleHello(each))?.alpn).toEqual([]);
  });
});

describe("the host name of a ClientHello", () => {
  it.each([
    ["web.shop.svc.cluster.local", "web.shop.svc.cluster.local"],
    ["WWW.Example.COM.", "www.example.com"],
    ["localhost", "localhost"],
    ["_dmarc.xn--bcher-kva.example", "_dmarc.xn--bcher-kva.example"],
    ["4711.example", "4711.example"],
    [`${"a".repeat(63)}.b`, `${"a".repeat(63)}.b`],
    [`${"a.".repeat(127)}b`, `${"a.".repeat(127)}b`],
    [`${"a.".repeat(127)}bc`, null],
    [`${"a".repeat(64)}.b`, null],
    ["", null],
    [".", null],
    ["a..b", null],
    [".a", null],
    ["a..", null],
    ["10.0.0.1", null],
    ["fe80::1", null],
    ["a b", null],
    ["a\0b", null],
    ["b\xfccher.example", null],
    ["a/b", null],
    ["a:443", null],
  ])("%j is %j", (name, expected) => {
    expect(helloOf(sampleHello(serverName(name)))?.serverName).toBe(expected);
  });

  it("is one, among names of types that nobody knows", () => {
    const known = { type: 0, name: "a.b" };
    const other = { type: 7, name: "\0\x01" };
    expect(helloOf(sampleHello(serverNames([other, known, other])))?.serverName).toBe("a.b");
    expect(helloOf(sampleHello(serverNames([known, { type: 0, name: "c.d" }])))?.serverName).toBe(
      null,
    );
    expect(helloOf(sampleHello(serverNames([other])))?.serverName).toBe(null);
  });

  it.each([
    [[]],
    [[0]],
    [[0, 0]],
    [[0, 9, 0, 0, 1, 0x61]],
    [[0, 2, 0, 0]],
    [[0, 4, 0, 0, 9, 0x61]],
  ])("is none in a list %j that is not put together right", (body) => {
    expect(helloOf(sampleHello(extension(0, body)))?.serverName).toBe(null);
  });
});

describe("what is no ClientHello", () => {
  it.each([
    ["text", "GET / HTTP/1.1\r\n", 1],
    ["the hello of SSL 2", "\x80\x2e\x01\x03\x01\x00", 1],
    ["an alert", "\x15\x03\x01\x00\x02", 1],
    ["another version", "\x16\x02\x01\x00\x80", 2],
    ["a version to come", "\x16\x03\x05\x00\x80", 3],
    ["an empty record", "\x16\x03\x01\x00\x00", 5],
    ["a record longer than one may be", "\x16\x03\x01\x40\x01", 5],
    ["a ServerHello", "\x16\x03\x01\x00\x80\x02", 6],
    ["a message too short", "\x16\x03\x01\x00\x80\x01\x00\x00\x28", 9],
    ["other records between", "\x16\x03\x01\x00\x05\x01\x00\x00\x80\x03\x15", 11],
  ])("%s is known at once", (_, text, byteCount) => {
    const bytes = Uint8Array.from(Buffer.from(text, "latin1"));
    expect(read(bytes).verdict).toBe(HELLO_NONE);
    expect(decidedAfter(bytes)).toBe(byteCount);
    expect(read(bytes).begun).toBe(false);
  });

  it("is one whose parts do not fit into each other", () => {
    const good = helloMessage({ extensions: [SUPPORTED_VERSIONS] });
    const body = good.length - 4;
    expect(verdictOf({ legacyVersion: 0x0203 })).toBe(HELLO_NONE);
    expect(verdictOf({ sessionIdBytes: 33 })).toBe(HELLO_NONE);
    expect(verdictOf({ suites: [] })).toBe(HELLO_NONE);
    expect(verdictOf({ compressionMethods: [] })).toBe(HELLO_NONE);
    expect(verdictOf({ compressionMethods: [1, 0] })).toBe(HELLO_WHOLE);
    expect(verdictOf({ announcedBytes: body - 1 })).toBe(HELLO_NONE);
    expect(verdictOf({ announcedBytes: body + 1 })).toBe(HELLO_PARTIAL);
    const name = serverName("a.b");
    expect(verdictOf({ extensions: [name, name] })).toBe(HELLO_NONE);
    expect(verdictOf({ extensions: [alpn("a"), alpn("b")] })).toBe(HELLO_NONE);
    expect(verdictOf({ extensions: [Uint8Array.from([0, 43, 0])] })).toBe(HELLO_NONE);
    expect(verdictOf({ extensions: [Uint8Array.from([0, 43, 0, 9, 1])] })).toBe(HELLO_NONE);
  });

  it("is one that is longer than what is looked at", () => {
    const padded = (byteCount: number) =>
      helloMessage({
        extensions: [
          extension(
            21,
            Array.from({ length: byteCount }, () => 0),
          ),
        ],
      });
    const overhead = padded(0).length + 5;
    const longest = padded(CLIENT_HELLO_BYTES_MAX - overhead);
    expect(read(inRecords(longest)).verdict).toBe(HELLO_WHOLE);
    const longer = inRecords(padded(CLIENT_HELLO_BYTES_MAX - overhead + 1));
    expect(read(longer).verdict).toBe(HELLO_TOO_LONG);
    expect(decidedAfter(longer)).toBe(9);
    // The headers of many records count as well.
    expect(read(inRecords(padded(4_000), 1)).verdict).toBe(HELLO_TOO_LONG);
    expect(decidedAfter(inRecords(padded(4_000), 1))).toBe(CLIENT_HELLO_BYTES_MAX);
    expect(read(inRecords(longest, 8_000)).verdict).toBe(HELLO_TOO_LONG);
  });
});

describe("a ClientHello in pieces", () => {
  const extensions = fc.array(
    fc.oneof(
      fc.constantFrom(SUPPORTED_VERSIONS, GREASE),
      fc.string({ maxLength: 12, unit: "grapheme-ascii" }).map((name) => serverName(name)),
      fc
        .array(fc.constantFrom("h2", "http/1.1", "x", "\x0a\x0a"), { maxLength: 4 })
        .map((names) => alpn(...names)),
      fc.uint8Array({ maxLength: 12 }),
      fc
        .tuple(fc.constantFrom(0, 16, 21), fc.uint8Array({ maxLength: 12 }))
        .map(([type, body]) => extension(type, [...body])),
    ),
    { maxLength: 5 },
  );
  const hello = fc
    .record({
      extensions,
      sessionIdBytes: fc.constantFrom(0, 32, 33),
      fragmentBytes: fc.constantFrom(1, 3, 7, 100, 16_384),
      // One byte of it may be any other.
      wrongAt: fc.option(fc.nat(300), { freq: 3 }),
      wrongByte: fc.nat(255),
    })
    .map(({ fragmentBytes, wrongAt, wrongByte, ...parts }) => {
      const bytes = inRecords(helloMessage(parts), fragmentBytes);
      if (wrongAt !== null) bytes[wrongAt % bytes.length] = wrongByte;
      return bytes;
    });
  const anything = fc.oneof(
    { weight: 4, arbitrary: hello },
    fc.uint8Array({ maxLength: 200 }),
    fc
      .uint8Array({ maxLength: 200 })
      .map((rest) => Uint8Array.from([0x16, 3, 1, 0, 90, 1, ...rest])),
  );

  it("is read the same wherever it is cut, and never more than that", () => {
    const seen = new Map<number, number>();
    fc.assert(
      fc.property(anything, fc.array(fc.nat(400), { maxLength: 8 }), (bytes, at) => {
        const whole = read(bytes);
        const cuts = [...new Set(at.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
        expect(read(bytes, cuts)).toEqual(whole);
        expect(read(bytes, everyCut(bytes))).toEqual(whole);
        seen.set(whole.verdict, (seen.get(whole.verdict) ?? 0) + 1);
      }),
      { seed: SEED, numRuns: 3_000 },
    );
    // The property means nothing if the bytes were all of one kind.
    expect(seen.get(HELLO_WHOLE)).toBeGreaterThan(300);
    expect(seen.get(HELLO_NONE)).toBeGreaterThan(300);
    expect(seen.get(HELLO_PARTIAL)).toBeGreaterThan(50);
  });

  it("is read the same cut in two anywhere", () => {
    const bytes = inRecords(helloMessage({ extensions: [serverName("a.b"), alpn("h2")] }), 50);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(read(bytes, [cut]).hello).toEqual({ serverName: "a.b", alpn: ["h2"] });
    }
  });

  it("that is cut off has said nothing", () => {
    const bytes = sampleHello(serverName("a.b"));
    for (let end = 0; end < bytes.length; end += 1) {
      const { verdict, hello, begun } = read(bytes.subarray(0, end));
      expect({ verdict, hello, begun }).toEqual({
        verdict: HELLO_PARTIAL,
        hello: null,
        begun: end > 5,
      });
    }
  });
});
