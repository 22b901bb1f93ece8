/**
 * An answer that was not passed on because another try was to bring a better one. When none does,
 * it is still more than a failure of ours: it comes from the service that was asked.
 */
import type { Head } from "../../wire/http1/head.ts";
import type { EndpointLoad } from "../balance/peak-ewma.ts";
import type { Downstream } from "./exchange.ts";

export class KeptAnswer {
  readonly head: Head;
  readonly endpoint: EndpointLoad | null;
  /** All of it has come. */
  isWhole = false;
  readonly #pieces: Uint8Array[] = [];
  #trailers: Head | null = null;
  #claimed = false;

  /** The head is copied; the body is for whoever claims the answer to add. */
  constructor(head: Head, endpoint: EndpointLoad | null) {
    this.head = head.copy();
    this.endpoint = endpoint;
  }

  /** The first who asks is to add the body; it bounds what it adds. */
  claim(): this | null {
    if (this.#claimed) return null;
    this.#claimed = true;
    return this;
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    this.#pieces.push(bytes.slice(start, end));
  }

  addTrailers(trailers: Head): void {
    this.#trailers = trailers.copy();
  }

  /** What follows the head. Gives the number of bytes. */
  writeTo(downstream: Downstream): number {
    let length = 0;
    for (const piece of this.#pieces) {
      downstream.body(piece, 0, piece.length);
      length += piece.length;
    }
    if (this.#trailers !== null) downstream.trailers(this.#trailers);
    return length;
  }
}
