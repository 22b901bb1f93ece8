import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DECODER_FAILED, RequestDecoder } from "../../wire/http1/decoder.ts";
import { DEFAULT_HTTP1_LIMITS } from "../../wire/http1/limits.ts";
import { RecordingSink } from "../../wire/http1/recording-sink.ts";
import { alpn, sampleHello, serverName } from "../../wire/tls/sample-hello.ts";
import {
  FIRST_HTTP1,
  FIRST_HTTP2,
  FIRST_OPAQUE,
  FIRST_TLS,
  FirstBytes,
  UNDECIDED,
} from "./first-bytes.ts";

const SEED = 20_260_103;
const TARGET_BYTES_MAX = 40;
const WORDS = ["undecided", "http1", "http2", "tls", "opaque"];

function latin1(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

/** What `bytes` are, the byte count that decided it, and what they are if no more comes. */
function detect(bytes: Uint8Array, cuts: readonly number[] = [], expectsHttp = false) {
  const first = new FirstBytes(TARGET_BYTES_MAX, expectsHttp);
  let from = 0;
  let found = UNDECIDED;
  for (const to of [...cuts, bytes.length]) {
    const shared = new Uint8Array(to - from + 14).fill(0x20);
    shared.set(bytes.subarray(from, to), 7);
    found = first.take(shared, 7, 7 + to - from);
    shared.fill(0x41);
    from = to;
  }
  const { hello } = first;
  return { found: WORDS[found], settled: WORDS[first.settle()], name: hello?.serverName ?? null };
}

/** Fed byte by byte: what it is, and after which byte that was known. */
function earliest(bytes: Uint8Array, expectsHttp = false): string {
  const first = new FirstBytes(TARGET_BYTES_MAX, expectsHttp);
  for (let at = 0; at < bytes.length; at += 1) {
    const found = first.take(bytes, at, at + 1);
    if (found !== UNDECIDED) return `${WORDS[found]} after ${at + 1}`;
  }
  return "undecided";
}

describe("HTTP/1", () => {
  it.each([
    ["GET / HTTP/1.1\r\n", 15],
    ["GET / HTTP/1.0\r\n", 15],
    ["OPTIONS * HTTP/1.1\r\n", 19],
    ["POST http://a/b?c=d HTTP/1.1\r\n", 29],
    ["M-SEARCH * HTTP/1.1\r\n", 20],
    ['get /\xff"|^ HTTP/1.1\r\n', 19],
    ["\r\n\r\nGET / HTTP/1.1\r\n", 19],
    ["PRI * HTTP/1.1\r\n", 15],
    ["PR / HTTP/1.1\r\n", 14],
    [`GET /${"x".repeat(TARGET_BYTES_MAX - 1)} HTTP/1.1\r\n`, TARGET_BYTES_MAX + 14],
    // For the decoder to refuse.
    ["GET / HTTP/1.1\n", 15],
  ])("is %j", (text, byteCount) => {
    expect(earliest(latin1(text))).toBe(`http1 after ${byteCount}`);
    expect(detect(latin1(text)).found).toBe("http1");
  });
});

describe("HTTP/2", () => {
  it("is its whole preface", () => {
    const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    expect(earliest(latin1(`${preface}\0\0\0\x04`))).toBe("http2 after 24");
    expect(earliest(latin1("PRI * HTTP/2.0\r\n\r\nSM\r\n\rX"))).toBe("opaque after 24");
    expect(earliest(latin1("PRI * HTTP/2.1\r\n"))).toBe("opaque after 14");
    expect(earliest(latin1(`\r\n${preface}`))).toBe("opaque after 14");
  });
});

describe("TLS", () => {
  it("is a whole ClientHello, and says for whom", () => {
    const bytes = sampleHello(serverName("Web.Shop"), alpn("h2"));
    expect(earliest(bytes)).toBe(`tls after ${bytes.length}`);
    expect(detect(bytes)).toEqual({ found: "tls", settled: "tls", name: "web.shop" });
  });

  it("is one that is too long to be read", () => {
    expect(earliest(latin1("\x16\x03\x01\x40\x00\x01\x00\x40\x00"))).toBe("tls after 9");
  });

  it("is one that does not come to its end", () => {
    expect(detect(latin1("\x16\x03\x01\x02\x00"))).toMatchObject({ settled: "opaque" });
    expect(detect(latin1("\x16\x03\x01\x02\x00\x01"))).toMatchObject({
      found: "undecided",
      settled: "tls",
    });
  });
});

describe("opaque TCP", () => {
  it.each([
    ["a command of Redis, inline", "GET key\r\n", 8],
    ["the same of many words", "SET key value\r\n", 9],
    ["the same of one word", "PING\r\n", 5],
    ["a command of Redis", "*1\r\n$4\r\nPING\r\n", 3],
    ["memcached", "get a b c\r\n", 7],
    ["the startup of PostgreSQL", "\x00\x00\x00\x08\x04\xd2\x16\x2f", 1],
    ["a message of MongoDB", "\x3a\x00\x00\x00", 1],
    ["SSH", "SSH-2.0-OpenSSH_9.6\r\n", 20],
    ["SMTP", "EHLO client.example\r\n", 20],
    ["RTSP", "OPTIONS rtsp://a/b RTSP/1.0\r\n", 20],
    ["SIP", "INVITE sip:bob@b.example SIP/2.0\r\n", 26],
    ["ICAP", "OPTIONS icap://a/b ICAP/1.0\r\n", 20],
    ["HTTP/0.9", "GET /\r\n", 6],
    ["another version of HTTP", "GET / HTTP/3.0\r\n", 12],
    ["a version between", "GET / HTTP/1.2\r\n", 14],
    ["more behind the version", "GET / HTTP/1.1 \r\n", 15],
    ["a version in small letters", "GET / http/1.1\r\n", 7],
    ["two blanks", "GET  / HTTP/1.1\r\n", 5],
    ["a tab", "GET\t/ HTTP/1.1\r\n", 4],
    ["no method", " / HTTP/1.1\r\n", 1],
    ["no target", "GET \r\n", 5],
    ["a fragment in the target", "GET /#a HTTP/1.1\r\n", 6],
    ["too many empty lines", "\r\n\r\n\r\nGET / HTTP/1.1\r\n", 5],
    ["a line end alone", "\nGET / HTTP/1.1\r\n", 1],
    ["half a line end", "\rGET / HTTP/1.1\r\n", 2],
    ["a method that is none", `${"A".repeat(33)} / HTTP/1.1\r\n`, 33],
    ["a target beyond the limit", `GET /${"x".repeat(TARGET_BYTES_MAX)} HTTP/1.1\r\n`, 45],
    ["the hello of SSL 2", "\x80\x2e\x01\x03\x01", 1],
    ["what begins like TLS", "\x16\x03\x01\x00\x05\x02", 6],
    ["what is meant for a proxy", "CONNECT a.b:443 HTTP/1.1\r\n", 8],
    ["an answer of HTTP", "HTTP/1.1 200 OK\r\n", 5],
    ["Thrift, framed", "\x00\x00\x00\x1c\x80\x01\x00\x01", 1],
    ["MQTT", "\x10\x0c\x00\x04MQTT", 1],
    ["AMQP", "AMQP\x00\x00\x09\x01", 5],
  ])("is %s", (_, text, byteCount) => {
    expect(earliest(latin1(text))).toBe(`opaque after ${byteCount}`);
    expect(detect(latin1(text)).found).toBe("opaque");
  });

  it.each([
    "G",
    "GET",
    "GET ",
    "GET /a",
    "GET / HTTP/1.",
    "GET / HTTP/1.1",
    "\r\n",
    "PRI * HTTP/2",
  ])("is %j only when no more comes", (text) => {
    expect(detect(latin1(text))).toMatchObject({ found: "undecided", settled: "opaque" });
  });
});

describe("where HTTP is expected", () => {
  it.each([
    ["GET /", "http1 after 1"],
    ["P", "undecided"],
    ["PRI * HTTP/1", "http1 after 12"],
    ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http2 after 24"],
    ["\x00", "http1 after 1"],
    ["\x16\x03\x01\x00\x05\x02", "http1 after 6"],
  ])("%j is found", (text, found) => {
    expect(earliest(latin1(text), true)).toBe(found);
  });

  it("nothing is opaque in the end", () => {
    expect(detect(latin1("PRI"), [], true).settled).toBe("http1");
    expect(detect(latin1(""), [], true).settled).toBe("http1");
  });
});

/** What connections begin with, whole, cut off, with a wrong byte, or made up. */
const PIECES = [
  "GET ",
  "PRI ",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "/",
  "* ",
  "HTTP/1.",
  "HTTP/",
  "0",
  "1",
  "\r",
  "\n",
  "\r\n",
  " ",
  "x".repeat(TARGET_BYTES_MAX),
  "M".repeat(32),
  "\x16\x03\x01",
  "\x00",
];
const anyBytes = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }).map((pieces) => latin1(pieces.join(""))),
  fc.constantFrom("GET / HTTP/1.1\r\n\r\n", "\r\nPUT /a HTTP/1.0\r\n").map(latin1),
  fc.uint8Array({ maxLength: 60 }),
  fc.constant(sampleHello(serverName("a.b"))),
);
const withOneWrong = fc
  .tuple(anyBytes, fc.option(fc.nat(200), { freq: 2 }), fc.nat(255))
  .map(([bytes, at, byte]) => {
    if (at === null || bytes.length === 0) return bytes;
    const changed = Uint8Array.from(bytes);
    changed[at % bytes.length] = byte;
    return changed;
  });

