/**
 * The one place that touches the machine's clock, timers and randomness. Composition roots take
 * these and hand them down.
 */
import { randomFillSync } from "node:crypto";
import type { Clock } from "../clock.ts";
import { createSeededRandom, type Random } from "../random.ts";
import type { TimerHandle, Timers } from "../timers.ts";

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
};

export const systemTimers: Timers = {
  set: (delayMs, callback) => ({ timer: setTimeout(callback, delayMs) }),
  clear: (handle: TimerHandle) => {
    if (handle.timer instanceof Object) clearTimeout(handle.timer as NodeJS.Timeout);
  },
};

/** Seeded from the operating system, so that two proxies never walk in step. */
export function createSystemRandom(): Random {
  const seed = new Uint32Array(1);
  randomFillSync(seed);
  return createSeededRandom(seed[0] ?? 1);
}
