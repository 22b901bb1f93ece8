/**
 * How an operator goes while others stay: proxies that come find another one, since this one has
 * said that it is not ready, and those that are here are sent there one after another.
 */
import type { Log } from "../../base/log.ts";
import type { Timers } from "../../base/timers.ts";
import type { Publisher } from "../publish/publisher.ts";
import type { ReplicaCredentials } from "./dial-leader.ts";

export interface ReplicaOptions {
  /** Where others reach this one; where it listens, if that is absent. */
  readonly host?: string;
  /** Without them, only replicas on this machine are spoken to. */
  readonly credentials?: ReplicaCredentials;
  /** For how long proxies are sent to other replicas, when this one stops; 0 for at once. */
  readonly handOverMs: number;
}

/** Of the time, this share is left for everybody to hear that this one is not ready. */
const NOTICE_SHARE = 0.25;

export async function handOver(options: {
  readonly handOverMs: number;
  readonly publisher: Publisher;
  readonly timers: Timers;
  readonly log: Log;
}): Promise<void> {
  const { handOverMs, publisher, timers, log } = options;
  const count = publisher.sessions().length;
  if (count === 0) return;
  log.info("proxies are sent to other operators", { proxies: count, withinMs: handOverMs });
  const noticeMs = handOverMs * NOTICE_SHARE;
  await new Promise<void>((resolve) => timers.set(noticeMs, resolve));
  await publisher.drain(handOverMs - noticeMs);
}
