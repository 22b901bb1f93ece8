import { describe, expect, it } from "vitest";
import {
  DECODER_BODY,
  DECODER_DONE,
  DECODER_FAILED,
  DECODER_HEAD,
  DECODER_IDLE,
  DECODER_TUNNEL,
  type DecoderSink,
  RequestDecoder,
  ResponseDecoder,
} from "./decoder.ts";
import { FIELD_LISTED, FieldName, HOST } from "./field-name.ts";
import type { Head } from "./head.ts";
import * as bits from "./head.ts";
import { DEFAULT_HTTP1_LIMITS } from "./limits.ts";
import { METHOD_CONNECT, METHOD_GET, METHOD_HEAD } from "./method.ts";
import { ascii, feed, RecordingSink } from "./recording-sink.ts";

function decodeRequests(text: string): RecordingSink {
  const sink = new RecordingSink();
  feed(new RequestDecoder(sink, DEFAULT_HTTP1_LIMITS), ascii(text));
  return sink;
}

/** The fields that Connection names. */
function listed(head: Head): string[] {
  const names = [];
  for (let index = 0; index < head.fieldCount; index++) {
    if (head.kinds[index] === FIELD_LISTED) names.push(head.nameText(index));
  }
  return names;
}

function decodeResponses(text: string, methodCode = METHOD_GET, upgradeAsked = false) {
  const sink = new RecordingSink();
  const decoder = new ResponseDecoder(sink, DEFAULT_HTTP1_LIMITS);
  decoder.expect(methodCode, upgradeAsked);
  feed(decoder, ascii(text));
  return { sink, decoder };
}

/** Keeps the head object of the last message; the bytes are kept too. */
class KeepingSink extends RecordingSink {
  head: Head | undefined;

  override onHead(head: Head): void {
    super.onHead(head);
    head.keep();
    this.head = head;
  }
}

function requestHead(text: string): Head {
  const sink = new KeepingSink();
  feed(new RequestDecoder(sink, DEFAULT_HTTP1_LIMITS), ascii(text));
  expect(sink.errorCode).toBeUndefined();
  return sink.head!;
}

function responseHead(text: string, methodCode = METHOD_GET, upgradeAsked = false): Head {
  const sink = new KeepingSink();
  const decoder = new ResponseDecoder(sink, DEFAULT_HTTP1_LIMITS);
  decoder.expect(methodCode, upgradeAsked);
  feed(decoder, ascii(text), [], () => {});
  expect(sink.errorCode).toBeUndefined();
  return sink.head!;
}

