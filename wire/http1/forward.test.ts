import { describe, expect, it } from "vitest";
import { ByteWriter } from "./byte-writer.ts";
import { RequestDecoder, ResponseDecoder } from "./decoder.ts";
import { FieldName } from "./field-name.ts";
import {
  FRAMING_CHUNKED,
  FRAMING_UNTIL_CLOSE,
  HeadEdits,
  writeRequestHead,
  writeResponseHead,
  writeTrailers,
} from "./forward.ts";
import type { Head } from "./head.ts";
import { DEFAULT_HTTP1_LIMITS } from "./limits.ts";
import { METHOD_GET } from "./method.ts";
import { ascii, feed, RecordingSink } from "./recording-sink.ts";

type Change = Partial<Omit<HeadEdits, "reset">>;

class WritingSink extends RecordingSink {
  readonly writer = new ByteWriter(16);
  readonly #edits = Object.assign(new HeadEdits(), {});
  readonly #write: typeof writeRequestHead;

  constructor(write: typeof writeRequestHead, change: Change) {
    super();
    this.#write = write;
    Object.assign(this.#edits, change);
  }

  override onHead(head: Head): void {
    this.#write(this.writer, head, this.#edits);
  }

  override onTrailers(trailers: Head): void {
    writeTrailers(this.writer, trailers);
  }

  get written(): string {
    expect(this.errorCode).toBeUndefined();
    return Buffer.from(this.writer.bytes.subarray(0, this.writer.length)).toString("latin1");
  }
}

function request(text: string, change: Change = {}): string {
  const sink = new WritingSink(writeRequestHead, change);
  feed(new RequestDecoder(sink, DEFAULT_HTTP1_LIMITS), ascii(text));
  return sink.written;
}

function response(text: string, change: Change = {}): string {
  const sink = new WritingSink(writeResponseHead, change);
  const decoder = new ResponseDecoder(sink, DEFAULT_HTTP1_LIMITS);
  decoder.expect(METHOD_GET, true);
  feed(decoder, ascii(text));
  return sink.written;
}

describe("writeRequestHead", () => {
  it("passes an ordinary head on as it came, byte for byte", () => {
    const text = "GET /a?b HTTP/1.1\r\nhOst: a\r\nX:  y \r\nX:\r\nVia: 1.1 z\r\n\r\n";
    expect(request(text)).toBe(text);
    const chunked = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect(request(chunked)).toBe(chunked);
    expect(request("GET / HTTP/1.1\r\nHost: a\r\nheddle-x: 1\r\n\r\n")).toContain("heddle-x: 1");
  });

  it("drops what ends at this hop", () => {
    const text =
      "GET / HTTP/1.1\r\nConnection: keep-alive, X-Mine\r\nHost: a\r\nKeep-Alive: timeout=5\r\n" +
      "X-Mine: 1\r\nA: b\r\nProxy-Connection: x\r\nUpgrade: websocket\r\nheddle-x: 1\r\n\r\n";
    expect(request(text, { dropHeddle: true })).toBe("GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n");
  });

  it("keeps TE: trailers, and nothing else of TE", () => {
    const text = "GET / HTTP/1.1\r\nHost: a\r\nTE: gzip, trailers\r\nConnection: TE\r\n\r\n";
    expect(request(text)).toBe(
      "GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\n\r\n",
    );
    const other = "GET / HTTP/1.1\r\nHost: a\r\nTE: gzip\r\nConnection: TE\r\n\r\n";
    expect(request(other)).toBe("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  });

  it("keeps an upgrade only when it is allowed", () => {
    const text =
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Key: x\r\n\r\n";
    const key = "Sec-WebSocket-Key: x\r\n";
    expect(request(text, { upgrade: true })).toBe(
      `GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n${key}Connection: upgrade\r\n\r\n`,
    );
    expect(request(text)).toBe(`GET / HTTP/1.1\r\nHost: a\r\n${key}\r\n`);
  });

  it("never forwards an upgrade to h2c", () => {
    const text =
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" +
      "HTTP2-Settings: x\r\n\r\n";
    expect(request(text, { upgrade: true })).toBe("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  });

  it("makes origin-form of absolute-form, with its authority as Host", () => {
    const line = (target: string, method = "GET"): string | undefined =>
      request(`${method} ${target} HTTP/1.1\r\nHost: b\r\nA: b\r\n\r\n`).split("\r\n", 1)[0];
    expect(request("GET http://a:81/p?q HTTP/1.1\r\nHost: evil\r\nA: b\r\n\r\n")).toBe(
      "GET /p?q HTTP/1.1\r\nA: b\r\nHost: a:81\r\n\r\n",
    );
    expect(line("http://a")).toBe("GET / HTTP/1.1");
    expect(line("http://a?q")).toBe("GET /?q HTTP/1.1");
    expect(line("http://a", "OPTIONS")).toBe("OPTIONS * HTTP/1.1");
    expect(line("http://a?q", "OPTIONS")).toBe("OPTIONS /?q HTTP/1.1");
    expect(line("*", "OPTIONS")).toBe("OPTIONS * HTTP/1.1");
    expect(line("http://a/", "LOCK")).toBe("LOCK / HTTP/1.1");
  });

  it("leaves absolute-form as it is where a proxy is to get it", () => {
    const text = "GET http://a:81/p?q HTTP/1.1\r\nHost: b\r\nA: b\r\n\r\n";
    expect(request(text, { absolute: true })).toBe(text);
    const old = "GET http://a:81/p?q HTTP/1.0\r\nHost: b\r\n\r\n";
    expect(request(old, { absolute: true })).toBe(old.replace("1.0", "1.1"));
    // Edits of a route are for a server, and go first.
    expect(request(text, { absolute: true, host: ascii("c") })).toBe(
      "GET /p?q HTTP/1.1\r\nA: b\r\nHost: c\r\n\r\n",
    );
    expect(request(text, { absolute: true, target: ascii("/t") })).toBe(
      "GET /t HTTP/1.1\r\nA: b\r\nHost: a:81\r\n\r\n",
    );
  });

  it("speaks HTTP/1.1 for whatever version came in, with the Host it is given", () => {
    expect(request("GET /p HTTP/1.0\r\nA: b\r\n\r\n", { host: ascii("web") })).toBe(
      "GET /p HTTP/1.1\r\nA: b\r\nHost: web\r\n\r\n",
    );
    expect(request("GET /p HTTP/1.0\r\n\r\n")).toBe("GET /p HTTP/1.1\r\n\r\n");
    expect(request("GET /p HTTP/1.7\r\nHost: a\r\n\r\n")).toBe(
      "GET /p HTTP/1.1\r\nHost: a\r\n\r\n",
    );
  });

  it("applies edits: lines, target, dropped names, framing, close", () => {
    const text = "PUT /p HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nA: b\r\nC: d\r\n\r\n";
    expect(
      request(text, {
        lines: ascii("X: 1\r\nY: 2\r\n"),
        target: ascii("/other"),
        host: ascii("h"),
        dropped: [new FieldName("a"), new FieldName("x-none")],
        framing: FRAMING_CHUNKED,
        close: true,
      }),
    ).toBe(
      "PUT /other HTTP/1.1\r\nC: d\r\nHost: h\r\nConnection: close\r\n" +
        "Transfer-Encoding: chunked\r\nX: 1\r\nY: 2\r\n\r\n",
    );
  });

  it("reads back as the same request", () => {
    const text =
      "POST http://a/p HTTP/1.1\r\nHost: b\r\nConnection: close, x\r\nX: 1\r\nTE: trailers\r\n" +
      "Content-Length: 0\r\n\r\n";
    const once = request(text);
    expect(request(once)).toBe(once);
  });
});

describe("writeResponseHead", () => {
  it("passes an ordinary head on as it came", () => {
    const text = "HTTP/1.1 200 Fine\r\nContent-Length: 0\r\nServer: x\r\n\r\n";
    expect(response(text)).toBe(text);
  });

  it("says HTTP/1.1 and gives a reason its space", () => {
    expect(response("HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n")).toBe(
      "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    );
    expect(response("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n")).toBe(
      "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
    );
  });

  it("drops what ends at this hop, and says whether the connection stays", () => {
    const text =
      "HTTP/1.1 200 OK\r\nConnection: close, A\r\nA: b\r\nKeep-Alive: timeout=5\r\n" +
      "Content-Length: 0\r\nheddle-unsent: 1\r\n\r\n";
    const rest = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
    expect(response(text, { dropHeddle: true })).toBe(`${rest}\r\n`);
    expect(response(text, { dropHeddle: true, close: true })).toBe(
      `${rest}Connection: close\r\n\r\n`,
    );
    expect(response(text, { dropHeddle: true, keepAlive: true })).toBe(
      `${rest}Connection: keep-alive\r\n\r\n`,
    );
  });

  it("frames a body anew", () => {
    const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n";
    expect(response(chunked)).toBe(chunked);
    expect(response(chunked, { framing: FRAMING_UNTIL_CLOSE })).toBe(
      "HTTP/1.1 200 OK\r\nA: b\r\nConnection: close\r\n\r\n",
    );
    expect(response("HTTP/1.1 200 OK\r\nA: b\r\n\r\n", { framing: FRAMING_CHUNKED })).toBe(
      "HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
  });

  it("forwards no framing where there is no body", () => {
    const fields = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n";
    expect(response(`HTTP/1.1 204 No Content\r\n${fields}`)).toBe(
      "HTTP/1.1 204 No Content\r\nA: b\r\n\r\n",
    );
    const head = "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n";
    expect(response(head)).toBe(head);
  });

  it("grants an upgrade", () => {
    const text = "HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    expect(response(text, { upgrade: true })).toBe(
      "HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    );
  });
});

describe("writeTrailers", () => {
  it("writes the last chunk and what was let through", () => {
    const sink = new WritingSink(() => {}, {});
    const head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const trailers = "Host: b\r\nA:  b \r\nSet-Cookie: c\r\nD:\r\n";
    feed(new RequestDecoder(sink, DEFAULT_HTTP1_LIMITS), ascii(`${head}0\r\n${trailers}\r\n`));
    expect(sink.written).toBe("0\r\nA:  b\r\nD:\r\n\r\n");
  });
});
