/**
 * Whether somebody listens: a connection that is opened and closed again, for endpoints that no
 * request may be risked on.
 */
import { type TimerOwner, type TimerWheel, WheelTimer } from "../../base/timer-wheel.ts";
import type { Network, Stream, StreamHandler } from "../net/stream.ts";

export interface ConnectProbeDeps {
  readonly network: Network;
  readonly wheel: TimerWheel;
  readonly timing: { readonly connectTimeoutMs: number };
}

export class ConnectProbe implements StreamHandler, TimerOwner {
  readonly #wheel: TimerWheel;
  readonly #timer = new WheelTimer(this);
  readonly #ended: (connected: boolean) => void;
  readonly #stream: Stream;
  #isOver = false;

  /** `ended` is called once, after this returned; never after `cancel`. */
  constructor(
    target: { readonly address: string; readonly port: number },
    deps: ConnectProbeDeps,
    ended: (connected: boolean) => void,
  ) {
    this.#wheel = deps.wheel;
    this.#ended = ended;
    this.#stream = deps.network.dial(target.address, target.port, this);
    deps.wheel.schedule(this.#timer, deps.timing.connectTimeoutMs);
  }

  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#wheel.cancel(this.#timer);
    this.#stream.destroy();
  }

  onConnected(): void {
    this.#end(true);
  }

  onRead(): void {}

  onReadEnd(): void {}

  onWritable(): void {}

  onClosed(): void {
    this.#end(false);
  }

  onTimer(): void {
    this.#end(false);
  }

  #end(connected: boolean): void {
    if (this.#isOver) return;
    this.cancel();
    this.#ended(connected);
  }
}
