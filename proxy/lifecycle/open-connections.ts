/**
 * The connections of callers that are open at one door, whatever is spoken on them. A proxy that
 * goes away waits for these, and for nothing else.
 */
export interface OpenConnection {
  /**
   * Its next answer says that it is the last. Nothing is closed for it: who is about to ask gets
   * an answer. Where a protocol has no way to say so, nothing happens.
   */
  endAfterAnswer(): void;
  /** Ends as soon as nothing is under way: at once when it is idle. */
  drain(): void;
  /** Ends now, whatever is under way. */
  abort(): void;
}

export class OpenConnections {
  readonly #open = new Set<OpenConnection>();
  #leaving = false;

  /** Every answer from now on is the last of its connection. */
  get leaving(): boolean {
    return this.#leaving;
  }

  get size(): number {
    return this.#open.size;
  }

  add(connection: OpenConnection): void {
    this.#open.add(connection);
  }

  delete(connection: OpenConnection): void {
    this.#open.delete(connection);
  }

  endAfterAnswer(): void {
    this.#leaving = true;
    for (const connection of this.#open) connection.endAfterAnswer();
  }

  drain(): void {
    this.#leaving = true;
    // Who is idle leaves the set at once.
    for (const connection of [...this.#open]) connection.drain();
  }

  abort(): void {
    for (const connection of [...this.#open]) connection.abort();
  }
}
