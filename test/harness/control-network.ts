/**
 * Control links in memory under virtual time. A link delivers whole messages in order after a
 * delay, as TCP does; it can be killed, after which both ends hear of it, or go silent, after
 * which neither does: that is what a vanished machine looks like.
 */
import type { Random } from "../../base/random.ts";
import type { ManualTimers } from "../../base/timers.ts";
import type { ControlFrame, ControlLink, ControlLinkEvents } from "../../mesh/control-link.ts";
import type { ControlConnector } from "../../proxy/control/connector.ts";

export interface NetworkOptions {
  readonly timers: ManualTimers;
  readonly random: Random;
  readonly delayMaxMs: number;
}

/** Takes a new connection on the operator's side; undefined refuses it. */
export type Acceptor = (link: ControlLink, remote: string) => ControlLinkEvents | undefined;

export class ControlNetwork {
  readonly #options: NetworkOptions;
  readonly #acceptors = new Map<string, Acceptor>();
  readonly pipes = new Set<Pipe>();
  connectionCount = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /** From now on `address` is served; undefined takes it down for new connections. */
  serve(address: string, acceptor: Acceptor | undefined): void {
    if (acceptor === undefined) this.#acceptors.delete(address);
    else this.#acceptors.set(address, acceptor);
  }

  connector(): ControlConnector {
    return (address, events) => {
      const { timers } = this.#options;
      this.connectionCount += 1;
      const pipe = new Pipe(this.#options, () => this.pipes.delete(pipe));
      pipe.near.events = events;
      timers.set(this.#delayMs(), () => {
        const accepted = this.#acceptors.get(address)?.(pipe.far, `near:${this.connectionCount}`);
        if (accepted === undefined) {
          pipe.kill();
          return;
        }
        this.pipes.add(pipe);
        pipe.far.events = accepted;
        if (!pipe.isDead) events.onOpen();
      });
      return pipe.near;
    };
  }

  #delayMs(): number {
    return this.#options.random.nextFloat() * this.#options.delayMaxMs;
  }
}

/** Both ends of one connection. `near` is the proxy's, `far` the operator's. */
export class Pipe {
  readonly near: PipeEnd;
  readonly far: PipeEnd;
  readonly #timers: ManualTimers;
  readonly #gone: () => void;
  isDead = false;
  isSilent = false;

  constructor(options: NetworkOptions, gone: () => void) {
    this.#timers = options.timers;
    this.#gone = gone;
    this.near = new PipeEnd(this, options, () => this.far);
    this.far = new PipeEnd(this, options, () => this.near);
  }

  /** Nothing arrives any more, on either side, and nobody is told. */
  hang(): void {
    this.isSilent = true;
  }

  /** What is under way is lost, and each end that has not left itself hears of it. */
  kill(code = 1006, reason = "killed"): void {
    if (this.isDead) return;
    this.isDead = true;
    this.#gone();
    for (const end of [this.near, this.far]) {
      this.#timers.set(0, () => end.events?.onClose(code, reason));
    }
  }
}

export class PipeEnd implements ControlLink {
  readonly #pipe: Pipe;
  readonly #options: NetworkOptions;
  readonly #peer: () => PipeEnd;
  events: ControlLinkEvents | undefined;
  /** A peer that does not read: frames stay buffered until it does. */
  isStalled = false;
  readonly sent: string[] = [];
  readonly #queue: string[] = [];
  #lastDueMs = 0;
  bufferedBytes = 0;

  constructor(pipe: Pipe, options: NetworkOptions, peer: () => PipeEnd) {
    this.#pipe = pipe;
    this.#options = options;
    this.#peer = peer;
  }

  send(frame: ControlFrame): void {
    if (this.#pipe.isDead) return;
    const text = typeof frame === "string" ? frame : Buffer.from(frame).toString();
    this.sent.push(text);
    this.bufferedBytes += text.length;
    if (this.isStalled) this.#queue.push(text);
    else this.#deliver(text);
  }

  /** The peer reads again. */
  unstall(): void {
    this.isStalled = false;
    for (const text of this.#queue.splice(0)) this.#deliver(text);
  }

  close(code: number, reason: string): void {
    const { timers } = this.#options;
    timers.set(Math.max(0, this.#lastDueMs - timers.clock.nowMs()), () => {
      this.#pipe.kill(code, reason);
    });
  }

  terminate(): void {
    this.#pipe.kill(1006, "terminated");
  }

  #deliver(text: string): void {
    const { timers, random, delayMaxMs } = this.#options;
    const nowMs = timers.clock.nowMs();
    this.#lastDueMs = Math.max(this.#lastDueMs, nowMs + random.nextFloat() * delayMaxMs);
    timers.set(this.#lastDueMs - nowMs, () => {
      if (this.#pipe.isDead || this.#pipe.isSilent) return;
      this.bufferedBytes -= text.length;
      this.#peer().events?.onText(text);
      if (!this.#pipe.isDead) this.events?.onDrain();
    });
  }
}
