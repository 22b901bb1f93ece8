/** Bytes of a watch to the lines in them, however they were cut on the way. */

const NEWLINE = 0x0a;

export class LineSplitter {
  readonly #bytesMax: number;
  /** Pieces of the line that has no end yet. */
  #pieces: Uint8Array[] = [];
  #pendingBytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Whether the last line was left without its end. */
  get isCut(): boolean {
    return this.#pendingBytes > 0;
  }

  /** Lines that `chunk` completes; empty ones are left out. Throws RangeError on one too long. */
  *take(chunk: Uint8Array): Generator<string, void, void> {
    let from = 0;
    for (;;) {
      const at = chunk.indexOf(NEWLINE, from);
      if (at < 0) break;
      this.#add(chunk.subarray(from, at));
      from = at + 1;
      if (this.#pendingBytes > 0) yield this.#join();
    }
    this.#add(chunk.subarray(from));
  }

  #add(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pendingBytes += piece.length;
    if (this.#pendingBytes > this.#bytesMax) {
      throw new RangeError(`a line is longer than ${this.#bytesMax} bytes`);
    }
    this.#pieces.push(piece);
  }

  #join(): string {
    const line = Buffer.concat(this.#pieces, this.#pendingBytes).toString("utf8");
    this.#pieces = [];
    this.#pendingBytes = 0;
    return line;
  }
}
