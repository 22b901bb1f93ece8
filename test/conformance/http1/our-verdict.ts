/** What our own codec takes a stream for, in the words of the two corpora. */
import {
  DECODER_DONE,
  DECODER_TUNNEL,
  type DecoderSink,
  RequestDecoder,
  ResponseDecoder,
} from "../../../wire/http1/decoder.ts";
import type { Head } from "../../../wire/http1/head.ts";
import type { Http1Error } from "../../../wire/http1/http1-error.ts";
import { DEFAULT_HTTP1_LIMITS } from "../../../wire/http1/limits.ts";
import { METHOD_GET } from "../../../wire/http1/method.ts";
import { MARKER } from "./request-corpus.ts";

class VerdictSink implements DecoderSink {
  readonly sizes: number[] = [];
  status = 0;
  target = "";
  keepAlive = true;
  size = 0;
  ended = false;
  error: Http1Error | undefined;

  onHead(head: Head): void {
    this.status = head.status;
    this.target = head.status === 0 ? head.targetText() : "";
    this.keepAlive = head.keepAlive;
    this.size = 0;
    this.ended = false;
  }

  onBody(_bytes: Uint8Array, start: number, end: number): void {
    this.size += end - start;
  }

  onTrailers(): void {}

  onEnd(): void {
    this.sizes.push(this.size);
    this.ended = true;
  }

  onError(error: Http1Error): void {
    this.error = error;
  }
}

/** Cut into pieces of `pieceBytes`; every size must give the same verdict. */
export function takesRequests(text: string, pieceBytes = Number.POSITIVE_INFINITY): string {
  const bytes = Uint8Array.from(Buffer.from(text + MARKER, "latin1"));
  const sink = new VerdictSink();
  const decoder = new RequestDecoder(sink, DEFAULT_HTTP1_LIMITS);
  let at = 0;
  while (at < bytes.length && sink.error === undefined && decoder.state !== DECODER_TUNNEL) {
    at = decoder.consume(bytes, at, Math.min(bytes.length, at + pieceBytes));
    if (decoder.state !== DECODER_DONE) continue;
    if (sink.target === "/in-step") return `[${sink.sizes.slice(0, -1).join(" ")}] in step`;
    if (!sink.keepAlive) return `[${sink.sizes.join(" ")}] closes`;
    decoder.next();
  }
  const sizes = `[${sink.sizes.join(" ")}]`;
  if (sink.error !== undefined) return `${sizes} ${sink.error.status}`;
  return `${sizes} ${decoder.state === DECODER_TUNNEL ? "tunnel" : "waits"}`;
}

/** What we would pass on of what a server sent before it closed. */
export function takesResponse(text: string): string {
  const bytes = Uint8Array.from(Buffer.from(text, "latin1"));
  const sink = new VerdictSink();
  const decoder = new ResponseDecoder(sink, DEFAULT_HTTP1_LIMITS);
  decoder.expect(METHOD_GET, false);
  decoder.consume(bytes, 0, bytes.length);
  decoder.finish();
  if (sink.ended) return `${sink.status} with ${sink.size}`;
  return sink.status >= 200 ? `${sink.status} cut` : "refused";
}
