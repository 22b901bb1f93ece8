/**
 * A growing scratch buffer in which outgoing heads and chunk frames are put together. One per
 * event loop is enough: fill it, hand its range to the socket, reset it.
 */
const SMALL_COPY_BYTES = 40;
const KEPT_BYTES_MAX = 65_536;

// Called on plain Uint8Arrays too: unlike `set`, it copies a range without making a view of it.
const copy = Buffer.prototype.copy;

export class ByteWriter {
  bytes: Uint8Array;
  length = 0;
  readonly #initialBytes: number;

  constructor(initialBytes = 1024) {
    this.#initialBytes = initialBytes;
    this.bytes = new Uint8Array(initialBytes);
  }

  /** Forgets what was written. A buffer that one large head made grow is not kept for ever. */
  reset(): void {
    this.length = 0;
    if (this.bytes.length > KEPT_BYTES_MAX) this.bytes = new Uint8Array(this.#initialBytes);
  }

  /** Gives the buffer away, trimmed to what was written, and goes on with a new one. */
  detach(): Uint8Array {
    const written = this.bytes.subarray(0, this.length);
    this.bytes = new Uint8Array(this.#initialBytes);
    this.length = 0;
    return written;
  }

  /** Makes room for `byteCount` more bytes. */
  ensure(byteCount: number): void {
    const needed = this.length + byteCount;
    if (needed > this.bytes.length) this.#grow(needed);
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.#grow(this.length + 1);
    this.bytes[this.length++] = value;
  }

  crlf(): void {
    this.ensure(2);
    this.bytes[this.length++] = 0x0d;
    this.bytes[this.length++] = 0x0a;
  }

  /** Text of latin1 characters; throws on any other, which is our own mistake. */
  ascii(text: string): void {
    const count = text.length;
    this.ensure(count);
    const { bytes } = this;
    let at = this.length;
    for (let index = 0; index < count; index++) {
      const code = text.charCodeAt(index);
      if (code > 255) throw new RangeError("text outside latin1 in an HTTP/1 head");
      bytes[at++] = code;
    }
    this.length = at;
  }

  /** The bytes of `source` from `start` to `end`. */
  range(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.ensure(count);
    const at = this.length;
    const { bytes } = this;
    if (count < SMALL_COPY_BYTES) {
      for (let index = 0; index < count; index++) bytes[at + index] = source[start + index]!;
    } else {
      copy.call(source, bytes, at, start, end);
    }
    this.length = at + count;
  }

  bytesOf(source: Uint8Array): void {
    this.range(source, 0, source.length);
  }

  /** A non-negative safe integer in decimal digits. */
  decimal(value: number): void {
    this.#digits(value, 10);
  }

  /** A non-negative safe integer in lower-case hexadecimal digits. */
  hex(value: number): void {
    this.#digits(value, 16);
  }

  #digits(value: number, radix: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a size: ${value}`);
    let count = 1;
    for (let rest = Math.floor(value / radix); rest > 0; rest = Math.floor(rest / radix)) count++;
    this.ensure(count);
    let rest = value;
    for (let at = this.length + count - 1; at >= this.length; at--) {
      const digit = rest % radix;
      this.bytes[at] = digit < 10 ? 0x30 + digit : 0x57 + digit;
      rest = Math.floor(rest / radix);
    }
    this.length += count;
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}
