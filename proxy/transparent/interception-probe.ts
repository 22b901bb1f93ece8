/**
 * One try to meet ourselves, by one family of addresses. Two addresses are dialled that nobody
 * has: one that the rules redirect for every user, which must come back to us, and one that they
 * redirect for all users but ours, which must not.
 */
import type { Address } from "../../base/address.ts";
import type { IpFamily } from "../../base/ip-address.ts";
import type { TimerHandle, Timers } from "../../base/timers.ts";
import { INTERCEPTION_PROBE } from "../init/interception-probe.ts";
import type { CloseReason, Network, Stream, StreamHandler } from "../net/stream.ts";
import type { InterceptionOutcome } from "./interception-outcome.ts";

/** Who is redirected on this machine is redirected at once. */
export const ANSWER_MS = 1_000;
/**
 * Unless many others are as well: what finds a full queue is sent again after one second, and after
 * two more (RFC 6298, section 2).
 */
export const PATIENT_ANSWER_MS = 3_500;
/**
 * What else comes back was dialled before and arrives with it; it may be told a little later. This
 * is how long the answer waits for that.
 */
const SETTLE_MS = 10;

/** No rule speaks of this port in particular, so that it stands for all connections. */
const EXEMPT_PORT = INTERCEPTION_PROBE.port - 1;

export interface ProbeDeps {
  readonly network: Network;
  readonly timers: Timers;
  /** How long it waits to meet itself. */
  readonly answerMs: number;
  /** Called once, with any outcome but `untried` and `not-used`. */
  readonly settled: (outcome: InterceptionOutcome) => void;
}

/** Connections that may be ours and are remembered; of strangers there are few. */
const ARRIVED_MAX = 64;

/** One connection that we dial, and that may come back to us. */
class Dial implements StreamHandler {
  readonly #changed: () => void;
  #stream: Stream | null = null;
  #isOver = false;
  #localPort = 0;
  /** What has arrived under the dialled address, before our own port was known. */
  readonly #arrived: { readonly port: number; readonly meant: Address | null }[] = [];
  closed: CloseReason | null = null;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  start(network: Network, host: string, port: number): void {
    this.#stream = network.dial(host, port, this);
  }

  onConnected(): void {
    this.#localPort = this.#stream?.localPort ?? 0;
    this.#changed();
  }

  onRead(): void {}

  onReadEnd(): void {}

  onWritable(): void {}

  onClosed(reason: CloseReason): void {
    if (this.#isOver) return;
    this.closed = reason;
    this.#changed();
  }

  /** Something came in that may be the other end. */
  arrived(port: number, meant: Address | null): boolean {
    if (this.#arrived.length < ARRIVED_MAX) this.#arrived.push({ port, meant });
    this.#changed();
    return port === this.#localPort;
  }

  get isConnected(): boolean {
    return this.#localPort !== 0;
  }

  /** What the other end was told of its destination; undefined while it has not been met. */
  get met(): Address | null | undefined {
    if (this.#localPort === 0) return undefined;
    return this.#arrived.find(({ port }) => port === this.#localPort)?.meant;
  }

  close(): void {
    this.#isOver = true;
    this.#stream?.destroy();
  }
}

export class InterceptionProbe {
  readonly host: string;
  readonly #deps: ProbeDeps;
  readonly #exempt = new Dial(() => this.#look());
  readonly #main = new Dial(() => this.#look());
  #timer: TimerHandle | null = null;
  #isSettling = false;
  #isOver = false;

  constructor(family: IpFamily, deps: ProbeDeps) {
    this.host = INTERCEPTION_PROBE[family];
    this.#deps = deps;
  }

  start(): void {
    const { network, timers, answerMs } = this.#deps;
    this.#timer = timers.set(answerMs, () => this.#timeOut());
    // In this order: when the second is met, the first would have been.
    this.#exempt.start(network, this.host, EXEMPT_PORT);
    this.#main.start(network, this.host, INTERCEPTION_PROBE.port);
  }

  /**
   * A connection came in from this port, meant for there. True when it is certainly ours; that
   * may also show only later.
   */
  arrived(remotePort: number, meant: Address | null): boolean {
    // Two connections to different places may have the same port of ours.
    const isMain = meant?.port !== EXEMPT_PORT && this.#main.arrived(remotePort, meant);
    const isExempt =
      meant?.port !== INTERCEPTION_PROBE.port && this.#exempt.arrived(remotePort, meant);
    return isMain || isExempt;
  }

  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#timer !== null) this.#deps.timers.clear(this.#timer);
    this.#exempt.close();
    this.#main.close();
  }

  #look(): void {
    if (this.#isOver || this.#isSettling) return;
    const { closed, met } = this.#main;
    // What was met closes the other end too, so that one comes first.
    if (met !== undefined) this.#settleSoon();
    else if (closed !== null && !this.#main.isConnected) this.#settle(outcomeOfClose(closed));
  }

  #settleSoon(): void {
    const { timers } = this.#deps;
    this.#isSettling = true;
    if (this.#timer !== null) timers.clear(this.#timer);
    this.#timer = timers.set(SETTLE_MS, () => {
      const { met } = this.#main;
      const isRight = met?.host === this.host && met.port === INTERCEPTION_PROBE.port;
      if (this.#exempt.met !== undefined) this.#settle("not-exempt");
      else this.#settle(isRight ? "proven" : "no-original-destination");
    });
  }

  #timeOut(): void {
    this.#settle(this.#main.isConnected ? "answered-by-another" : "timeout");
  }

  #settle(outcome: InterceptionOutcome): void {
    if (this.#isOver) return;
    this.stop();
    this.#deps.settled(outcome);
  }
}

function outcomeOfClose(reason: CloseReason): InterceptionOutcome {
  switch (reason) {
    case "refused":
    case "reset":
      return "refused";
    case "timeout":
      return "timeout";
    default:
      return "unreachable";
  }
}

/** Whether a connection to there can only be somebody's proof. */
export function isProbeAddress({ host, port }: Address): boolean {
  return (
    (port === INTERCEPTION_PROBE.port || port === EXEMPT_PORT) &&
    (host === INTERCEPTION_PROBE.ipv4 || host === INTERCEPTION_PROBE.ipv6)
  );
}
