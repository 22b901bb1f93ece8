/**
 * How long this thread wanted a processor and did not get one. A test whose subject is real speed
 * can tell nothing on a machine that gives it none; its own slowness does not count here.
 */
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

/**
 * Above this share of the time, figures say more of the machine than of what is measured: of a
 * test that takes three seconds it is a pause of 150 ms, in which nothing is served.
 */
const WAITED_SHARE_MAX = 0.05;
const TRIES_MAX = 3;
/** What the kernel counts the time of processors in, for whoever reads it (proc_stat(5)). */
const TICK_MS = 10;

/**
 * Runs a body that measures and judges. A judgement that fails is made anew: the kernel's own work,
 * as the delivery of what was sent over loopback, can starve where this thread does not. What fails
 * every time stands, unless the machine starved this thread the last time: then `skip` ends the
 * test and says why. Figures that are good on a starved machine are good.
 */
export async function unlessStarved(
  skip: (note: string) => never,
  body: () => Promise<void>,
): Promise<void> {
  for (let count = 1; ; count += 1) {
    const startedMs = performance.now();
    const before = waitedMs();
    try {
      await body();
      return;
    } catch (error) {
      if (count < TRIES_MAX) continue;
      const share = (waitedMs() - before) / (performance.now() - startedMs);
      if (share <= WAITED_SHARE_MAX) throw error;
      skip(`no processor was free for ${(share * 100).toFixed(0)} % of the time: ${error}`);
    }
  }
}

/** On the run queue, and what other machines on the same hardware took. */
function waitedMs(): number {
  const [, waitedNs = "0"] = readText("/proc/thread-self/schedstat").split(" ");
  const [, , , , , , , , stolenTicks = "0"] = readText("/proc/stat").split(/\s+/, 9);
  return Number(waitedNs) / 1e6 + Number(stolenTicks) * TICK_MS;
}

/** Nothing where there is no such file: then nobody is ever starved. */
function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
