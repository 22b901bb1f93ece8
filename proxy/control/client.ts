/**
 * Keeps one connection to some replica of the operator: connects, greets, listens for silence,
 * and after a loss tries the next address with backoff and jitter, for ever. It resumes with what
 * is held, unless the operator contradicted that or broke the protocol: then it asks for all.
 */
import { Backoff } from "../../base/backoff.ts";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import type { TimerHandle, Timers } from "../../base/timers.ts";
import type { ControlLink } from "../../mesh/control-link.ts";
import {
  CLOSE,
  CONTROL_PROTOCOL,
  type ControlError,
  type ControlErrorCode,
  type OperatorMessage,
  type Program,
  type ProxyMessage,
  type Welcome,
} from "../../mesh/control-messages.ts";
import { decodeOperatorMessage, type ProtocolProblem } from "../../mesh/decode-message.ts";
import { Heartbeat } from "../../mesh/heartbeat.ts";
import { FEATURES } from "../../mesh/snapshot.ts";
import type { StatReport } from "../../mesh/stat-report.ts";
import { type ClientEvent, type ClientState, nextClientState } from "./client-state.ts";
import type { Configuration } from "./configuration.ts";
import type { ControlConnector } from "./connector.ts";

/** From the start of an attempt to the welcome. */
export const CONNECT_TIMEOUT_MS = 10_000;
export const RECONNECT_BASE_MS = 200;
export const RECONNECT_MAX_MS = 10_000;
/** A connection that lasted so long was a good one: the next loss starts the backoff afresh. */
export const STABLE_AFTER_MS = 10_000;
/** What may wait on its way out before the operator counts as one that does not read. */
export const UPLINK_BUFFERED_BYTES_MAX = 4 * 1024 * 1024;
/** A report waits for nothing: it is dropped when more than this is still on its way. */
export const REPORT_BUFFERED_BYTES_MAX = 64 * 1024;

/** Problems after which what is held is as certain as before. */
const HARMLESS_ERRORS: readonly ControlErrorCode[] = ["unsupported", "requires", "limit"];

/** Of failures in a row the first of each sort is worth a warning, and then one in so many. */
const FAILURES_PER_WARNING = 60;
/** Sorts that are remembered; with more of them, they are none. */
const FAILURE_SORTS_MAX = 8;

export interface ControlClientOptions {
  /** `ws://host:port` each; any of them serves. */
  readonly addresses: readonly [string, ...string[]];
  readonly connect: ControlConnector;
  readonly configuration: Configuration;
  readonly proxy: Program;
  readonly namespace: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  /** Told after every change of its state. */
  readonly changed?: () => void;
}

/** The proxy's way to its operators, as those see it who do not care how it is made. */
export interface OperatorLink {
  start(): void;
  stop(): void;
  status(): ControlStatus;
  /** False when it was dropped: configuration goes first, and a report is never kept for later. */
  sendReport(body: StatReport): boolean;
}

/** For `/config` and metrics. */
export interface ControlStatus {
  readonly state: ClientState["kind"];
  /** Of the operator that is spoken to; empty when none is. */
  readonly address: string;
  readonly operator: Program | null;
  /** Since anything was heard from an operator; null when nothing ever was. */
  readonly lastMessageAgeMs: number | null;
  /** Times that an operator has welcomed this proxy. */
  readonly sessions: number;
  readonly reportsSent: number;
  readonly reportsDropped: number;
}

export class ControlClient implements OperatorLink {
  readonly #options: ControlClientOptions;
  readonly #backoff: Backoff;
  #state: ClientState = { kind: "stopped" };
  #link: ControlLink | null = null;
  #timer: TimerHandle | null = null;
  #heartbeat: Heartbeat | null = null;
  #addressIndex: number;
  #resume = true;
  #failures = 0;
  /** Of the failures in a row, what has been warned of. */
  readonly #warned = new Set<string>();
  #lastHeardMs: number | null = null;
  #sessions = 0;
  #reportsSent = 0;
  #reportsDropped = 0;
  /** Of the operator that has welcomed us last. */
  #takesAddresses = false;

  constructor(options: ControlClientOptions) {
    this.#options = options;
    const { random, addresses } = options;
    this.#backoff = new Backoff({ baseMs: RECONNECT_BASE_MS, maxMs: RECONNECT_MAX_MS, random });
    this.#addressIndex = random.nextUint32() % addresses.length;
  }

  start(): void {
    this.#dispatch({ kind: "start", address: this.#nextAddress() });
  }

  /** Says goodbye. What the configuration holds stays as it is. */
  stop(): void {
    this.#dispatch({ kind: "stop" });
  }

