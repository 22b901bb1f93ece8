/**
 * How an answer's body is marked off on the caller's connection. Usually as the endpoint did it;
 * otherwise what the caller can read: a body that ends with the endpoint's connection is chunked
 * for HTTP/1.1, and one that is chunked ends with the connection for HTTP/1.0.
 */
import { ByteWriter } from "../../wire/http1/byte-writer.ts";
import {
  FRAMING_AS_IS,
  FRAMING_CHUNKED,
  FRAMING_UNTIL_CLOSE,
  HeadEdits,
  writeResponseHead,
} from "../../wire/http1/forward.ts";
import {
  BODY_CHUNKED,
  BODY_NONE,
  BODY_TUNNEL,
  BODY_UNTIL_CLOSE,
  type Head,
} from "../../wire/http1/head.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { Stream } from "../net/stream.ts";
import { writeChunk, writeLastChunk } from "./chunk.ts";
import { HEDDLE_RETRY_NO } from "./own-answers.ts";

/** Filled and used within one call. */
const EDITS = new HeadEdits();
const RETRY_NO = new ByteWriter(HEDDLE_RETRY_NO.length);
RETRY_NO.ascii(HEDDLE_RETRY_NO);

export class AnswerFraming {
  /** The body goes out in chunks, and the last one has not been written. */
  #chunked = false;

  /** Writes the head. True: the connection must end with this answer, whatever was meant. */
  begin(stream: Stream, exchange: Exchange, head: Head, close: boolean): boolean {
    const old = exchange.head.versionMinor === 0;
    const framing = framingOf(head, old);
    this.#chunked =
      head.bodyKind !== BODY_NONE &&
      (framing === FRAMING_CHUNKED ||
        (framing === FRAMING_AS_IS && head.bodyKind === BODY_CHUNKED));
    const ends = close || framing === FRAMING_UNTIL_CLOSE;
    EDITS.framing = framing;
    EDITS.dropHeddle = exchange.endpoint?.endpoint.proxied !== true;
    EDITS.upgrade = true;
    EDITS.close = ends && head.bodyKind !== BODY_TUNNEL;
    EDITS.keepAlive = old && !ends;
    const answer = exchange.route?.edits?.answer ?? null;
    if (answer === null && !exchange.retryForbidden) {
      writeResponseHead(stream.writer(), head, EDITS);
      return ends;
    }
    if (answer !== null) {
      EDITS.dropped = answer.dropped;
      EDITS.lines = answer.lines;
    }
    if (exchange.retryForbidden) EDITS.extra = RETRY_NO;
    writeResponseHead(stream.writer(), head, EDITS);
    EDITS.reset();
    return ends;
  }

  body(stream: Stream, bytes: Uint8Array, start: number, end: number): boolean {
    return this.#chunked ? writeChunk(stream, bytes, start, end) : stream.write(bytes, start, end);
  }

  trailers(stream: Stream, trailers: Head): void {
    this.#end(stream, trailers);
  }

  end(stream: Stream): void {
    this.#end(stream, null);
  }

  #end(stream: Stream, trailers: Head | null): void {
    if (!this.#chunked) return;
    this.#chunked = false;
    writeLastChunk(stream, trailers);
  }
}

function framingOf(head: Head, old: boolean): number {
  if (old && head.transferEncodingIndex >= 0) return FRAMING_UNTIL_CLOSE;
  if (head.bodyKind !== BODY_UNTIL_CLOSE) return FRAMING_AS_IS;
  return old ? FRAMING_UNTIL_CLOSE : FRAMING_CHUNKED;
}

/** An interim answer, as it came but for what ends at this hop. */
export function writeInformational(stream: Stream, exchange: Exchange, head: Head): void {
  EDITS.framing = FRAMING_AS_IS;
  EDITS.dropHeddle = exchange.endpoint?.endpoint.proxied !== true;
  EDITS.upgrade = false;
  EDITS.close = false;
  EDITS.keepAlive = false;
  writeResponseHead(stream.writer(), head, EDITS);
}