describe("RequestDecoder: heads", () => {
  it("gives method, target, path, version and fields", () => {
    const head = requestHead(
      "POST /a/b?c=d?e HTTP/1.1\r\nHost: x:80\r\nA:  b\t c \t\r\nE:\r\n\r\n",
    );
    expect(head.methodText()).toBe("POST");
    expect(head.targetText()).toBe("/a/b?c=d?e");
    expect(head.pathText()).toBe("/a/b");
    expect(head.versionMinor).toBe(1);
    expect(head.fieldCount).toBe(3);
    expect(head.nameText(1)).toBe("A");
    expect(head.valueText(1)).toBe("b\t c");
    expect(head.valueText(2)).toBe("");
    expect(head.authorityText()).toBe("x:80");
    expect(head.keepAlive).toBe(true);
    expect(head.flags & bits.HEAD_HOP_BY_HOP).toBe(0);
    expect(head.bodyKind).toBe(bits.BODY_NONE);
  });

  it("finds fields in any case, from an index on", () => {
    const head = requestHead("GET / HTTP/1.1\r\nhOST: x\r\nX-A: 1\r\nx-a: 2\r\nX-AB: 3\r\n\r\n");
    const name = new FieldName("X-a");
    expect(head.find(HOST)).toBe(0);
    expect(head.find(name)).toBe(1);
    expect(head.find(name, 2)).toBe(2);
    expect(head.find(name, 3)).toBe(-1);
    expect(head.textOf(new FieldName("x-ab"))).toBe("3");
    expect(head.textOf(new FieldName("x-abc"))).toBeUndefined();
  });

  it("takes absolute-form apart; its authority wins over Host", () => {
    const head = requestHead("GET http://a.b:81/p?q HTTP/1.1\r\nHost: other\r\n\r\n");
    expect(head.targetForm).toBe(bits.TARGET_ABSOLUTE);
    expect(head.authorityText()).toBe("a.b:81");
    expect(head.pathText()).toBe("/p");
    expect(requestHead("GET HTTP://a?q HTTP/1.1\r\nHost: a\r\n\r\n").pathText()).toBe("/");
  });

  it("takes asterisk-form for OPTIONS", () => {
    const head = requestHead("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(head.targetForm).toBe(bits.TARGET_ASTERISK);
  });

  it("reads Connection, Keep-Alive, TE, Upgrade and Expect", () => {
    const head = requestHead(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, , x-mine ,TE\r\nUpgrade: websocket\r\n" +
        "TE: deflate;q=0.5, trailers\r\nX-Mine: 1\r\nX-Other: 1\r\nExpect: 100-Continue\r\n" +
        "Keep-Alive: max=5, timeout=17\r\nHeddle-Error: x\r\nProxy-Connection: close\r\n\r\n",
    );
    expect(head.upgrade).toBe(true);
    expect(head.flags & bits.HEAD_TE_TRAILERS).not.toBe(0);
    expect(head.expectContinue).toBe(true);
    expect(head.keepAliveTimeoutS).toBe(17);
    expect(head.hasHeddle).toBe(true);
    expect(head.flags & bits.HEAD_HOP_BY_HOP).not.toBe(0);
    expect(listed(head)).toEqual(["X-Mine"]);
  });

  it("never lets Connection end Host or Content-Length at this hop", () => {
    const head = requestHead(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: host, content-length\r\n\r\n",
    );
    expect(listed(head)).toEqual([]);
  });

  it("does not take h2c for an upgrade, which would carry requests past every rule", () => {
    const upgrade = "Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: x\r\n";
    const head = requestHead(`GET / HTTP/1.1\r\nHost: a\r\n${upgrade}Upgrade: a, h2c\r\n\r\n`);
    expect(head.upgrade).toBe(false);
    expect(listed(head)).toEqual(["HTTP2-Settings"]);
  });

  it("keeps a connection by version and Connection", () => {
    const keeps = (version: string, connection: string): boolean =>
      requestHead(`GET / HTTP/${version}\r\nHost: a\r\n${connection}\r\n`).keepAlive;
    expect(keeps("1.1", "")).toBe(true);
    expect(keeps("1.1", "Connection: close\r\n")).toBe(false);
    expect(keeps("1.1", "Connection: x\r\nConnection: a, CLOSE\r\n")).toBe(false);
    expect(keeps("1.0", "")).toBe(false);
    expect(keeps("1.0", "Connection: Keep-Alive\r\n")).toBe(true);
    expect(keeps("1.0", "Connection: keep-alive, close\r\n")).toBe(false);
    expect(keeps("1.2", "")).toBe(true);
  });

  it("grows its table for many fields", () => {
    const lines = Array.from({ length: 400 }, (_, index) => `X-${index}: ${index}\r\n`).join("");
    const head = requestHead(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`);
    expect(head.fieldCount).toBe(401);
    expect(head.textOf(new FieldName("x-399"))).toBe("399");
  });
});

describe("RequestDecoder: messages", () => {
  it("delivers a body of known length, and stops at its end", () => {
    const bytes = ascii("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET");
    const sink = new RecordingSink();
    const decoder = new RequestDecoder(sink, DEFAULT_HTTP1_LIMITS);
    expect(decoder.state).toBe(DECODER_IDLE);
    expect(decoder.consume(bytes, 0, bytes.length)).toBe(bytes.length - 3);
    expect(decoder.state).toBe(DECODER_DONE);
    expect(decoder.consume(bytes, bytes.length - 3, bytes.length)).toBe(bytes.length - 3);
    expect(sink.bodyText).toBe("abc");
    expect(sink.endCount).toBe(1);
    decoder.next();
    expect(decoder.consume(bytes, bytes.length - 3, bytes.length)).toBe(bytes.length);
    expect(decoder.state).toBe(DECODER_HEAD);
  });

  it("delivers chunked bodies with extensions and trailers", () => {
    const sink = decodeRequests(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n" +
        '4;a;b=c ;d="e\\";"\r\n' +
        "wiki\r\n00A\r\n0123456789\r\n0;last\r\n" +
        "X-Sum: 7\r\nContent-Length: 9\r\nheddle-x: 1\r\n\r\n",
    );
    expect(sink.bodyText).toBe("wiki0123456789");
    expect(sink.events.slice(-2)).toEqual([
      { kind: "trailers", fields: ["X-Sum: 7"], flags: bits.HEAD_TRAILERS_DROPPED },
      { kind: "end" },
    ]);
  });

  it("tells no trailers when there are none", () => {
    const head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const sink = decodeRequests(`${head}0\r\n\r\n${head}1\r\na\r\n0\r\n\r\n`);
    expect(sink.events.map((event) => event.kind)).toEqual(["head", "end", "head", "body", "end"]);
  });

  it("decodes pipelined requests one by one, with empty lines before them", () => {
    const one = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
    const sink = decodeRequests(`\r\n\r\n${one}\r\n${one}${one}`);
    expect(sink.heads.map((head) => head.line)).toEqual(Array(3).fill("GET /1 1.1"));
    expect(sink.endCount).toBe(3);
  });

  it("hands a tunnel's bytes back to its caller", () => {
    const bytes = ascii("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n\x16\x03");
    const sink = new RecordingSink();
    const decoder = new RequestDecoder(sink, DEFAULT_HTTP1_LIMITS);
    expect(decoder.consume(bytes, 0, bytes.length)).toBe(bytes.length - 2);
    expect(decoder.state).toBe(DECODER_TUNNEL);
    expect(sink.events.map((event) => event.kind)).toEqual(["head"]);
    expect(decoder.head.bodyKind).toBe(bits.BODY_TUNNEL);
    expect(decoder.head.authorityText()).toBe("a:443");
    decoder.finish();
    expect(sink.errorCode).toBeUndefined();
  });

  it("calls an end inside a message early, and one between messages none", () => {
    const whole =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
    for (let length = 0; length <= whole.length; length++) {
      const sink = new RecordingSink();
      const decoder = new RequestDecoder(sink, DEFAULT_HTTP1_LIMITS);
      feed(decoder, ascii(whole.slice(0, length)));
      decoder.finish();
      const early = length > 0 && length < whole.length;
      expect(sink.errorCode, `after ${length} bytes`).toBe(early ? "closed-early" : undefined);
    }
  });

  it("tells nothing after stop(), even from inside a callback", () => {
    const head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const text = `${head}1\r\na\r\n1\r\nb\r\n0\r\nX: y\r\n\r\n`;
    for (const when of ["onHead", "onBody", "onTrailers"] as const) {
      const told: string[] = [];
      const stopAt = (event: keyof DecoderSink) => (): void => {
        told.push(event);
        if (event === when) decoder.stop();
      };
      const sink: DecoderSink = {
        onHead: stopAt("onHead"),
        onBody: stopAt("onBody"),
        onTrailers: stopAt("onTrailers"),
        onEnd: stopAt("onEnd"),
        onError: stopAt("onError"),
      };
      const decoder: RequestDecoder = new RequestDecoder(sink, DEFAULT_HTTP1_LIMITS);
      feed(decoder, ascii(text));
      expect(told.at(-1)).toBe(when);
      expect(decoder.state).toBe(DECODER_FAILED);
    }
  });

  it("keeps a head valid after its bytes are gone, if asked", () => {
    const head = requestHead("GET http://h:1/p HTTP/1.1\r\nHost: h\r\nX-A: 1\r\n\r\n");
    expect(head.targetText()).toBe("http://h:1/p");
    expect(head.authorityText()).toBe("h:1");
    expect(head.textOf(new FieldName("x-a"))).toBe("1");
  });

  it("does not keep a large buffer for the next message", () => {
    const sink = new KeepingSink();
    const decoder = new RequestDecoder(sink, DEFAULT_HTTP1_LIMITS);
    feed(decoder, ascii(`GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(50_000)}\r\n\r\n`), [20]);
    expect(decoder.head.storage.length).toBeGreaterThan(50_000);
    decoder.next();
    feed(decoder, ascii("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    expect(decoder.head.storage.length).toBeLessThan(5_000);
  });
});

describe("ResponseDecoder", () => {
  it("frames by status, method and fields", () => {
    const kind = (text: string, method = METHOD_GET): number =>
      responseHead(`HTTP/1.1 ${text}\r\n\r\n`, method).bodyKind;
    expect(kind("200 OK\r\nContent-Length: 0")).toBe(bits.BODY_LENGTH);
    expect(kind("200 OK\r\nTransfer-Encoding: chunked")).toBe(bits.BODY_CHUNKED);
    expect(kind("200 OK")).toBe(bits.BODY_UNTIL_CLOSE);
    expect(kind("204 No Content")).toBe(bits.BODY_NONE);
    expect(kind("204 No Content\r\nTransfer-Encoding: chunked")).toBe(bits.BODY_NONE);
    expect(kind("304 Not Modified\r\nContent-Length: 9")).toBe(bits.BODY_NONE);
    expect(kind("200 OK\r\nContent-Length: 9", METHOD_HEAD)).toBe(bits.BODY_NONE);
    expect(kind("200 OK\r\nTransfer-Encoding: chunked", METHOD_CONNECT)).toBe(bits.BODY_TUNNEL);
    expect(kind("407 No\r\nContent-Length: 0", METHOD_CONNECT)).toBe(bits.BODY_LENGTH);
  });

  it("ends a body with its connection, and does not reuse that", () => {
    const { sink, decoder } = decodeResponses("HTTP/1.1 200 OK\r\n\r\nabc");
    expect(decoder.state).toBe(DECODER_BODY);
    expect(decoder.head.keepAlive).toBe(false);
    decoder.finish();
    expect(sink.bodyText).toBe("abc");
    expect(sink.endCount).toBe(1);
  });

  it("takes a missing reason, and an unknown status", () => {
    expect(responseHead("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n").reasonText()).toBe("");
    expect(responseHead("HTTP/1.0 299 a b\r\nContent-Length: 0\r\n\r\n").reasonText()).toBe("a b");
    expect(responseHead("HTTP/1.1 599 \r\nContent-Length: 0\r\n\r\n").status).toBe(599);
  });

  it("delivers informational heads before the final one, up to a limit", () => {
    const early = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
    const final = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na";
    const { sink } = decodeResponses(`HTTP/1.1 100 Continue\r\n\r\n${early}${final}`);
    expect(sink.heads.map((head) => head.line)).toEqual([
      "100 Continue 1.1",
      "103 Early Hints 1.1",
      "200 OK 1.1",
    ]);
    expect(decodeResponses(early.repeat(8) + final).sink.errorCode).toBeUndefined();
    expect(decodeResponses(early.repeat(9) + final).sink.errorCode).toBe("too-many-informational");
  });

  it("switches protocols only when that was asked for", () => {
    const text = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nraw";
    const asked = decodeResponses(text, METHOD_GET, true);
    expect(asked.decoder.state).toBe(DECODER_TUNNEL);
    expect(asked.sink.heads).toHaveLength(1);
    expect(decodeResponses(text).sink.errorCode).toBe("unexpected-upgrade");
  });

  it("ignores framing fields where there can be no body", () => {
    const fields = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n";
    const { sink } = decodeResponses(`HTTP/1.1 204 No Content\r\n${fields}\r\n`);
    expect(sink.events.map((event) => event.kind)).toEqual(["head", "end"]);
  });

  it.each([
    [
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
      "ambiguous-length",
    ],
    [
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
      "duplicate-content-length",
    ],
    ["HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", "bad-content-length"],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "unsupported-coding"],
    ["HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "coding-in-old-version"],
    ["HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", "bare-lf"],
    ["HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "line-folding"],
    ["HTTP/1.1 20 OK\r\n\r\n", "bad-status-line"],
    ["HTTP/1.1 2000 OK\r\n\r\n", "bad-status-line"],
    ["HTTP/1.1 099 OK\r\n\r\n", "bad-status-line"],
    ["HTTP/1.1  200 OK\r\n\r\n", "bad-status-line"],
    ["HTTP/1.1 200 O\x00K\r\n\r\n", "bad-status-line"],
    ["HTTP/2.0 200 OK\r\n\r\n", "unsupported-version"],
    ["ICY 200 OK\r\n\r\n", "bad-status-line"],
    ["\r\nHTTP/1.1 200 OK\r\n\r\n", "bad-status-line"],
    ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "bad-status-line"],
  ])("refuses %j", (text, code) => {
    const { sink } = decodeResponses(text);
    expect(sink.events.at(-1)).toEqual({ kind: "error", code, status: 502 });
  });
});
