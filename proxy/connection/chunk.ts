/** Chunked framing on the way out (RFC 9112 section 7.1). Chunks are made anew, never passed on. */
import { writeTrailers } from "../../wire/http1/forward.ts";
import type { Head } from "../../wire/http1/head.ts";
import type { Stream } from "../net/stream.ts";

/** False when the stream is congested. An empty chunk would end the body, so none is written. */
export function writeChunk(stream: Stream, bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return !stream.congested;
  const before = stream.writer();
  before.hex(end - start);
  before.crlf();
  stream.write(bytes, start, end);
  stream.writer().crlf();
  return !stream.congested;
}

/** The last chunk, and the trailers if there are any. */
export function writeLastChunk(stream: Stream, trailers: Head | null): void {
  const writer = stream.writer();
  if (trailers === null) writer.ascii("0\r\n\r\n");
  else writeTrailers(writer, trailers);
}
