import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RequestDecoder } from "../../wire/http1/decoder.ts";
import type { Head } from "../../wire/http1/head.ts";
import { DEFAULT_HTTP1_LIMITS } from "../../wire/http1/limits.ts";
import { ascii, RecordingSink } from "../../wire/http1/recording-sink.ts";
import { type Downstream, Exchange, OUTBOUND } from "./exchange.ts";
import { copyExchange } from "./exchange-copy.ts";
import { KeptBody } from "./kept-body.ts";

class Taken {
  text = "";

  body(bytes: Uint8Array, start: number, end: number): boolean {
    this.text += Buffer.from(bytes.subarray(start, end)).toString("latin1");
    return true;
  }
}

function kept(limitBytes: number, expectedBytes = -1): KeptBody {
  const made = new KeptBody();
  made.begin(limitBytes, expectedBytes);
  return made;
}

function add(body: KeptBody, text: string): void {
  const bytes = ascii(`<<${text}>>`);
  body.add(bytes, 2, bytes.length - 2);
  // What was lent is gone after the call.
  bytes.fill(0);
}

function replay(body: KeptBody): string {
  const taken = new Taken();
  body.replayTo(taken);
  return taken.text;
}

describe("a kept body", () => {
  it("gives back what came, as often as it is asked", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary-ascii", maxLength: 900 })), (pieces) => {
        const body = kept(1 << 20);
        for (const piece of pieces) add(body, piece);
        expect(replay(body)).toBe(pieces.join(""));
        expect(replay(body)).toBe(pieces.join(""));
        expect(body.length).toBe(pieces.join("").length);
      }),
    );
  });

  it("is let go when it outgrows its limit, and tells", () => {
    const body = kept(10);
    let told = 0;
    body.watch({ bodySettled: () => (told += 1) });
    add(body, "0123456789");
    expect(body.hasOverflowed).toBe(false);
    add(body, "x");
    expect(body.hasOverflowed).toBe(true);
    expect(told).toBe(1);
    body.end();
    expect(body.isWhole).toBe(false);
    expect(body.length).toBe(0);
    expect(told).toBe(1);
  });

  it("keeps nothing of what is announced to be too long", () => {
    const body = kept(10, 11);
    expect(body.hasOverflowed).toBe(true);
    body.raise(11);
    expect(body.hasOverflowed).toBe(false);
    add(body, "abc");
    expect(body.length).toBe(3);
  });

  it("does not take a part for the whole when its limit is raised too late", () => {
    const body = kept(3, 8);
    add(body, "abcd");
    body.raise(100);
    add(body, "efgh");
    body.end();
    expect(body).toMatchObject({ hasOverflowed: true, isWhole: false });
    expect(replay(body)).toBe("");
  });

  it("is not let go between two tries", () => {
    const body = kept(10);
    add(body, "01234567");
    body.pin();
    add(body, "89abcdef");
    expect(replay(body)).toBe("0123456789abcdef");
    expect(body.hasOverflowed).toBe(true);
  });

  it("forgets everything when it is cleared", () => {
    const body = kept(10);
    add(body, "secret");
    body.end();
    body.begin(10, -1);
    expect(body.isWhole).toBe(false);
    expect(replay(body)).toBe("");
  });

  it("is copied with its bytes", () => {
    const body = kept(10);
    add(body, "abc");
    body.end();
    const copy = body.copy();
    body.clear();
    expect(copy.isWhole).toBe(true);
    expect(replay(copy)).toBe("abc");
  });

  it("fits a smaller limit of another's only while it is that small", () => {
    const body = kept(100);
    add(body, "01234567");
    expect(body.fits(8)).toBe(true);
    expect(body.fits(7)).toBe(false);
  });
});

describe("an exchange", () => {
  const NOBODY = {} as Downstream; // Never called here.

  function exchangeOf(text: string): Exchange {
    const decoder = new RequestDecoder(new RecordingSink(), DEFAULT_HTTP1_LIMITS);
    const bytes = ascii(text);
    decoder.consume(bytes, 0, bytes.length);
    const exchange = new Exchange(NOBODY, decoder.head);
    exchange.begin(OUTBOUND, 0);
    return exchange;
  }

  it("keeps no body where there is none", () => {
    expect(exchangeOf("GET / HTTP/1.1\r\nHost: a\r\n\r\n").keepBody(10)).toBe(null);
  });

  it("keeps also what had come before it was asked to", () => {
    const exchange = exchangeOf("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
    const bytes = ascii("012345678");
    exchange.held.add(bytes, 0, 9);
    exchange.requestEnded = true;
    const body = exchange.keepBody(10);
    expect(body?.isWhole).toBe(true);
    expect(exchange.keepBody(20)).toBe(body);
    const taken = new Taken();
    const upstream = Object.assign(taken, { trailers() {}, end() {}, cancel() {} });
    exchange.flushBodyTo({ ...upstream, body: taken.body.bind(taken), discard() {}, resume() {} });
    expect(taken.text).toBe("012345678");
    expect(exchange.held.length).toBe(0);
  });

  it("begins the next request without the last one's body", () => {
    const exchange = exchangeOf("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
    const bytes = ascii("abc");
    exchange.keepBody(10)?.add(bytes, 0, 3);
    exchange.begin(OUTBOUND, 0);
    expect(exchange.kept).toBe(null);
    expect(exchange.keepBody(10)?.length).toBe(0);
  });

  it("is copied with a head of its own", () => {
    const first = exchangeOf("GET /a?b HTTP/1.1\r\nHost: web\r\nX: y\r\n\r\n");
    const texts = (head: Head) => [head.methodText(), head.targetText(), head.authorityText()];
    const before = texts(first.head);
    const copy = copyExchange(first, NOBODY, null, 5);
    first.head.bytes.fill(0);
    expect(texts(copy.head)).toEqual(before);
    expect(copy.head.valueText(1)).toBe("y");
    expect(copy.head.fieldCount).toBe(2);
    expect(copy.requestEnded).toBe(true);
  });
});
