/**
 * The one place that touches the machine's clock, timers, randomness, environment and standard
 * streams. Composition roots take these and hand them down.
 */
import { randomFillSync } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { Environment } from "../program.ts";
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

export function systemEnvironment(): Environment {
  return process.env;
}

export function writeStdout(text: string): void {
  process.stdout.write(text);
}

export function writeStderr(text: string): void {
  process.stderr.write(text);
}

/** Lets everything else that is due run first. For long work that is done in parts. */
export function systemNextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
