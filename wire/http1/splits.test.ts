/**
 * The network cuts where it likes: the same bytes must tell the same story whole, byte by byte and
 * at any cuts, and no bytes at all may make a decoder throw or grow.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DECODER_FAILED, type MessageDecoder, RequestDecoder, ResponseDecoder } from "./decoder.ts";
import { DEFAULT_HTTP1_LIMITS, type Http1Limits } from "./limits.ts";
import { METHOD_GET } from "./method.ts";
import { ascii, everyCut, feed, RecordingSink } from "./recording-sink.ts";

const SEED = 20_260_101;

const LIMITS: Http1Limits = {
  headBytesMax: 400,
  targetBytesMax: 80,
  fieldCountMax: 12,
  chunkExtensionBytesMax: 16,
  trailerBytesMax: 60,
  informationalMax: 2,
};

type Side = "request" | "response";

function decodeAt(side: Side, bytes: Uint8Array, cuts: readonly number[], limits = LIMITS) {
  const sink = new RecordingSink();
  let decoder: MessageDecoder;
  if (side === "request") {
    decoder = new RequestDecoder(sink, limits);
  } else {
    const responses = new ResponseDecoder(sink, limits);
    responses.expect(METHOD_GET, true);
    decoder = responses;
  }
  feed(decoder, bytes, cuts);
  const state = decoder.state;
  decoder.finish();
  return { events: sink.events, state, decoder, sink };
}

/** Bits of messages, right and wrong, that random strings of bytes would never hit. */
const PIECES = [
  "GET / HTTP/1.1\r\n",
  "POST /a?b HTTP/1.1\r\n",
  "CONNECT a:1 HTTP/1.1\r\n",
  "HTTP/1.1 200 OK\r\n",
  "HTTP/1.1 100 Continue\r\n\r\n",
  "HTTP/1.1 101 Up\r\n",
  "HTTP/1.0 304\r\n",
  "Host: a\r\n",
  "Content-Length: 3\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Connection: close, x\r\n",
  "X: y\r\n",
  "Upgrade: z\r\n",
  `Long: ${"l".repeat(120)}\r\n`,
  "\r\n",
  "abc",
  "3\r\nabc\r\n",
  "1;a=b\r\nc\r\n",
  "0\r\n",
  "0\r\n\r\n",
  "\r",
  "\n",
  " ",
  ":",
  "\x00",
  "\xff",
] as const;

const message = fc
  .array(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...PIECES) }, fc.string({ maxLength: 4 })),
    {
      maxLength: 14,
    },
  )
  .map((pieces) => ascii(pieces.map((piece) => piece.replace(/[^\0-\xff]/g, "?")).join("")));

/** Mostly whole and well-formed, so that bodies and trailers are reached too. */
const goodMessage = fc
  .record({
    head: fc.constantFrom("POST /p HTTP/1.1\r\nHost: a\r\n", "HTTP/1.1 200 OK\r\n"),
    fields: fc.array(fc.constantFrom("X: y\r\n", "Connection: x\r\n", "Upgrade: z\r\n"), {
      maxLength: 4,
    }),
    body: fc.oneof(
      fc.constant("Content-Length: 3\r\n\r\nabc"),
      fc.constant("\r\n"),
      fc
        .record({
          chunks: fc.array(fc.constantFrom("1\r\na\r\n", "2;x\r\nab\r\n", "0a\r\n0123456789\r\n")),
          trailers: fc.constantFrom("", "T: 1\r\n", "Host: b\r\nT: 2\r\n"),
        })
        .map(({ chunks, trailers }) => {
          const framing = "Transfer-Encoding: chunked\r\n\r\n";
          return `${framing}${chunks.join("")}0\r\n${trailers}\r\n`;
        }),
    ),
  })
  .map(({ head, fields, body }) => head + fields.join("") + body);

const stream = fc.oneof(
  message,
  fc.array(goodMessage, { minLength: 1, maxLength: 4 }).map((all) => ascii(all.join(""))),
  fc.uint8Array({ maxLength: 300 }),
);

const sides = fc.constantFrom<Side>("request", "response");

describe("decoding in pieces", () => {
  it("tells the same whole, byte by byte and at random cuts", () => {
    fc.assert(
      fc.property(sides, stream, fc.array(fc.nat(600), { maxLength: 12 }), (side, bytes, at) => {
        const whole = decodeAt(side, bytes, []);
        const cuts = [...new Set(at.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
        const pieces = decodeAt(side, bytes, cuts);
        expect(pieces.events).toEqual(whole.events);
        expect(pieces.state).toBe(whole.state);
        const single = decodeAt(side, bytes, everyCut(bytes.length));
        expect(single.events).toEqual(whole.events);
        expect(single.state).toBe(whole.state);
      }),
      { seed: SEED, numRuns: 3_000 },
    );
  });

  it("stays silent after an error", () => {
    fc.assert(
      fc.property(sides, stream, stream, (side, bytes, more) => {
        const { sink, decoder } = decodeAt(side, bytes, []);
        if (decoder.state !== DECODER_FAILED) return;
        const told = sink.events.length;
        expect(sink.events.filter((event) => event.kind === "error")).toHaveLength(1);
        expect(decoder.consume(more, 0, more.length)).toBe(0);
        decoder.next();
        decoder.finish();
        expect(sink.events).toHaveLength(told);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});

describe("hostile streams", () => {
  it("never holds more than its limits, whatever arrives", () => {
    fc.assert(
      fc.property(sides, fc.constantFrom(...PIECES), fc.nat(3), (side, piece, lead) => {
        const start = PIECES.slice(0, lead).join("");
        const bytes = ascii(start + piece.repeat(2_000));
        const { decoder } = decodeAt(side, bytes, everyCut(bytes.length).slice(0, 3_000));
        expect(decoder.head.storage.length).toBeLessThanOrEqual(LIMITS.headBytesMax + 256);
        expect(decoder.head.kinds.length).toBeLessThanOrEqual(2 * LIMITS.fieldCountMax);
      }),
      { seed: SEED, numRuns: 150 },
    );
  });

  it("does a fixed amount of work per byte, however slowly a head comes", () => {
    // Quadratic work would take some four seconds here; linear work takes milliseconds.
    const bytes = ascii(
      `GET / HTTP/1.1\r\nHost: a\r\n${"X: y\r\n".repeat(400)}${"z".repeat(60_000)}`,
    );
    const sink = new RecordingSink();
    const decoder = new RequestDecoder(sink, DEFAULT_HTTP1_LIMITS);
    const started = process.cpuUsage();
    for (let at = 0; at < bytes.length; at++) decoder.consume(bytes, at, at + 1);
    const usedMs = process.cpuUsage(started).user / 1000;
    expect(sink.events).toEqual([]);
    expect(usedMs).toBeLessThan(500);
  });
});
