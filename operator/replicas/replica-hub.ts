/**
 * The leader's end of what replicas tell: their sessions stand in the leader's table beside its
 * own. What a replica told stays for a moment when its link is gone, since it comes again at once
 * where it is only the link that broke.
 *
 *     greeting --replica--> live --end--> closed        greeting --end, timeout--> closed
 */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Timers } from "../../base/timers.ts";
import type { ControlLink } from "../../mesh/control-link.ts";
import { CLOSE } from "../../mesh/control-messages.ts";
import type { SessionId } from "../publish/resources.ts";
import type { ControlEnd } from "../publish/server-link.ts";
import type { ProgrammedTable } from "../status/programmed-table.ts";
import { HUB_LIMITS, type Replica } from "./replica.ts";
import { ReplicaSession } from "./replica-session.ts";

export interface ReplicaHubOptions {
  readonly table: ProgrammedTable;
  /** Whether this replica leads. */
  readonly leads: () => boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

export class ReplicaHub {
  readonly #options: ReplicaHubOptions;
  readonly #links = new Set<ReplicaSession>();
  readonly #replicas = new Map<string, Replica>();
  #isStopped = false;

  constructor(options: ReplicaHubOptions) {
    this.#options = options;
  }

  /** Others from which something was told, with a link or without. */
  get replicaCount(): number {
    return this.#replicas.size;
  }

  /** Undefined when there is no room: the link has been closed. */
  accept(link: ControlLink, remote: string): ControlEnd | undefined {
    if (this.#isStopped || this.#links.size >= HUB_LIMITS.linksMax) {
      link.close(CLOSE.tryAgainLater, "too many replicas");
      return undefined;
    }
    const { leads, clock, timers, log, table } = this.#options;
    const session = new ReplicaSession({
      ...{ link, remote, leads, clock, timers, log, table },
      greeted: (identity) => this.#greeted(identity, session),
      closed: () => this.#closed(session),
    });
    this.#links.add(session);
    return session;
  }

  /** Another one leads now: everybody has to tell that one. */
  leadershipChanged(): void {
    if (this.#options.leads()) return;
    for (const session of [...this.#links]) session.notLeading();
    for (const replica of [...this.#replicas.values()]) this.#forget(replica);
  }

  stop(): void {
    this.#isStopped = true;
    for (const session of [...this.#links]) session.notLeading();
    for (const replica of [...this.#replicas.values()]) this.#forget(replica);
  }

  #greeted(identity: string, session: ReplicaSession): Replica {
    const known = this.#replicas.get(identity);
    const fresh = { identity, sessions: new Set<SessionId>(), link: null, graceTimer: null };
    const replica: Replica = known ?? fresh;
    // What it told on an earlier link is told anew on this one.
    replica.link?.cut("replaced");
    replica.link = session;
    this.#clearGrace(replica);
    this.#replicas.set(identity, replica);
    return replica;
  }

  #closed(session: ReplicaSession): void {
    this.#links.delete(session);
    const replica = [...this.#replicas.values()].find(({ link }) => link === session);
    if (replica === undefined) return;
    replica.link = null;
    replica.graceTimer = this.#options.timers.set(HUB_LIMITS.graceMs, () => this.#forget(replica));
  }

  #forget(replica: Replica): void {
    this.#clearGrace(replica);
    this.#replicas.delete(replica.identity);
    for (const id of replica.sessions) this.#options.table.sessionClosed(id);
    replica.sessions.clear();
  }

  #clearGrace(replica: Replica): void {
    if (replica.graceTimer !== null) this.#options.timers.clear(replica.graceTimer);
    replica.graceTimer = null;
  }
}
