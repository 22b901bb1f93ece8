/** What a request may not be. Every row is refused with this code, however it is cut. */
import { describe, expect, it } from "vitest";
import { RequestDecoder } from "./decoder.ts";
import { HTTP1_ERRORS, type Http1ErrorCode } from "./http1-error.ts";
import { DEFAULT_HTTP1_LIMITS, type Http1Limits } from "./limits.ts";
import { ascii, everyCut, feed, RecordingSink } from "./recording-sink.ts";

function decode(text: string, cuts: readonly number[], limits: Http1Limits): RecordingSink {
  const sink = new RecordingSink();
  feed(new RequestDecoder(sink, limits), ascii(text), cuts);
  return sink;
}

function expectRefused(text: string, code: Http1ErrorCode, limits = DEFAULT_HTTP1_LIMITS): void {
  const whole = decode(text, [], limits);
  expect(whole.events.at(-1)).toEqual({ kind: "error", code, status: HTTP1_ERRORS[code].status });
  expect(decode(text, everyCut(text.length), limits).events).toEqual(whole.events);
}

function expectTaken(text: string, limits = DEFAULT_HTTP1_LIMITS): void {
  const whole = decode(text, [], limits);
  expect(whole.errorCode).toBeUndefined();
  expect(whole.endCount).toBe(1);
  expect(decode(text, everyCut(text.length), limits).events).toEqual(whole.events);
}

const HOST = "Host: a\r\n";
const CHUNKED = `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`;

const field = (line: string): string => `GET / HTTP/1.1\r\n${HOST}${line}\r\n\r\n`;
const target = (text: string, method = "GET"): string =>
  `${method} ${text} HTTP/1.1\r\n${HOST}\r\n`;
const host = (value: string): string => `GET / HTTP/1.1\r\nHost: ${value}\r\n\r\n`;
const post = (lines: string): string => `POST / HTTP/1.1\r\n${HOST}${lines}\r\n\r\n`;

