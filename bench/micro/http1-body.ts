/** What chunked bodies and outgoing heads cost per message. */
import { ByteWriter } from "../../wire/http1/byte-writer.ts";
import { type DecoderSink, RequestDecoder } from "../../wire/http1/decoder.ts";
import { HeadEdits, writeRequestHead } from "../../wire/http1/forward.ts";
import type { Head } from "../../wire/http1/head.ts";
import { DEFAULT_HTTP1_LIMITS } from "../../wire/http1/limits.ts";
import { runMicroBench, type Subject } from "./harness.ts";

const CHUNKED_HEAD = "POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n";

class CountingSink implements DecoderSink {
  total = 0;

  onHead(_head: Head): void {}

  onBody(_bytes: Uint8Array, start: number, end: number): void {
    this.total += end - start;
  }

  onTrailers(): void {}

  onEnd(): void {}

  onError(): void {
    this.total = Number.NaN;
  }
}

function chunkedSubject(chunkCount: number, chunkBytes: number): Subject {
  const chunk = `${chunkBytes.toString(16)}\r\n${"x".repeat(chunkBytes)}\r\n`;
  const bytes = new Uint8Array(Buffer.from(`${CHUNKED_HEAD}${chunk.repeat(chunkCount)}0\r\n\r\n`));
  const sink = new CountingSink();
  const decoder = new RequestDecoder(sink, DEFAULT_HTTP1_LIMITS);
  const run = (times: number): number => {
    sink.total = 0;
    for (let count = 0; count < times; count++) {
      decoder.consume(bytes, 0, bytes.length);
      decoder.next();
    }
    return sink.total;
  };
  return { name: `chunked request, ${chunkCount} chunks of ${chunkBytes} bytes`, run };
}

function forwardSubject(name: string, text: string, edits: HeadEdits): Subject {
  const bytes = new Uint8Array(Buffer.from(text));
  const decoder = new RequestDecoder(new CountingSink(), DEFAULT_HTTP1_LIMITS);
  decoder.consume(bytes, 0, bytes.length);
  const { head } = decoder;
  const writer = new ByteWriter();
  const run = (times: number): number => {
    let total = 0;
    for (let count = 0; count < times; count++) {
      writer.reset();
      writeRequestHead(writer, head, edits);
      total += writer.length;
    }
    return total;
  };
  return { name: `forward ${name}, ${bytes.length} bytes`, run };
}

const FIELDS = "User-Agent: wrk/4.1.0\r\nAccept: */*\r\nX-Request-Id: 0123456789abcdef\r\n";
const LINE = "GET /catalog/items/42?full=1 HTTP/1.1\r\nHost: web.shop.svc.cluster.local\r\n";

const withLines = new HeadEdits();
withLines.lines = new Uint8Array(Buffer.from("heddle-attempt: 1\r\n"));
withLines.dropHeddle = true;

runMicroBench([
  chunkedSubject(1, 100),
  chunkedSubject(100, 100),
  chunkedSubject(1, 60_000),
  forwardSubject("a head as it is", `${LINE}${FIELDS}\r\n`, new HeadEdits()),
  forwardSubject(
    "a head without Connection",
    `${LINE}Connection: keep-alive\r\n${FIELDS}\r\n`,
    withLines,
  ),
]);
