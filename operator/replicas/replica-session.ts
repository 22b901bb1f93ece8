/** One link of another replica to this one, which leads: takes what is told into the table. */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { TimerHandle, Timers } from "../../base/timers.ts";
import type { ControlLink } from "../../mesh/control-link.ts";
import { CLOSE } from "../../mesh/control-messages.ts";
import { Heartbeat } from "../../mesh/heartbeat.ts";
import type { SessionId } from "../publish/resources.ts";
import type { ControlEnd } from "../publish/server-link.ts";
import type { ProgrammedTable } from "../status/programmed-table.ts";
import { HUB_LIMITS, type Replica } from "./replica.ts";
import {
  parseReplicaMessage,
  REPLICA_PROTOCOL,
  type ReplicaHello,
  type ReplicaMessage,
  type SessionsMessage,
} from "./replica-messages.ts";
import { RevisionMemory } from "./revision-memory.ts";

export interface ReplicaSessionOptions {
  readonly link: ControlLink;
  readonly remote: string;
  readonly leads: () => boolean;
  readonly table: ProgrammedTable;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  /** It has said which replica it is. */
  readonly greeted: (identity: string) => Replica;
  readonly closed: () => void;
}

export class ReplicaSession implements ControlEnd {
  readonly #options: ReplicaSessionOptions;
  readonly #heartbeat: Heartbeat;
  readonly #memory = new RevisionMemory();
  /** Sessions of an earlier link that have not been told of again. */
  readonly #stale = new Set<SessionId>();
  #replica: Replica | null = null;
  #timer: TimerHandle | null = null;
  #isClosed = false;

  constructor(options: ReplicaSessionOptions) {
    this.#options = options;
    this.#heartbeat = new Heartbeat(HUB_LIMITS.heartbeatMs, options.clock.nowMs());
    this.#timer = options.timers.set(HUB_LIMITS.helloTimeoutMs, () => this.cut("hello-timeout"));
  }

  receive(text: string): void {
    if (this.#isClosed) return;
    this.receivedBelow();
    const message = parseReplicaMessage(text);
    if (message === undefined) this.#end("it makes no sense");
    else if (!this.#options.leads()) this.notLeading();
    else if (message.message === "replica") this.#greet(message);
    else if (this.#replica === null) this.#end("it does not say who it is");
    else this.#take(message, this.#replica);
  }

  receivedBelow(): void {
    this.#heartbeat.heard(this.#options.clock.nowMs());
  }

  drained(): void {}

  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#timer !== null) this.#options.timers.clear(this.#timer);
    this.#timer = null;
    this.#options.closed();
  }

  /** The other side looks who leads, and tells that one. */
  notLeading(): void {
    if (this.#isClosed) return;
    this.#send({ message: "not-leading" });
    this.#options.link.close(CLOSE.goingAway, "not leading");
    this.closed();
  }

  cut(why: string): void {
    if (this.#isClosed) return;
    this.#options.log.debug("the link of a replica is cut", { why, from: this.#options.remote });
    this.#options.link.terminate();
    this.closed();
  }

  #greet({ protocol, identity }: ReplicaHello): void {
    if (this.#replica !== null || protocol !== REPLICA_PROTOCOL) {
      this.#end("it speaks another version, or greets twice");
      return;
    }
    const replica = this.#options.greeted(identity);
    this.#replica = replica;
    for (const id of replica.sessions) this.#stale.add(id);
    this.#options.log.info("a replica tells of its proxies", { replica: identity });
    const { heartbeatMs } = HUB_LIMITS;
    this.#send({ message: "leader", protocol: REPLICA_PROTOCOL, heartbeatMs });
    this.#armHeartbeat();
  }

  #take(message: Exclude<ReplicaMessage, ReplicaHello>, replica: Replica): void {
    switch (message.message) {
      case "sessions":
        this.#takeSessions(message, replica);
        break;
      case "ping":
        this.#send({ message: "pong" });
        break;
      case "pong":
      case "leader":
      case "not-leading":
        break;
    }
  }

  #takeSessions(message: SessionsMessage, replica: Replica): void {
    const { table } = this.#options;
    const { identity, sessions } = replica;
    for (const { name, revision, objects } of message.revisions) {
      this.#memory.put(name, { revision, objects });
    }
    for (const { info, openedAtWallMs } of message.opened) {
      const id = idOf(identity, info.id);
      table.sessionOpened({ ...info, id }, { key: id, openedAtWallMs });
      sessions.add(id);
      this.#stale.delete(id);
    }
    for (const { session, name, held: revision, refused, missing } of message.resources) {
      const told = this.#memory.get(name, revision) ?? { revision, objects: [] };
      const held = revision === "" ? null : told;
      table.resourceChanged(idOf(identity, session), { name, held, refused, missing });
    }
    for (const { session, name } of message.dropped) {
      table.resourceDropped(idOf(identity, session), name);
    }
    for (const session of message.closed) this.#forget(idOf(identity, session), replica);
    if (!message.isWhole) return;
    for (const id of this.#stale) this.#forget(id, replica);
    this.#stale.clear();
  }

  #forget(id: SessionId, { sessions }: Replica): void {
    if (sessions.delete(id)) this.#options.table.sessionClosed(id);
  }

  #send(message: ReplicaMessage): void {
    this.#options.link.send(JSON.stringify(message));
  }

  #end(why: string): void {
    this.#options.log.warn("a replica's message is not taken", { why, from: this.#options.remote });
    this.#options.link.close(CLOSE.protocolError, why);
    this.closed();
  }

  #armHeartbeat(): void {
    const { clock, timers } = this.#options;
    if (this.#timer !== null) timers.clear(this.#timer);
    this.#timer = timers.set(this.#heartbeat.dueInMs(clock.nowMs()), () => {
      const verdict = this.#heartbeat.check(clock.nowMs());
      if (verdict === "dead") {
        this.cut("silent");
        return;
      }
      if (verdict === "ping") this.#send({ message: "ping" });
      this.#armHeartbeat();
    });
  }
}

function idOf(identity: string, session: SessionId): SessionId {
  return `${identity}/${session}`;
}
