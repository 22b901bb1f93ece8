/**
 * What a caller sent beyond its current request. Bounded by itself: the stream is paused when
 * bytes come in here, so it holds what one read can bring, and empties before the next. However
 * many requests lie in it, its bytes are copied once.
 */
import type { Stream } from "../net/stream.ts";

export class PipelinedBytes {
  #bytes: Uint8Array | null = null;
  /** What was taken last: its rest comes back without being copied again. */
  #lent: Uint8Array | null = null;

  get length(): number {
    return this.#bytes === null ? 0 : this.#bytes.length;
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    const before = this.#bytes;
    if (before === null) {
      const part = bytes.subarray(start, end);
      // Not `slice`: that of a Buffer copies nothing.
      this.#bytes = bytes === this.#lent ? part : new Uint8Array(part);
      return;
    }
    const joined = new Uint8Array(before.length + end - start);
    joined.set(before);
    joined.set(bytes.subarray(start, end), before.length);
    this.#bytes = joined;
  }

  /** Gives what is there away. What is not used of it may be added again, before anything else. */
  take(): Uint8Array {
    const bytes = this.#bytes ?? new Uint8Array(0);
    this.#bytes = null;
    this.#lent = bytes;
    return bytes;
  }

  /** Nothing of what was taken will be added again. */
  settle(): void {
    this.#lent = null;
  }

  flushTo(stream: Stream): void {
    const bytes = this.take();
    if (bytes.length > 0) stream.write(bytes, 0, bytes.length);
    this.settle();
  }

  clear(): void {
    this.#bytes = null;
    this.#lent = null;
  }
}
