/**
 * A process whose memory is to stay small starts once more, as itself, with settings that cannot be
 * changed in a running one. They decide how much private memory it keeps.
 */

import { LISTEN_COUNT_VARIABLE } from "../listen-variables.ts";

/**
 * The C library gives memory of this size and above back to the system as soon as it is free. The
 * engine's compilers take theirs in such pieces, on several threads; without this their free
 * memory stays with the process for good, some 10 to 20 MB.
 */
const GIVEN_BACK_BYTES_MIN = 16_384;
const GIVEN_BACK_VARIABLE = "MALLOC_MMAP_THRESHOLD_";

/** How far one half of the nursery may grow, in megabytes. Figures: docs/decisions. */
export const NURSERY_MB = {
  /** Nothing lives long in a proxy, so a small one is swept cheaply. */
  proxy: 1,
  /** Larger than the questions under way with their buffers, which would grow old otherwise. */
  webhook: 8,
} as const;

/**
 * Becomes the same program again, with the same process id, arguments and streams; costs some
 * 40 ms. Returns when it has been done already, or cannot be done here. Must be called before
 * anything is opened.
 */
export function becomeLean(nurseryMb: number): void {
  const { execve } = process;
  if (process.platform !== "linux" || execve === undefined) return;
  if (process.env[GIVEN_BACK_VARIABLE] !== undefined) return;
  // Node closes all but the standard streams for what it becomes.
  if (process.env[LISTEN_COUNT_VARIABLE] !== undefined) return;
  const env = { ...process.env, [GIVEN_BACK_VARIABLE]: String(GIVEN_BACK_BYTES_MIN) };
  // What was given on the command line comes after ours, and wins.
  const flags = [`--max-semi-space-size=${nurseryMb}`, ...process.execArgv];
  try {
    execve(process.execPath, [process.execPath, ...flags, ...process.argv.slice(1)], env);
  } catch {
    // Forbidden here. The program works as it is, and only takes more memory.
  }
}