const REFUSED: readonly (readonly [Http1ErrorCode, string])[] = [
  ["bad-request-line", " GET / HTTP/1.1\r\n\r\n"],
  ["bad-request-line", "\x16\x03\x01\x02"],
  ["bad-request-line", "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["bad-request-line", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["bare-cr", "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["bad-request-line", "GET\t/ HTTP/1.1\r\n\r\n"],
  ["bad-request-line", "GET(x) / HTTP/1.1\r\n\r\n"],
  ["bad-request-line", "GET /\r\n\r\n"],
  ["bad-target", "GET  / HTTP/1.1\r\n\r\n"],
  ["bad-method", `${"M".repeat(33)} / HTTP/1.1\r\n\r\n`],
  ["bad-version", "GET / \r\n\r\n"],
  ["bad-version", "GET /  HTTP/1.1\r\n\r\n"],
  ["bad-version", "GET / HTTP/1.1 \r\n\r\n"],
  ["bad-version", "GET / x HTTP/1.1\r\n\r\n"],
  ["bad-version", "GET / http/1.1\r\n\r\n"],
  ["bad-version", "GET / HTTP/1.10\r\n\r\n"],
  ["bad-version", "GET / HTTP/11\r\n\r\n"],
  ["bad-version", "GET / HTTP/a.1\r\n\r\n"],
  ["bad-version", "GET / HTTPS/1.1\r\n\r\n"],
  ["unsupported-version", "GET / HTTP/2.0\r\n\r\n"],
  ["unsupported-version", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["unsupported-version", "GET / HTTP/0.9\r\n\r\n"],
  ["bare-lf", "GET / HTTP/1.1\nHost: a\r\n\r\n"],
  ["bare-cr", "GET / HTTP/1.1\rHost: a\r\n\r\n"],
  ["bad-target", target("/a#b")],
  ["bad-target", target("/a\x7f")],
  ["bad-target", target("/a\x00b")],
  ["bad-target", target("/a\tb")],
  ["bad-target", target("a")],
  ["bad-target", target("*")],
  ["bad-target", target("**", "OPTIONS")],
  ["bad-target", target("a:80")],
  ["bad-target", target("http:///x")],
  ["bad-target", target("http://:80/x")],
  ["bad-target", target("http://u@a/x")],
  ["bad-target", target("http://a:80:80/x")],
  ["bad-target", target("http:/a/x")],
  ["bad-target", target("ftp://a/x")],
  ["bad-target", target("http://[::1/x")],
  ["bad-target", target("/", "CONNECT")],
  ["bad-target", target("a", "CONNECT")],
  ["bad-target", target("a:", "CONNECT")],
  ["bad-target", target(":80", "CONNECT")],
  ["bad-target", target("http://a:80/", "CONNECT")],
  ["connect-with-body", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"],
  ["connect-with-body", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ["missing-host", "GET / HTTP/1.1\r\n\r\n"],
  ["missing-host", "GET / HTTP/1.1\r\nHostx: a\r\n\r\n"],
  ["missing-host", "GET http://a/ HTTP/1.1\r\n\r\n"],
  ["duplicate-host", field("Host: a")],
  ["duplicate-host", field("HOST:")],
  ["bad-host", host("a b")],
  ["bad-host", host("a/b")],
  ["bad-host", host("u@a")],
  ["bad-host", host("a:8x")],
  ["bad-host", host("a:123456")],
  ["bad-host", host("a:80:80")],
  ["bad-host", host("[::1")],
  ["bad-host", host("[]")],
  ["bad-host", host("[::1]x")],
  ["bad-host", host("a\xe4")],
  ["line-folding", field("A: b\r\n c: d")],
  ["line-folding", field("A: b\r\n\tc")],
  ["line-folding", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"],
  ["space-before-colon", field("A : b")],
  ["space-before-colon", field("A\t: b")],
  ["space-before-colon", field("no colon")],
  ["bad-field-name", field("nocolon")],
  ["bad-field-name", field(": b")],
  ["bad-field-name", field("A\x00: b")],
  ["bad-field-name", field("A\xe4: b")],
  ["bad-field-name", field("A(b): c")],
  ["bad-field-value", field("A: b\x00c")],
  ["bad-field-value", field("A: b\x0bc")],
  ["bad-field-value", field("A: b\x7f")],
  ["bare-cr", field("A: b\rc")],
  ["bare-cr", field("A: b\r\rc")],
  ["bare-cr", field("\rA: b")],
  ["bare-lf", `GET / HTTP/1.1\r\n${HOST}A: b\nC: d\r\n\r\n`],
  ["bare-lf", `GET / HTTP/1.1\r\n${HOST}\n`],
  ["bare-lf", `GET / HTTP/1.1\r\n${HOST}A\n\r\n`],
  ["ambiguous-length", post("Content-Length: 5\r\nTransfer-Encoding: chunked")],
  ["ambiguous-length", post("Transfer-Encoding: chunked\r\nContent-Length: 5")],
  ["duplicate-content-length", post("Content-Length: 5\r\nContent-Length: 5")],
  ["duplicate-content-length", post("Content-Length: 5\r\ncontent-length: 6")],
  ["bad-content-length", post("Content-Length: 5, 5")],
  ["bad-content-length", post("Content-Length: 5,")],
  ["bad-content-length", post("Content-Length:")],
  ["bad-content-length", post("Content-Length: +5")],
  ["bad-content-length", post("Content-Length: -0")],
  ["bad-content-length", post("Content-Length: 0x5")],
  ["bad-content-length", post("Content-Length: 5 5")],
  ["bad-content-length", post("Content-Length: 5.0")],
  ["bad-content-length", post("Content-Length: \xb2")],
  ["bad-content-length", post("Content-Length: 9007199254740992")],
  ["bad-content-length", post(`Content-Length: ${"9".repeat(400)}`)],
  ["bad-transfer-encoding", post("Transfer-Encoding:")],
  ["bad-transfer-encoding", post("Transfer-Encoding: ,chunked")],
  ["bad-transfer-encoding", post("Transfer-Encoding: chunked,")],
  ["bad-transfer-encoding", post("Transfer-Encoding: chunked, chunked")],
  ["bad-transfer-encoding", post("Transfer-Encoding: chunked, identity")],
  ["bad-transfer-encoding", post("Transfer-Encoding: chunked;q=1")],
  ["bad-transfer-encoding", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")],
  ["bad-transfer-encoding", post('Transfer-Encoding: "chunked"')],
  ["unsupported-coding", post("Transfer-Encoding: gzip, chunked")],
  ["unsupported-coding", post("Transfer-Encoding: identity")],
  ["unsupported-coding", post("Transfer-Encoding: xchunked")],
  ["unsupported-coding", post("Transfer-Encoding: chunkedx")],
  ["bad-field-value", post("Transfer-Encoding: \x0bchunked")],
  ["coding-in-old-version", `POST / HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`],
  ["too-many-connection-names", field(`Connection: ${"a,".repeat(33)}`)],
  ["bad-chunk-size", `${CHUNKED}\r\n`],
  ["bad-chunk-size", `${CHUNKED}g\r\n`],
  ["bad-chunk-size", `${CHUNKED}-1\r\n`],
  ["bad-chunk-size", `${CHUNKED} 1\r\na\r\n0\r\n\r\n`],
  ["bad-chunk-extension", `${CHUNKED}0x1\r\na\r\n0\r\n\r\n`],
  ["bad-chunk-size", `${CHUNKED}20000000000000\r\n`],
  ["bad-chunk-size", `${CHUNKED}${"0".repeat(17)}\r\n`],
  ["bad-chunk-size", `${CHUNKED}fffffffffffffffff\r\n`],
  ["bare-cr", `${CHUNKED}1\ra`],
  ["bare-lf", `${CHUNKED}1\na\r\n0\r\n\r\n`],
  ["bare-lf", `${CHUNKED}1;a\na\r\n0\r\n\r\n`],
  ["bare-lf", `${CHUNKED}1\r\na\n0\r\n\r\n`],
  ["bare-cr", `${CHUNKED}1\r\na\rx`],
  ["bad-chunk-end", `${CHUNKED}1\r\nab\r\n0\r\n\r\n`],
  ["bad-chunk-extension", `${CHUNKED}1 \r\na\r\n0\r\n\r\n`],
  ["bad-chunk-extension", `${CHUNKED}1;\r\na\r\n0\r\n\r\n`],
  ["bad-chunk-extension", `${CHUNKED}1;a=\r\na\r\n0\r\n\r\n`],
  ["bad-chunk-extension", `${CHUNKED}1;a="b\r\na\r\n0\r\n\r\n`],
  ["bad-chunk-extension", `${CHUNKED}1;a="b"c\r\na\r\n0\r\n\r\n`],
  ["bad-chunk-extension", `${CHUNKED}1 a\r\na\r\n0\r\n\r\n`],
  ["bad-chunk-extension", `${CHUNKED}1;a\x00\r\na\r\n0\r\n\r\n`],
  ["chunk-extensions-too-large", `${CHUNKED}1;${"a".repeat(4_097)}\r\n`],
  ["chunk-extensions-too-large", `${CHUNKED}${`1;${"a".repeat(99)}\r\nx\r\n`.repeat(41)}`],
  ["bare-lf", `${CHUNKED}0\r\n\n`],
  ["bare-lf", `${CHUNKED}0\r\nA: b\n\r\n`],
  ["line-folding", `${CHUNKED}0\r\n A: b\r\n\r\n`],
  ["space-before-colon", `${CHUNKED}0\r\nA : b\r\n\r\n`],
  ["trailers-too-large", `${CHUNKED}0\r\nA: ${"b".repeat(16_384)}\r\n\r\n`],
];

describe("requests that are refused", () => {
  it.each(
    REFUSED.map(([code, text], index) => ({
      code,
      text,
      index,
      shown: JSON.stringify(text.slice(0, 90)),
    })),
  )("$code: $shown", ({ code, text }) => expectRefused(text, code));

  it("has a row for every error that a request can have, but the sizes and closed-early", () => {
    const rows = new Set(REFUSED.map(([code]) => code));
    const elsewhere = new Set<string>([
      "target-too-long",
      "head-too-large",
      "too-many-fields",
      "closed-early",
      "bad-status-line",
      "too-many-informational",
      "unexpected-upgrade",
    ]);
    const codes = Object.keys(HTTP1_ERRORS) as Http1ErrorCode[];
    expect(codes.filter((code) => !rows.has(code) && !elsewhere.has(code))).toEqual([]);
  });
});

describe("requests that are odd and taken", () => {
  it.each([
    "GET / HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
    "get / HTTP/1.1\r\nHost:\r\n\r\n",
    "M!#$%&'*+-.^_`|~1 / HTTP/1.1\r\nHost: a\r\n\r\n",
    target('/"<>\\^`{|}?%zz'),
    target("/\xe4\xff"),
    target("//a//b??"),
    target("http://[::ffff:1.2.3.4]:80?x"),
    target("https://a:/"),
    target("http://a", "OPTIONS"),
    host("[::1]:8080"),
    host("a_b.c-d:"),
    host("%41"),
    host("a,b"),
    field("A: \x80\xff"),
    field("A:"),
    field("A: \t "),
    field("Connection:"),
    field("Connection: ,,a b,"),
    field("Keep-Alive: timeout=x, timeout=99999999999999999999"),
    field("Transfer: chunked\r\nContent-Len: 9"),
    post("Content-Length: 000"),
    post("Transfer-Encoding:  chunked\t\r\nTrailer: x").concat("0\r\n\r\n"),
    `${CHUNKED}0000000000000001;a ; b="\\\x80" ;c\t=\td\r\na\r\n000\r\n\r\n`,
    `${CHUNKED}0\r\nA:\r\nA: b\r\n\r\n`,
  ])("%j", (text) => expectTaken(text));
});

describe("limits", () => {
  const limits: Http1Limits = {
    headBytesMax: 200,
    targetBytesMax: 100,
    fieldCountMax: 4,
    chunkExtensionBytesMax: 4,
    trailerBytesMax: 20,
    informationalMax: 1,
  };

  it("bounds the target", () => {
    expectTaken(target(`/${"a".repeat(99)}`), limits);
    expectRefused(target(`/${"a".repeat(100)}`), "target-too-long", limits);
    expectRefused(target(`/${"a".repeat(400)}`), "target-too-long", limits);
    expectRefused(`GET /${"a".repeat(400)}`, "target-too-long", limits);
  });

  it("bounds the head, to the byte", () => {
    const sized = (byteCount: number): string => {
      const rest = field("A: ").length;
      return field(`A: ${"b".repeat(byteCount - rest)}`);
    };
    expect(sized(200)).toHaveLength(200);
    expectTaken(sized(200), limits);
    expectRefused(sized(201), "head-too-large", limits);
    expectRefused(sized(2_000), "head-too-large", limits);
    expectRefused(sized(2_000).trimEnd(), "head-too-large", limits);
  });

  it("bounds the number of fields, in heads and in trailers", () => {
    expectTaken(field("A:\r\nA:\r\nA:"), limits);
    expectRefused(field("A:\r\nA:\r\nA:\r\nA:"), "too-many-fields", limits);
    expectRefused(`${CHUNKED}0\r\n${"A:\r\n".repeat(5)}\r\n`, "too-many-fields", {
      ...limits,
      trailerBytesMax: 100,
    });
  });

  it("bounds trailers and chunk extensions", () => {
    expectTaken(`${CHUNKED}0\r\nA: ${"b".repeat(13)}\r\n\r\n`, limits);
    expectRefused(`${CHUNKED}0\r\nA: ${"b".repeat(14)}\r\n\r\n`, "trailers-too-large", limits);
    expectTaken(`${CHUNKED}0;abc\r\n\r\n`, limits);
    expectRefused(`${CHUNKED}0;abcd\r\n\r\n`, "chunk-extensions-too-large", limits);
  });

  it("takes as many names in Connection as are allowed", () => {
    expectTaken(field(`Connection: close, te, ${"a,".repeat(32)}`));
  });
});
