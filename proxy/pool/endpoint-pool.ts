/**
 * The connections to one endpoint. It hands out slots, not connections: an exchange is given to a
 * connection that is free, or waits for one that is being opened. The most recently used free
 * connection goes first, so that surplus ones grow old and are closed.
 */
import { Fault } from "../../base/fault.ts";
import { type TimerOwner, WheelTimer } from "../../base/timer-wheel.ts";
import { METHOD_CONNECT } from "../../wire/http1/method.ts";
import {
  ClientConnection,
  type ClientConnectionDeps,
  type ConnectionOwner,
  WITHDRAWN,
} from "../connection/client-connection.ts";
import type { Exchange, ExchangeQueue } from "../exchange/exchange.ts";
import type { Layer } from "../layers/layer.ts";
import type { Stream } from "../net/stream.ts";

export interface PoolLimits {
  readonly connectionsMax: number;
  /** Exchanges that wait for a connection when there may be no more of them. */
  readonly waitingMax: number;
  readonly idleMax: number;
}

export const DEFAULT_POOL_LIMITS: PoolLimits = {
  connectionsMax: 4096,
  waitingMax: 1024,
  idleMax: 1024,
};

/** Nobody goes there over a new connection, and none from before is left that would do. */
const NO_CONNECTION = new Fault(
  "connect-failed",
  "it is gone from discovery, or not ready, and not dialled anew",
);

/** Whoever knows what is thought of the endpoint. */
export interface PoolOwner {
  /** It gets nothing but probes. */
  isEvicted(): boolean;
  /** The last connection is closed, and no other may be opened. */
  poolEmptied(): void;
}

export interface EndpointAddress {
  readonly address: string;
  readonly port: number;
}

export class EndpointPool implements ConnectionOwner, ExchangeQueue, TimerOwner {
  readonly target: EndpointAddress;
  /**
   * False: the address may be somebody else's by now. The connections that are open still lead to
   * whom they always led to and are used, in turn where there are too few; no other is opened.
   */
  mayDial = true;
  readonly #deps: ClientConnectionDeps;
  readonly #limits: PoolLimits;
  readonly #idle: ClientConnection[] = [];
  #open = 0;
  #waitingFirst: Exchange | null = null;
  #waitingLast: Exchange | null = null;
  #waiting = 0;
  #retired = false;
  #isLeaving = false;
  /** Gives those that wait back, in the next turn. */
  readonly #timer = new WheelTimer(this);
  /** Who gets them back. Until then none of them is sent: null when nothing of it is to come. */
  #givenUpTo: Layer | null = null;
  readonly #owner: PoolOwner;

  constructor(
    target: EndpointAddress,
    deps: ClientConnectionDeps,
    limits: PoolLimits,
    owner: PoolOwner,
  ) {
    this.target = target;
    this.#deps = deps;
    this.#limits = limits;
    this.#owner = owner;
  }