  status(): ControlStatus {
    const state = this.#state;
    const heardMs = this.#lastHeardMs;
    return {
      state: state.kind,
      address: "address" in state ? state.address : "",
      operator: state.kind === "live" ? state.operator : null,
      lastMessageAgeMs: heardMs === null ? null : this.#options.clock.nowMs() - heardMs,
      sessions: this.#sessions,
      reportsSent: this.#reportsSent,
      reportsDropped: this.#reportsDropped,
    };
  }

  /** False when it was dropped: configuration goes first, and a report is never kept for later. */
  sendReport(body: StatReport): boolean {
    const link = this.#link;
    const canSend =
      this.#state.kind === "live" &&
      link !== null &&
      link.bufferedBytes <= REPORT_BUFFERED_BYTES_MAX &&
      this.#options.configuration.isSettled;
    if (canSend) {
      this.#reportsSent += 1;
      this.#send({ message: "report", kind: "stats", body });
    } else {
      this.#reportsDropped += 1;
    }
    return canSend;
  }

  #dispatch(event: ClientEvent): void {
    const before = this.#state;
    const state = nextClientState(before, event);
    if (state === before) return;
    this.#state = state;
    this.#clearTimer();
    switch (state.kind) {
      case "stopped":
        this.#endSession();
        this.#takeLink()?.close(CLOSE.normal, "the proxy stops");
        break;
      case "waiting":
        this.#wait(before);
        break;
      case "connecting":
        this.#connect(state.address);
        break;
      case "greeting":
        this.#greet();
        break;
      case "live":
        this.#goLive(state.heartbeatMs);
        break;
    }
    this.#options.changed?.();
  }

  #wait(before: ClientState): void {
    const { clock, timers, log } = this.#options;
    this.#endSession();
    if (before.kind === "live" && clock.nowMs() - before.sinceMs >= STABLE_AFTER_MS) {
      this.#backoff.reset();
    }
    const delayMs = this.#backoff.nextMs();
    log.debug("will connect to the operator again", { delayMs: Math.round(delayMs) });
    this.#timer = timers.set(delayMs, () => {
      this.#dispatch({ kind: "retry", address: this.#nextAddress() });
    });
  }

  #connect(address: string): void {
    const { connect, timers } = this.#options;
    // An event of a link that was given up must not be taken for one of its successor.
    const ifCurrent = (act: () => void) => {
      if (this.#link === link) act();
    };
    const link = connect(address, {
      onOpen: () => ifCurrent(() => this.#dispatch({ kind: "opened" })),
      onText: (text) => ifCurrent(() => this.#receive(text)),
      onDrain: () => {},
      onClose: (code, reason) =>
        ifCurrent(() => {
          this.#link = null;
          this.#lose("the connection to the operator ended", `${code} ${reason}`.trim());
        }),
    });
    this.#link = link;
    this.#timer = timers.set(CONNECT_TIMEOUT_MS, () => {
      this.#lose("the operator does not answer", address, "dead");
    });
  }

  #greet(): void {
    const { configuration, proxy, namespace, timers } = this.#options;
    const holds = configuration.beginSession(this.#resume);
    const features = FEATURES;
    const protocol = CONTROL_PROTOCOL;
    this.#send({ message: "hello", protocol, proxy, namespace, features, holds });
    this.#timer = timers.set(CONNECT_TIMEOUT_MS, () => {
      this.#lose("the operator gave no welcome", "", "dead");
    });
  }

  #goLive(heartbeatMs: number): void {
    const { clock, configuration, log } = this.#options;
    this.#sessions += 1;
    this.#failures = 0;
    this.#warned.clear();
    this.#heartbeat = new Heartbeat(heartbeatMs, clock.nowMs());
    this.#armHeartbeat();
    log.info("connected to the operator", { address: this.status().address });
    const takesAddresses = this.#takesAddresses;
    configuration.attach({ takesAddresses, send: (message) => this.#send(message) });
  }

  #receive(text: string): void {
    const nowMs = this.#options.clock.nowMs();
    this.#lastHeardMs = nowMs;
    this.#heartbeat?.heard(nowMs);
    const message = decodeOperatorMessage(text);
    if (message.message === "problem") this.#answerProblem(message);
    else if (message.message === "error") this.#takeError(message);
    else if (message.message === "welcome") this.#takeWelcome(message, nowMs);
    else if (this.#state.kind === "live") this.#takeLive(message, text);
    else this.#violation("out-of-order", "before the welcome", message.message);
  }

  #takeWelcome(message: Welcome, nowMs: number): void {
    if (this.#state.kind !== "greeting") {
      this.#violation("out-of-order", "a second welcome", "welcome");
    } else if (message.protocol !== CONTROL_PROTOCOL) {
      const detail = `this proxy speaks version ${CONTROL_PROTOCOL}`;
      this.#violation("protocol-version", detail, "welcome");
    } else {
      const { operator, heartbeatMs, limits } = message;
      this.#takesAddresses = (limits.addressesMax ?? 0) > 0;
      this.#resume = true;
      this.#dispatch({ kind: "welcomed", operator, heartbeatMs, nowMs });
    }
  }

  #takeLive(message: Exclude<OperatorMessage, Welcome | ControlError>, text: string): void {
    switch (message.message) {
      case "ping":
        this.#send({ message: "pong" });
        break;
      case "pong":
        break;
      default:
        if (!this.#options.configuration.receive(message, text)) {
          const about = `${message.type} ${message.key}`;
          this.#violation("out-of-order", "this revision is not held", about);
        }
    }
  }

  #takeError({ code, detail, about }: ControlError): void {
    if (code === "going-away") {
      this.#goElsewhere(detail);
      return;
    }
    this.#options.log.warn("the operator reports a problem", { code, detail, about });
    if (!HARMLESS_ERRORS.includes(code)) this.#resume = false;
  }

  /** Nothing has failed: another one is asked as soon as may be, and is told what is held. */
  #goElsewhere(detail: string): void {
    this.#options.log.info("the operator sends this proxy to another one", { detail });
    this.#backoff.reset();
    this.#takeLink()?.close(CLOSE.normal, "");
    this.#dispatch({ kind: "lost" });
  }

  #answerProblem(problem: ProtocolProblem): void {
    const { code, detail, about } = problem;
    if (code === "unsupported") this.#send({ message: "error", code, detail, about });
    else this.#violation(code, detail, about);
  }

  /** The operator broke the protocol: nothing that it said is certain any more. */
  #violation(code: ControlErrorCode, detail: string, about: string): void {
    this.#resume = false;
    this.#send({ message: "error", code, detail, about });
    this.#lose("the operator broke the protocol", `${code}: ${detail} ${about}`.trim(), "broken");
  }

  #lose(what: string, detail: string, how: "left" | "broken" | "dead" = "left"): void {
    const link = this.#takeLink();
    // A goodbye to one that does not answer would wait for its answer.
    if (how === "dead") link?.terminate();
    else link?.close(how === "broken" ? CLOSE.protocolError : CLOSE.normal, "");
    const { log } = this.#options;
    const isNew = !this.#warned.has(detail) && this.#warned.size < FAILURE_SORTS_MAX;
    const isWorthWarning = isNew || this.#failures % FAILURES_PER_WARNING === 0;
    if (isNew) this.#warned.add(detail);
    this.#failures += 1;
    const fields = { detail, failures: this.#failures };
    if (isWorthWarning) log.warn(what, fields);
    else log.debug(what, fields);
    this.#dispatch({ kind: "lost" });
  }

  #send(message: ProxyMessage): void {
    const link = this.#link;
    if (link === null) return;
    if (link.bufferedBytes > UPLINK_BUFFERED_BYTES_MAX) {
      this.#lose("the operator does not read", "", "dead");
      return;
    }
    link.send(JSON.stringify(message));
  }

  #endSession(): void {
    this.#options.configuration.endSession();
    this.#heartbeat = null;
  }

  /** Whoever takes it closes it; its events reach nobody any more. */
  #takeLink(): ControlLink | null {
    const link = this.#link;
    this.#link = null;
    return link;
  }

  #armHeartbeat(): void {
    const { clock, timers } = this.#options;
    const heartbeat = this.#heartbeat;
    if (heartbeat === null) return;
    this.#timer = timers.set(heartbeat.dueInMs(clock.nowMs()), () => {
      this.#timer = null;
      const verdict = heartbeat.check(clock.nowMs());
      if (verdict === "dead") {
        this.#lose("the operator fell silent", "", "dead");
        return;
      }
      if (verdict === "ping") this.#send({ message: "ping" });
      this.#armHeartbeat();
    });
  }

  #clearTimer(): void {
    if (this.#timer !== null) this.#options.timers.clear(this.#timer);
    this.#timer = null;
  }

  #nextAddress(): string {
    const { addresses } = this.#options;
    this.#addressIndex = (this.#addressIndex + 1) % addresses.length;
    return addresses[this.#addressIndex] ?? addresses[0];
  }
}
