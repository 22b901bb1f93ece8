/**
 * Brings the table of resources to the proxies. It knows who is subscribed to what, gathers the
 * changes of a moment into one round, and spreads a large round over several turns of the loop, so
 * that a burst of changes never keeps heartbeats and acks waiting.
 */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { TimerHandle, Timers } from "../../base/timers.ts";
import type { ControlLink } from "../../mesh/control-link.ts";
import { CLOSE, type Program } from "../../mesh/control-messages.ts";
import type { StatSink } from "../stats/stat-sink.ts";
import { Frames } from "./frames.ts";
import { LOCAL_PEER, type Peer } from "./peer.ts";
import { PUBLISH_LIMITS, type PublishLimits } from "./publish-limits.ts";
import {
  type ProgrammedSink,
  type PublishObserver,
  type ResourceTable,
  resourceId,
  type SessionInfo,
} from "./resources.ts";
import { Session } from "./session.ts";
import type { SessionHost } from "./session-host.ts";
import type { SessionResources } from "./session-resources.ts";
import type { Subscription } from "./subscription.ts";

export const HEARTBEAT_MS = 10_000;

export interface PublisherOptions {
  readonly resources: ResourceTable;
  readonly programmed: ProgrammedSink;
  readonly stats: StatSink;
  readonly observer: PublishObserver;
  readonly operator: Program;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly heartbeatMs?: number;
  readonly limits?: Partial<PublishLimits>;
}

export interface Publisher {
  /**
   * Takes a new connection; the link's events go to what is returned. Undefined when there is no
   * room: the link has been closed.
   */
  accept(link: ControlLink, remote: string, peer?: Peer): Session | undefined;
  /** Ends what was opened by a pod that exists no more. */
  podGone(uid: string): void;
  /** Those that have greeted. */
  sessions(): readonly SessionInfo[];
  /**
   * Takes nobody any more, and asks one proxy after another to go to another replica, so that they
   * do not all come there at once. Those that are left are served meanwhile. Resolves when all have
   * been asked.
   */
  drain(durationMs: number): Promise<void>;
  /** Asks every proxy that is left to go to another replica, and ends. */
  stop(): void;
}

export function createPublisher(options: PublisherOptions): Publisher {
  return new SessionTable(options);
}

/** Who is subscribed to one resource. */
type Followers = Map<SessionResources, Subscription>;

