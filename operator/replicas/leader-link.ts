/**
 * This replica's link to the one that leads: tells it of the proxies served here, and comes again
 * with a growing pause when the link breaks. Who leads follows from the Lease.
 *
 *     idle --follow--> connecting --leader--> live        connecting, live --lost--> waiting
 *     waiting --pause is over--> connecting               any of them --follow nobody--> idle
 */
import { Backoff } from "../../base/backoff.ts";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import type { TimerHandle, Timers } from "../../base/timers.ts";
import type { ControlLink, ControlLinkEvents } from "../../mesh/control-link.ts";
import { CLOSE, type Program } from "../../mesh/control-messages.ts";
import { Heartbeat } from "../../mesh/heartbeat.ts";
import { parseReplicaMessage, REPLICA_PROTOCOL, type ReplicaMessage } from "./replica-messages.ts";
import type { SessionReports } from "./session-reports.ts";

export const LEADER_LINK_LIMITS = {
  /** From the start of an attempt to the leader's greeting. */
  connectTimeoutMs: 5_000,
  retryBaseMs: 200,
  retryMaxMs: 5_000,
  /** What is new waits so long for more. */
  gatherMs: 100,
  /** Nothing more is told while so much is on its way. */
  bufferedBytesMax: 4 * 1024 * 1024,
} as const;

export interface ReplicaDialEvents extends ControlLinkEvents {
  /** Once, first. A connection that fails gives `onClose` alone. */
  onOpen(): void;
}

/** Starts to connect to the control port at `host:port`. No event comes before it has returned. */
export type ReplicaDialer = (address: string, events: ReplicaDialEvents) => ControlLink;

export interface LeaderLinkOptions {
  readonly reports: SessionReports;
  readonly dial: ReplicaDialer;
  readonly operator: Program;
  /** Of this process, as in the Lease. */
  readonly identity: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
}

export class LeaderLink {
  readonly #options: LeaderLinkOptions;
  readonly #backoff: Backoff;
  /** Empty: there is nobody to tell. */
  #address = "";
  #link: ControlLink | null = null;
  #heartbeat: Heartbeat | null = null;
  /** Of an attempt, a pause or the next heartbeat. */
  #timer: TimerHandle | null = null;
  #gatherTimer: TimerHandle | null = null;
  #hasFailed = false;

  constructor(options: LeaderLinkOptions) {
    this.#options = options;
    const { retryBaseMs: baseMs, retryMaxMs: maxMs } = LEADER_LINK_LIMITS;
    this.#backoff = new Backoff({ baseMs, maxMs, random: options.random });
    options.reports.changed = () => this.#gather();
  }

  /** Whether the leader is being told. */
  get isLive(): boolean {
    return this.#heartbeat !== null;
  }

  /** Where the leader listens; empty where there is none, or it is this one. */
  follow(address: string): void {
    if (address === this.#address) return;
    this.#address = address;
    this.#hasFailed = false;
    this.#backoff.reset();
    this.#drop()?.close(CLOSE.normal, "another one leads");
    if (address !== "") this.#connect();
  }

  stop(): void {
    this.follow("");
  }

  #connect(): void {
    const { dial, operator, identity, timers } = this.#options;
    // An event of a link that was given up must not be taken for one of its successor.
    const ifCurrent = (act: () => void): void => {
      if (this.#link === link) act();
    };
    const link = dial(this.#address, {
      onOpen: () =>
        ifCurrent(() => {
          this.#send({ message: "replica", protocol: REPLICA_PROTOCOL, operator, identity });
        }),
      onText: (text) => ifCurrent(() => this.#receive(text)),
      onDrain: () => ifCurrent(() => this.#gather()),
      onClose: (code, reason) => ifCurrent(() => this.#lose(`${code} ${reason}`.trim())),
    });
    this.#link = link;
    this.#setTimer(
      LEADER_LINK_LIMITS.connectTimeoutMs,
      () => this.#cut("it does not answer"),
      timers,
    );
  }

  #receive(text: string): void {
    this.#heartbeat?.heard(this.#options.clock.nowMs());
    const message = parseReplicaMessage(text);
    switch (message?.message) {
      case "leader":
        if (!this.isLive) this.#goLive(message.heartbeatMs);
        break;
      case "not-leading":
        this.#cut("it does not lead");
        break;
      case "ping":
        this.#send({ message: "pong" });
        break;
      case "pong":
        break;
      default:
        this.#cut("what it says makes no sense");
    }
  }

  #goLive(heartbeatMs: number): void {
    const { clock, reports, log } = this.#options;
    this.#heartbeat = new Heartbeat(heartbeatMs, clock.nowMs());
    this.#hasFailed = false;
    this.#backoff.reset();
    log.info("the leader is told of the proxies here", { leader: this.#address });
    reports.begin();
    this.#flush();
    this.#armHeartbeat();
  }

  #gather(): void {
    if (!this.isLive || this.#gatherTimer !== null) return;
    this.#gatherTimer = this.#options.timers.set(LEADER_LINK_LIMITS.gatherMs, () => {
      this.#gatherTimer = null;
      this.#flush();
    });
  }

  /** What finds no room now goes when something has gone out. */
  #flush(): void {
    const link = this.#link;
    while (this.isLive && link !== null && this.#link === link) {
      if (link.bufferedBytes > LEADER_LINK_LIMITS.bufferedBytesMax) return;
      const message = this.#options.reports.take();
      if (message === undefined) return;
      this.#send(message);
    }
  }

  #send(message: ReplicaMessage): void {
    this.#link?.send(JSON.stringify(message));
  }

  #cut(why: string): void {
    this.#link?.terminate();
    this.#lose(why);
  }

  #lose(why: string): void {
    const { log, timers } = this.#options;
    this.#drop();
    if (!this.#hasFailed) log.warn("the leader is not told", { leader: this.#address, why });
    this.#hasFailed = true;
    this.#setTimer(this.#backoff.nextMs(), () => this.#connect(), timers);
  }

  /** The link is somebody else's to close. */
  #drop(): ControlLink | null {
    const link = this.#link;
    const { timers, reports } = this.#options;
    for (const timer of [this.#timer, this.#gatherTimer]) if (timer !== null) timers.clear(timer);
    this.#timer = null;
    this.#gatherTimer = null;
    this.#link = null;
    this.#heartbeat = null;
    reports.end();
    return link;
  }

  #armHeartbeat(): void {
    const { clock, timers } = this.#options;
    const heartbeat = this.#heartbeat;
    if (heartbeat === null) return;
    const check = (): void => {
      const verdict = heartbeat.check(clock.nowMs());
      if (verdict === "dead") {
        this.#cut("it fell silent");
        return;
      }
      if (verdict === "ping") this.#send({ message: "ping" });
      this.#armHeartbeat();
    };
    this.#setTimer(heartbeat.dueInMs(clock.nowMs()), check, timers);
  }

  #setTimer(delayMs: number, act: () => void, timers: Timers): void {
    if (this.#timer !== null) timers.clear(this.#timer);
    this.#timer = timers.set(delayMs, () => {
      this.#timer = null;
      act();
    });
  }
}
