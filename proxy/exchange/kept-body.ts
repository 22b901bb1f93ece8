/**
 * The body of a request, kept while it streams through, so that it can be sent again: to another
 * endpoint after a failure, beside a slow try, or to a mirror. What outgrows the limit is let go
 * and streams on; it is sent once and no more.
 */
import type { Head } from "../../wire/http1/head.ts";

/** A buffer up to this size stays for the connection's next request. */
const REUSED_BYTES_MAX = 4_096;
const BYTES_AT_FIRST = 1_024;
const EMPTY = new Uint8Array(0);

// Works on any Uint8Array, and unlike `set` makes no view of the range.
const copy = Buffer.prototype.copy;

/** Told once, when the whole body is there or has outgrown its limit. Says nothing of which. */
export interface BodyWatcher {
  bodySettled(body: KeptBody): void;
}

export interface BodySink {
  body(bytes: Uint8Array, start: number, end: number): boolean;
}

export class KeptBody {
  #bytes: Uint8Array = EMPTY;
  #length = 0;
  #limitBytes = 0;
  /** Content-Length; -1 when the request does not say. */
  #expectedBytes = -1;
  #whole = false;
  #outgrown = false;
  #pinned = false;
  #trailers: Head | null = null;
  #watchers: BodyWatcher[] = [];

  /** Bytes that are kept. */
  get length(): number {
    return this.#length;
  }

  /** All of it has come and is here. */
  get isWhole(): boolean {
    return this.#whole && !this.hasOverflowed;
  }

  /** It is longer than the limit: none of it is here any more. */
  get hasOverflowed(): boolean {
    return this.#outgrown || this.#expectedBytes > this.#limitBytes;
  }

  get trailers(): Head | null {
    return this.#trailers;
  }

  /** Everything so far is here, and is no longer than that. */
  fits(limitBytes: number): boolean {
    return !this.hasOverflowed && Math.max(this.#length, this.#expectedBytes) <= limitBytes;
  }

  begin(limitBytes: number, expectedBytes: number): void {
    this.clear();
    this.#limitBytes = limitBytes;
    this.#expectedBytes = expectedBytes;
  }

  /** A second one wants it kept, and perhaps more of it. */
  raise(limitBytes: number): void {
    if (limitBytes > this.#limitBytes) this.#limitBytes = limitBytes;
  }

  watch(watcher: BodyWatcher): void {
    this.#watchers.push(watcher);
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    if (this.hasOverflowed) {
      // A limit that is raised from now on comes too late.
      this.#outgrown = true;
      return;
    }
    const length = this.#length + (end - start);
    if (length > this.#limitBytes && !this.#pinned) {
      this.#letGo();
      return;
    }
    if (length > this.#bytes.length) this.#grow(length);
    copy.call(bytes, this.#bytes, this.#length, start, end);
    this.#length = length;
  }

  /** They belong to the caller's decoder, which holds them until the next request. */
  addTrailers(trailers: Head): void {
    trailers.keep();
    this.#trailers = trailers;
  }

  /** The caller has sent all of it. */
  end(): void {
    this.#whole = true;
    this.#settle();
  }

  /**
   * A try is to begin with what is here: it may not be let go before. The caller is paused
   * meanwhile, so no more than one read comes on top of the limit.
   */
  pin(): void {
    this.#pinned = true;
  }

  /** Gives all that is here to a new try. False: congested. */
  replayTo(sink: BodySink): boolean {
    const more = this.#length === 0 || sink.body(this.#bytes, 0, this.#length);
    this.#pinned = false;
    if (this.#length > this.#limitBytes) this.#letGo();
    return more;
  }

  /** One that lives on when this is cleared. Only of a whole body. */
  copy(): KeptBody {
    const made = new KeptBody();
    made.begin(this.#limitBytes, this.#expectedBytes);
    made.#bytes = this.#bytes.slice(0, this.#length);
    made.#length = this.#length;
    made.#whole = this.#whole;
    made.#trailers = this.#trailers?.copy() ?? null;
    return made;
  }

  clear(): void {
    this.#drop();
    this.#whole = false;
    this.#outgrown = false;
    this.#pinned = false;
    this.#trailers = null;
    if (this.#watchers.length > 0) this.#watchers = [];
  }

  #letGo(): void {
    this.#outgrown = true;
    this.#drop();
    this.#settle();
  }

  #drop(): void {
    this.#length = 0;
    if (this.#bytes.length > REUSED_BYTES_MAX) this.#bytes = EMPTY;
  }

  #settle(): void {
    const watchers = this.#watchers;
    if (watchers.length === 0) return;
    this.#watchers = [];
    for (const watcher of watchers) watcher.bodySettled(this);
  }

  #grow(needed: number): void {
    const doubled = Math.max(BYTES_AT_FIRST, this.#bytes.length * 2);
    const enough = Math.max(needed, Math.min(doubled, this.#limitBytes), this.#expectedBytes);
    const grown = new Uint8Array(enough);
    copy.call(this.#bytes, grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
