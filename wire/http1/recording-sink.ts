/**
 * A sink for tests: what a decoder told, as plain data. Adjacent body ranges are joined, because
 * how a body was cut says nothing about the message.
 */
import { DECODER_DONE, type DecoderSink, type MessageDecoder } from "./decoder.ts";
import type { Head } from "./head.ts";
import type { Http1Error } from "./http1-error.ts";
import { latin1 } from "./latin1.ts";

export interface HeadRecord {
  readonly kind: "head";
  readonly line: string;
  readonly fields: readonly string[];
  /** Everything that is a number or a flag, for comparing whole heads. */
  readonly verdict: string;
}

export type DecoderEvent =
  | HeadRecord
  | { readonly kind: "body"; readonly text: string }
  | { readonly kind: "trailers"; readonly fields: readonly string[]; readonly flags: number }
  | { readonly kind: "end" }
  | { readonly kind: "error"; readonly code: string; readonly status: number };

export class RecordingSink implements DecoderSink {
  readonly events: DecoderEvent[] = [];
  bodyByteCount = 0;

  onHead(head: Head): void {
    this.events.push(recordHead(head));
  }

  onBody(bytes: Uint8Array, start: number, end: number): void {
    this.bodyByteCount += end - start;
    const text = latin1(bytes, start, end);
    const last = this.events.at(-1);
    if (last?.kind === "body") {
      this.events[this.events.length - 1] = { kind: "body", text: last.text + text };
    } else {
      this.events.push({ kind: "body", text });
    }
  }

  onTrailers(trailers: Head): void {
    this.events.push({ kind: "trailers", fields: fieldTexts(trailers), flags: trailers.flags });
  }

  onEnd(): void {
    this.events.push({ kind: "end" });
  }

  onError(error: Http1Error): void {
    this.events.push({ kind: "error", code: error.code, status: error.status });
  }

  /** The code of the error that was told, or undefined. */
  get errorCode(): string | undefined {
    const last = this.events.at(-1);
    return last?.kind === "error" ? last.code : undefined;
  }

  get heads(): readonly HeadRecord[] {
    return this.events.filter((event) => event.kind === "head");
  }

  get bodyText(): string {
    return this.events.map((event) => (event.kind === "body" ? event.text : "")).join("");
  }

  get endCount(): number {
    return this.events.filter((event) => event.kind === "end").length;
  }
}

function fieldTexts(head: Head): string[] {
  const fields: string[] = [];
  for (let index = 0; index < head.fieldCount; index++) {
    fields.push(`${head.nameText(index)}: ${head.valueText(index)}`);
  }
  return fields;
}

function recordHead(head: Head): HeadRecord {
  const request = head.status === 0;
  return {
    kind: "head",
    line: request
      ? `${head.methodText()} ${head.targetText()} 1.${head.versionMinor}`
      : `${head.status} ${head.reasonText()} 1.${head.versionMinor}`,
    fields: fieldTexts(head),
    verdict: [
      `body ${head.bodyKind}`,
      `length ${head.contentLength}`,
      `flags ${head.flags.toString(2)}`,
      `form ${request ? head.targetForm : ""}`,
      `method ${request ? head.methodCode : ""}`,
      `path ${request ? head.pathText() : ""}`,
      `authority ${request ? head.authorityText() : ""}`,
      `keep-alive ${head.keepAliveTimeoutS}`,
      `kinds ${head.kinds.subarray(0, head.fieldCount).join(" ")}`,
      `bytes ${head.end - head.start}`,
    ].join(", "),
  };
}

/**
 * Feeds `bytes` cut at `cuts` (ascending), each piece in a buffer of its own that is overwritten
 * afterwards, as a shared read buffer is, and goes on to the next message until nothing is taken.
 */
export function feed(
  decoder: MessageDecoder,
  bytes: Uint8Array,
  cuts: readonly number[] = [],
  nextMessage: () => void = () => {
    if (decoder.state === DECODER_DONE) decoder.next();
  },
): void {
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    feedPiece(decoder, bytes.subarray(from, to), nextMessage);
    from = to;
  }
}

const PADDING_BYTES = 7;

function feedPiece(decoder: MessageDecoder, piece: Uint8Array, nextMessage: () => void): void {
  // Line ends around the piece: whoever reads past its bounds will not get away with it.
  const shared = new Uint8Array(piece.length + 2 * PADDING_BYTES).fill(0x0a);
  shared.set(piece, PADDING_BYTES);
  const end = PADDING_BYTES + piece.length;
  let at = PADDING_BYTES;
  for (;;) {
    const taken = decoder.consume(shared, at, end);
    if (taken < at || taken > end) throw new RangeError(`position ${taken} outside ${at}..${end}`);
    const stuck = taken === at;
    at = taken;
    if (at >= end) break;
    const { state } = decoder;
    nextMessage();
    if (stuck && decoder.state === state) break;
  }
  shared.fill(0x58);
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

/** Every position between two bytes: one byte at a time. */
export function everyCut(byteCount: number): readonly number[] {
  return Array.from({ length: Math.max(0, byteCount - 1) }, (_, index) => index + 1);
}
