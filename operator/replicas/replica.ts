/** What the leader keeps of another replica, and how much of what. */
import type { TimerHandle } from "../../base/timers.ts";
import type { SessionId } from "../publish/resources.ts";

export const HUB_LIMITS = {
  /** Links of other replicas, greeted or not. */
  linksMax: 64,
  /** From the connection to the first message. */
  helloTimeoutMs: 5_000,
  /** How long what a replica told stays without a link to it. */
  graceMs: 10_000,
  heartbeatMs: 5_000,
} as const;

/** The link to a replica, as far as the one that keeps all of them looks at it. */
export interface ReplicaEnd {
  cut(why: string): void;
}

/** What one replica has told, over all links to it. */
export interface Replica {
  readonly identity: string;
  /** As the table knows them. */
  readonly sessions: Set<SessionId>;
  link: ReplicaEnd | null;
  graceTimer: TimerHandle | null;
}
