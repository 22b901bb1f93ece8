/** Waits inside the cluster: looks again until what is waited for is so. */
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 250;

/** Throws what `describe` says when the limit passes; errors of a look count as not yet. */
export async function pollUntil(
  isSo: () => boolean | Promise<boolean>,
  limitMs: number,
  describe: () => string,
): Promise<void> {
  const deadlineMs = performance.now() + limitMs;
  for (;;) {
    if (await look(isSo)) return;
    if (performance.now() > deadlineMs) throw new Error(describe());
    await sleep(POLL_MS);
  }
}

async function look(isSo: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    return await isSo();
  } catch {
    return false;
  }
}
