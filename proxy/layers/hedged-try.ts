/**
 * One try and the copies that run beside it. Each copy is an exchange of its own, whose answer
 * comes in here; of all of them one wins and speaks for the first from then on.
 */
import { type TimerOwner, WheelTimer } from "../../base/timer-wheel.ts";
import type { Head } from "../../wire/http1/head.ts";
import type { Downstream, Exchange } from "../exchange/exchange.ts";

/** Who looks after hedged tries. */
export interface HedgeOwner {
  hedgeDue(hedged: HedgedTry): void;
}

export class HedgedTry implements TimerOwner {
  readonly first: Exchange;
  readonly timer = new WheelTimer(this);
  /** Under way, and not the winner. */
  readonly copies: Exchange[] = [];
  /** The copy that answers in the first one's place. */
  winner: Exchange | null = null;
  /** The first one's own try is over without an answer that could be passed on. */
  firstFailed = false;
  startedCount = 0;
  readonly #owner: HedgeOwner;

  constructor(first: Exchange, owner: HedgeOwner) {
    this.first = first;
    this.#owner = owner;
  }

  /** Tries that may still bring an answer. */
  get runningCount(): number {
    return this.copies.length + (this.firstFailed ? 0 : 1);
  }

  remove(copy: Exchange): void {
    const at = this.copies.indexOf(copy);
    if (at >= 0) this.copies.splice(at, 1);
  }

  onTimer(): void {
    this.#owner.hedgeDue(this);
  }
}

/** Where the body of a copy's answer goes: to the first one's caller, once the copy has won. */
export class HedgeCaller implements Downstream {
  readonly #hedged: HedgedTry;

  constructor(hedged: HedgedTry) {
    this.#hedged = hedged;
  }

  get remoteAddress(): string {
    return this.#hedged.first.downstream.remoteAddress;
  }

  body(bytes: Uint8Array, start: number, end: number): boolean {
    const { first, winner } = this.#hedged;
    if (winner === null) return true;
    first.answerBytes += end - start;
    return first.downstream.body(bytes, start, end);
  }

  trailers(trailers: Head): void {
    const { first, winner } = this.#hedged;
    if (winner !== null) first.downstream.trailers(trailers);
  }

  // A copy's request is whole, and it never becomes a tunnel. What else there is of an answer
  // comes up through the layers.
  resume(): void {}
  informational(): void {}
  head(): void {}
  end(): void {}
  fail(): void {}
  cut(): void {}
  respond(): void {}
  tunnel(): void {}
}