describe("any bytes at all", () => {
  it("are the same wherever they are cut", () => {
    const seen = new Map<string | undefined, number>();
    fc.assert(
      fc.property(
        withOneWrong,
        fc.array(fc.nat(300), { maxLength: 6 }),
        fc.boolean(),
        (bytes, at, expectsHttp) => {
          const whole = detect(bytes, [], expectsHttp);
          const cuts = [...new Set(at.map((cut) => cut % (bytes.length + 1)))];
          cuts.sort((a, b) => a - b);
          expect(detect(bytes, cuts, expectsHttp)).toEqual(whole);
          const single = Array.from({ length: bytes.length }, (_, index) => index);
          expect(detect(bytes, single, expectsHttp)).toEqual(whole);
          seen.set(whole.found, (seen.get(whole.found) ?? 0) + 1);
        },
      ),
      { seed: SEED, numRuns: 4_000 },
    );
    for (const word of WORDS) expect([word, (seen.get(word) ?? 0) > 20]).toEqual([word, true]);
  });

  it("are what they were when more comes after the verdict", () => {
    fc.assert(
      fc.property(withOneWrong, fc.uint8Array({ maxLength: 20 }), (bytes, more) => {
        const { found, name } = detect(bytes);
        if (found === "undecided") return;
        expect(detect(Uint8Array.from([...bytes, ...more]))).toMatchObject({ found, name });
      }),
      { seed: SEED, numRuns: 2_000 },
    );
  });

  it("are HTTP/1 whenever the decoder can read them, but for versions to come", () => {
    const limits = { ...DEFAULT_HTTP1_LIMITS, targetBytesMax: TARGET_BYTES_MAX };
    let readCount = 0;
    fc.assert(
      fc.property(withOneWrong, (bytes) => {
        const sink = new RecordingSink();
        const decoder = new RequestDecoder(sink, limits);
        const request = Uint8Array.from([...bytes, ...latin1("Host: a\r\n\r\n")]);
        decoder.consume(request, 0, request.length);
        if (decoder.state === DECODER_FAILED || sink.heads.length === 0) return;
        const isOdd = !/ HTTP\/1\.[01]\r\n/.test(Buffer.from(request).toString("latin1"));
        readCount += 1;
        expect([detect(request).found, isOdd]).toEqual([isOdd ? "opaque" : "http1", isOdd]);
      }),
      { seed: SEED, numRuns: 4_000 },
    );
    expect(readCount).toBeGreaterThan(100);
  });
});

describe("the constants", () => {
  it("have the words that these tests use", () => {
    expect(WORDS[UNDECIDED]).toBe("undecided");
    expect(WORDS[FIRST_HTTP1]).toBe("http1");
    expect(WORDS[FIRST_HTTP2]).toBe("http2");
    expect(WORDS[FIRST_TLS]).toBe("tls");
    expect(WORDS[FIRST_OPAQUE]).toBe("opaque");
  });
});
