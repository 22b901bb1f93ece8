/**
 * How a proxy goes. Two events mean two things, and a third looks like the second:
 *
 *   serving   takes what comes                                      -> draining, retiring, stopping
 *   draining  the workload is going: what comes in is still served,
 *             and every answer is the last of its connection        -> retiring, stopping
 *   retiring  a successor has the sockets: what is open is served
 *             to its next answer, in its own time                   -> stopping
 *   stopping  the application is gone: what is idle ends at once
 *
 * The last two end when no caller is left, by the grace time at the latest.
 */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Timers } from "../../base/timers.ts";
import type { Listener } from "../net/stream.ts";
import type { OpenConnections } from "./open-connections.ts";

export const STAGES = ["serving", "draining", "retiring", "stopping"] as const;

export type Stage = (typeof STAGES)[number];

export const DOOR_NAMES = ["admin", "outbound", "inbound"] as const;

export type DoorName = (typeof DOOR_NAMES)[number];

/** A listener and the connections that came through it. */
export interface Door {
  readonly name: DoorName;
  readonly listener: Listener;
  readonly connections: OpenConnections;
}

/** The system's queue of callers that wait to be accepted, at each door. */
export const DOOR_BACKLOG = 1_024;

/** How often it is looked whether callers are left. */
const LOOK_MS = 10;

export interface LifecycleDeps {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly graceMs: number;
}

export class Lifecycle {
  readonly #deps: LifecycleDeps;
  readonly #doors: Door[] = [];
  #stage: Stage = "serving";
  /** When whoever is left is cut. */
  #untilMs = Number.POSITIVE_INFINITY;

  constructor(deps: LifecycleDeps) {
    this.#deps = deps;
  }

  get stage(): Stage {
    return this.#stage;
  }

  get doors(): readonly Door[] {
    return this.#doors;
  }

  add(door: Door): void {
    this.#doors.push(door);
  }

  /** Callers that are connected at this door. */
  countAt(name: DoorName): number {
    return this.#doors.find((door) => door.name === name)?.connections.size ?? 0;
  }

  /** The workload is going. What it asks for itself stays as it is. */
  drain(): void {
    if (this.#stage !== "serving") return;
    this.#enter("draining");
    for (const { name, connections } of this.#doors) {
      if (name === "inbound") connections.endAfterAnswer();
    }
  }

  /** Resolves when no caller is left. Nothing may be closed under one that is about to ask. */
  async retire(): Promise<void> {
    if (this.#stage === "stopping") return;
    this.#enter("retiring");
    for (const { listener, connections } of this.#doors) {
      listener.close();
      connections.endAfterAnswer();
    }
    await this.#ended(this.#doors);
  }

  /**
   * Resolves when no caller is left. The admin's door stays open, so that its pages tell of it;
   * `close` shuts it.
   */
  async stop(): Promise<void> {
    this.#enter("stopping");
    const doors = this.#doors.filter(({ name }) => name !== "admin");
    for (const { listener, connections } of doors) {
      listener.close();
      connections.drain();
    }
    await this.#ended(doors);
  }

  /** No page is answered any more. */
  close(): void {
    for (const { listener } of this.#doors) listener.close();
  }

  #enter(stage: Stage): void {
    if (this.#stage === stage) return;
    this.#stage = stage;
    const { log } = this.#deps;
    const open = { outbound: this.countAt("outbound"), inbound: this.countAt("inbound") };
    log.info(`proxy ${stage}`, open);
  }

  async #ended(doors: readonly Door[]): Promise<void> {
    const { clock, timers, graceMs } = this.#deps;
    this.#untilMs = Math.min(this.#untilMs, clock.nowMs() + graceMs);
    while (doors.some(({ connections }) => connections.size > 0)) {
      if (clock.nowMs() >= this.#untilMs) break;
      await new Promise<void>((resolve) => {
        timers.set(LOOK_MS, resolve);
      });
    }
    for (const { connections } of doors) connections.abort();
  }
}