  admits(exchange: Exchange): boolean {
    return this.mayDial && (exchange.probing || !this.#owner.isEvicted());
  }

  /**
   * It says that it is about to go, and may be waiting until nobody is connected any more: no
   * connection is kept that is free. It can still be sent to, where there is nobody else.
   */
  set isLeaving(isLeaving: boolean) {
    this.#isLeaving = isLeaving;
    if (isLeaving) this.trim(0);
  }

  get openCount(): number {
    return this.#open;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  /** Starts the exchange on a connection; events of it go to `layer`. */
  send(exchange: Exchange, layer: Layer): void {
    if (!needsFresh(exchange)) {
      const nowMs = this.#deps.clock.nowMs();
      for (;;) {
        const connection = this.#idle.pop();
        if (connection === undefined) break;
        if (connection.isUsable(nowMs)) {
          connection.send(exchange, layer);
          return;
        }
        connection.close();
      }
    }
    if (this.mayDial && this.#open < this.#limits.connectionsMax) {
      this.#open += 1;
      new ClientConnection(this, this.#deps, layer).open(exchange);
      return;
    }
    if (!this.mayDial && (this.#open === 0 || needsFresh(exchange))) {
      layer.fault(exchange, NO_CONNECTION);
      return;
    }
    if (this.#waiting >= this.#limits.waitingMax) {
      layer.fault(exchange, new Fault("overloaded", "too many requests wait for a connection"));
      return;
    }
    this.#enqueue(exchange);
  }

  /**
   * A connection that somebody else has opened, and on which nothing was said yet: the next
   * exchange gets it. Events of that go to `layer`.
   */
  adopt(stream: Stream, layer: Layer): void {
    if (!this.mayDial || this.#open >= this.#limits.connectionsMax) {
      stream.destroy();
      return;
    }
    this.#open += 1;
    new ClientConnection(this, this.#deps, layer).adopt(stream);
  }

  /** Closes free connections, those first that were free for longest, until so many are open. */
  trim(openMax: number): void {
    while (this.#open > openMax) {
      const oldest = this.#idle[0];
      if (oldest === undefined) return;
      oldest.close();
    }
  }

  /** Takes an exchange out that waits for a connection. False when it does not. */
  withdraw(exchange: Exchange): boolean {
    let before: Exchange | null = null;
    for (let at = this.#waitingFirst; at !== null; before = at, at = at.next) {
      if (at !== exchange) continue;
      if (before === null) this.#waitingFirst = at.next;
      else before.next = at.next;
      if (this.#waitingLast === at) this.#waitingLast = before;
      at.next = null;
      at.queue = null;
      this.#waiting -= 1;
      return true;
    }
    return false;
  }

  /** A connection is free again. */
  release(connection: ClientConnection): void {
    const next = this.#nextToSend;
    if (this.mayDial && next !== null && needsFresh(next)) {
      // Makes room for one more, which `closed` opens.
      connection.close();
      return;
    }
    if (next !== null) {
      this.#dequeue();
      connection.send(next, connection.layer);
      return;
    }
    const keeps = !this.#retired && !this.#isLeaving;
    if (keeps && this.#idle.length < this.#limits.idleMax) this.#idle.push(connection);
    else connection.close();
  }

  /** A connection is gone, whatever it was doing. */
  closed(connection: ClientConnection): void {
    this.#open -= 1;
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    if (!this.mayDial) {
      if (this.#open === 0) this.#giveUp(connection.layer);
      return;
    }
    const next = this.#nextToSend;
    if (next === null) return;
    this.#dequeue();
    this.send(next, connection.layer);
  }

  /**
   * It is evicted: those that wait for a connection go back to `layer`, where they came from. Not
   * from within this call: what evicts it may be that one of them is cancelled.
   */
  withdrawWaiting(layer: Layer): void {
    if (this.#waitingFirst === null) return;
    this.#givenUpTo = layer;
    this.#deps.wheel.schedule(this.#timer, 0);
  }

  /** The endpoint is no longer named: what is free closes now, what is busy when it is done. */
  retire(): void {
    this.#retired = true;
    this.mayDial = false;
    for (const connection of this.#idle.splice(0)) connection.close();
  }

  /** Nothing leads there any more. */
  #giveUp(layer: Layer): void {
    this.#owner.poolEmptied();
    // Here too whoever cancels one try may have another that waits.
    this.withdrawWaiting(layer);
  }

  onTimer(): void {
    const layer = this.#givenUpTo;
    this.#givenUpTo = null;
    if (layer === null) return;
    // All of them, whatever has changed since: each is placed anew, perhaps here again.
    for (let count = this.#waiting; count > 0; count -= 1) {
      const one = this.#dequeue();
      if (one === null) break;
      if (one.probing) this.send(one, layer);
      else layer.fault(one, WITHDRAWN);
    }
  }

  /** Whose turn it is among those that wait. */
  get #nextToSend(): Exchange | null {
    return this.#givenUpTo === null ? this.#waitingFirst : null;
  }

  #enqueue(exchange: Exchange): void {
    exchange.next = null;
    exchange.queue = this;
    if (this.#waitingLast === null) this.#waitingFirst = exchange;
    else this.#waitingLast.next = exchange;
    this.#waitingLast = exchange;
    this.#waiting += 1;
  }

  #dequeue(): Exchange | null {
    const first = this.#waitingFirst;
    if (first === null) return null;
    this.#waitingFirst = first.next;
    if (first.next === null) this.#waitingLast = null;
    first.next = null;
    first.queue = null;
    this.#waiting -= 1;
    return first;
  }
}

/**
 * What died with a reused connection is not risked on another that has been idle as long, and a
 * tunnel takes its connection away for good.
 */
function needsFresh(exchange: Exchange): boolean {
  return exchange.lostOnce || exchange.head.methodCode === METHOD_CONNECT;
}
