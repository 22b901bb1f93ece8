import { LF } from "./byte-class.ts";
import { INCOMPLETE } from "./http1-error.ts";

/**
 * What to give back for a line that is wrong at `at`. A line counts as wrong only when all of it
 * has arrived: so the same bytes give the same verdict however the network cut them.
 */
export function failLine(bytes: Uint8Array, at: number, limit: number, failed: number): number {
  for (let index = at; index < limit; index++) {
    if (bytes[index] === LF) return failed;
  }
  return INCOMPLETE;
}