class SessionTable implements Publisher {
  readonly #options: PublisherOptions;
  readonly #host: SessionHost;
  readonly #limits: PublishLimits;
  readonly #sessions = new Set<Session>();
  /** Of those whose credential is bound to a pod. */
  readonly #byPod = new Map<string, Set<Session>>();
  readonly #followers = new Map<string, Followers>();
  readonly #unsubscribe: () => void;
  /** Ids of resources that changed, and followers that are still to be looked at in this round. */
  readonly #changed = new Set<string>();
  #round: [SessionResources, Subscription][] = [];
  #roundTimer: TimerHandle | null = null;
  #roundMs = Number.NEGATIVE_INFINITY;
  #checkTimer: TimerHandle | null = null;
  #wasSynced: boolean;
  #nextSession = 1;
  #isStopped = false;
  #isDraining = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#limits = { ...PUBLISH_LIMITS, ...options.limits };
    this.#wasSynced = options.resources.synced;
    this.#host = {
      ...options,
      frames: new Frames(),
      limits: this.#limits,
      heartbeatMs: options.heartbeatMs ?? HEARTBEAT_MS,
      index: (owner, subscription) => this.#index(owner, subscription),
      unindex: (owner, subscription) => this.#unindex(owner, subscription),
      closed: (session) => this.#closed(session),
    };
    this.#unsubscribe = options.resources.subscribe((names) => {
      for (const name of names) this.#changed.add(resourceId(name));
      this.#checkSynced();
      this.#armRound();
    });
  }

  accept(link: ControlLink, remote: string, peer: Peer = LOCAL_PEER): Session | undefined {
    if (this.#isStopped || this.#isDraining || this.#sessions.size >= this.#limits.sessionsMax) {
      this.#options.observer.turnedAway("sessions");
      link.close(CLOSE.tryAgainLater, this.#isDraining ? "going away" : "too many sessions");
      return undefined;
    }
    const session = new Session(`s${this.#nextSession}`, this.#host, link, remote, peer);
    this.#nextSession += 1;
    this.#sessions.add(session);
    if (session.podUid !== "") this.#addOfPod(session);
    this.#armCheck();
    return session;
  }

  podGone(uid: string): void {
    for (const session of [...(this.#byPod.get(uid) ?? [])]) session.end("pod-gone");
  }

  sessions(): readonly SessionInfo[] {
    return [...this.#sessions].flatMap(({ info }) => (info === null ? [] : [info]));
  }

  drain(durationMs: number): Promise<void> {
    this.#isDraining = true;
    const { clock, timers } = this.#options;
    const startMs = clock.nowMs();
    const leaving = [...this.#sessions];
    const count = leaving.length;
    let asked = 0;
    return new Promise((resolve) => {
      const step = (): void => {
        const passedMs = clock.nowMs() - startMs;
        const due = durationMs <= 0 ? count : Math.ceil((count * passedMs) / durationMs);
        for (; asked < Math.min(due, count); asked++) leaving[asked]?.goAway();
        if (asked >= count || this.#isStopped) resolve();
        else timers.set(this.#limits.drainStepMs, step);
      };
      step();
    });
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#unsubscribe();
    const { timers } = this.#options;
    for (const timer of [this.#roundTimer, this.#checkTimer]) {
      if (timer !== null) timers.clear(timer);
    }
    this.#roundTimer = null;
    this.#checkTimer = null;
    for (const session of [...this.#sessions]) session.goAway();
  }

  #addOfPod(session: Session): void {
    const ofPod = this.#byPod.get(session.podUid) ?? new Set();
    this.#byPod.set(session.podUid, ofPod.add(session));
    const [oldest] = ofPod;
    if (ofPod.size > this.#limits.sessionsOfPodMax) oldest?.end("sessions-of-pod");
  }

  #closed(session: Session): void {
    this.#sessions.delete(session);
    const ofPod = this.#byPod.get(session.podUid);
    ofPod?.delete(session);
    if (ofPod?.size === 0) this.#byPod.delete(session.podUid);
  }

  #index(owner: SessionResources, subscription: Subscription): void {
    let followers = this.#followers.get(subscription.id);
    if (followers === undefined) {
      followers = new Map();
      this.#followers.set(subscription.id, followers);
    }
    followers.set(owner, subscription);
  }

  #unindex(owner: SessionResources, subscription: Subscription): void {
    const followers = this.#followers.get(subscription.id);
    followers?.delete(owner);
    if (followers?.size !== 0) return;
    this.#followers.delete(subscription.id);
    if (subscription.name.type === "endpoints") this.#host.frames.forget(subscription.name.key);
  }

  /** At once after a quiet time; otherwise when the time of gathering is over. */
  #armRound(): void {
    if (this.#roundTimer !== null || this.#isStopped) return;
    const { clock, timers } = this.#options;
    const sinceMs = clock.nowMs() - this.#roundMs;
    const isUnderWay = this.#round.length > 0;
    const delayMs = isUnderWay ? 0 : Math.max(0, this.#limits.coalesceMs - sinceMs);
    this.#roundTimer = timers.set(delayMs, () => {
      this.#roundTimer = null;
      this.#runRound();
    });
  }

  #runRound(): void {
    if (this.#round.length === 0) {
      this.#roundMs = this.#options.clock.nowMs();
      for (const id of this.#changed) this.#round.push(...(this.#followers.get(id) ?? []));
      this.#changed.clear();
    }
    const part = this.#round.splice(0, this.#limits.pumpsPerTurnMax);
    for (const [owner, subscription] of part) {
      // It may have gone since the round began, or have begun anew.
      if (this.#followers.get(subscription.id)?.get(owner) === subscription) {
        owner.pump(subscription);
      }
    }
    if (this.#round.length > 0 || this.#changed.size > 0) this.#armRound();
  }

  /** Until the table knows all, nothing is called absent; from then on that is said too. */
  #checkSynced(): void {
    const { synced } = this.#options.resources;
    if (synced && !this.#wasSynced) for (const session of this.#sessions) session.pumpAll();
    this.#wasSynced = synced;
  }

  /** One timer for all sessions: to be late by a quarter of a heartbeat harms nobody. */
  #armCheck(): void {
    if (this.#checkTimer !== null || this.#isStopped || this.#sessions.size === 0) return;
    const delayMs = Math.min(1000, this.#host.heartbeatMs / 4);
    this.#checkTimer = this.#options.timers.set(delayMs, () => {
      this.#checkTimer = null;
      this.#checkSynced();
      for (const session of [...this.#sessions]) session.check();
      this.#armCheck();
    });
  }
}
