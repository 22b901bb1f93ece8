/**
 * Chunked bodies (RFC 9112 section 7.1): sizes and line ends in, ranges of data out. The state is
 * a few numbers, so a body may be cut anywhere.
 */
import { CR, HEX, LF } from "./byte-class.ts";
import {
  EXTENSION_AFTER,
  EXTENSION_ENDED,
  EXTENSION_FAILED,
  extensionStep,
} from "./chunk-extension.ts";
import { failure } from "./http1-error.ts";

const BAD_CHUNK_SIZE = failure("bad-chunk-size");
const BAD_CHUNK_EXTENSION = failure("bad-chunk-extension");
const EXTENSIONS_TOO_LARGE = failure("chunk-extensions-too-large");
const BAD_CHUNK_END = failure("bad-chunk-end");
const BARE_CR = failure("bare-cr");
const BARE_LF = failure("bare-lf");

/** First digit of a size. Exits: SIZE. */
const SIZE_FIRST = 0;
/** Exits: EXTENSION, SIZE_LF. */
const SIZE = 1;
/** Exits: SIZE_LF. */
const EXTENSION = 2;
/** Exits: DATA, or CHUNKED_ENDED after the last chunk. */
const SIZE_LF = 3;
/** Exits: DATA_CR. */
const DATA = 4;
/** Exits: DATA_LF. */
const DATA_CR = 5;
/** Exits: SIZE_FIRST. */
const DATA_LF = 6;
/** The line of the last chunk was read: the trailer section follows. */
export const CHUNKED_ENDED = 7;
/** `stop()` was called. */
const STOPPED = 8;

const SIZE_DIGITS_MAX = 16;

export interface ChunkSink {
  onBody(bytes: Uint8Array, start: number, end: number): void;
}

export class ChunkedBody {
  phase = SIZE_FIRST;
  #size = 0;
  #digits = 0;
  #extension = EXTENSION_AFTER;
  #extensionBytes = 0;
  readonly #extensionBytesMax: number;

  constructor(extensionBytesMax: number) {
    this.#extensionBytesMax = extensionBytesMax;
  }

  reset(): void {
    this.phase = SIZE_FIRST;
    this.#size = 0;
    this.#digits = 0;
    this.#extensionBytes = 0;
  }

  /** Nothing more is told, from inside `onBody` too. */
  stop(): void {
    this.phase = STOPPED;
  }

  /**
   * Reads on from `from` until the bytes end or the last chunk's line does. Gives the position
   * after what it took, or a failure.
   */
  read(bytes: Uint8Array, from: number, end: number, sink: ChunkSink): number {
    let at = from;
    while (at < end) {
      switch (this.phase) {
        case SIZE_FIRST:
        case SIZE:
        case EXTENSION:
          at = this.#readSizeLine(bytes, at, end);
          if (at < 0) return at;
          break;
        case SIZE_LF:
          if (bytes[at] !== LF) return BARE_CR;
          at++;
          this.phase = this.#size === 0 ? CHUNKED_ENDED : DATA;
          break;
        case DATA: {
          const stop = Math.min(end, at + this.#size);
          this.#size -= stop - at;
          if (this.#size === 0) this.phase = DATA_CR;
          sink.onBody(bytes, at, stop);
          at = stop;
          break;
        }
        case DATA_CR:
          if (bytes[at] !== CR) return bytes[at] === LF ? BARE_LF : BAD_CHUNK_END;
          at++;
          this.phase = DATA_LF;
          break;
        case DATA_LF:
          if (bytes[at] !== LF) return BARE_CR;
          at++;
          this.phase = SIZE_FIRST;
          this.#digits = 0;
          break;
        default:
          return at;
      }
    }
    return at;
  }

  /** Up to the CR of the size line, that included. */
  #readSizeLine(bytes: Uint8Array, from: number, end: number): number {
    let at = from;
    if (this.phase !== EXTENSION) {
      let size = this.#size;
      let digits = this.#digits;
      while (at < end) {
        const value = HEX[bytes[at]!]!;
        if (value === 255) break;
        size = size * 16 + value;
        digits++;
        at++;
        if (digits > SIZE_DIGITS_MAX || size > Number.MAX_SAFE_INTEGER) return BAD_CHUNK_SIZE;
      }
      this.#size = size;
      this.#digits = digits;
      if (at >= end) return at;
      if (digits === 0) return BAD_CHUNK_SIZE;
      if (bytes[at] === CR) {
        this.phase = SIZE_LF;
        return at + 1;
      }
      this.phase = EXTENSION;
      this.#extension = EXTENSION_AFTER;
    }
    return this.#readExtension(bytes, at, end);
  }

  #readExtension(bytes: Uint8Array, from: number, end: number): number {
    let at = from;
    while (at < end) {
      const byte = bytes[at++]!;
      this.#extension = extensionStep(this.#extension, byte);
      if (this.#extension === EXTENSION_ENDED) {
        this.phase = SIZE_LF;
        return at;
      }
      if (this.#extension === EXTENSION_FAILED) return byte === LF ? BARE_LF : BAD_CHUNK_EXTENSION;
      if (++this.#extensionBytes > this.#extensionBytesMax) return EXTENSIONS_TOO_LARGE;
    }
    return at;
  }
}
