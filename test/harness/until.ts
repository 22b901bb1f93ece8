/**
 * Waits for what has no event to wait for. The bound is time, never a count of turns: how many
 * turns of the loop a file or a socket takes is the machine's affair, and on a busy one it is many.
 */
import { performance } from "node:perf_hooks";
import type { ManualTimers } from "../../base/timers.ts";

/**
 * Nobody waits longer: far more than anything takes, a Lease that has to run out for one, also
 * where no processor is free for long. A test may take longer.
 */
export const WAIT_MS_MAX = 60_000;
const POLL_MS = 5;
/**
 * The pause between two steps of time moved by hand. Turns of an idle loop take microseconds, and
 * a busy kernel can keep what was sent over loopback for tens of milliseconds: without a pause,
 * seconds of manual time, and the deadlines in them, would pass meanwhile.
 */
const STEP_PAUSE_MS = 1;
/** Where each look starts a program: looking must not be what the machine is busy with. */
export const SLOW_POLL_MS = 100;

type Condition = () => boolean | Promise<boolean>;

/**
 * Resolves when `isSo`, and throws what did not come about when patience ends. What `isSo` throws
 * ends the waiting at once.
 */
export async function until(
  what: string | (() => string),
  isSo: Condition,
  pollMs = POLL_MS,
): Promise<void> {
  await poll(what, isSo, () => new Promise((resolve) => setTimeout(resolve, pollMs)));
}

/** The same where time is moved by hand: by `stepMs` at every look. */
export async function untilInTime(
  timers: ManualTimers,
  stepMs: number,
  what: string | (() => string),
  isSo: Condition,
): Promise<void> {
  await poll(what, isSo, () => {
    timers.advance(stepMs);
    return new Promise((resolve) => setTimeout(resolve, STEP_PAUSE_MS));
  });
}

async function poll(
  what: string | (() => string),
  isSo: Condition,
  pause: () => Promise<unknown>,
): Promise<void> {
  const endMs = performance.now() + WAIT_MS_MAX;
  while (!(await isSo())) {
    if (performance.now() > endMs) {
      throw new Error(`it did not come about: ${typeof what === "string" ? what : what()}`);
    }
    await pause();
  }
}
