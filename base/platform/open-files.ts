/**
 * How many files the process has open, sockets included, and how many it may. Node raises the
 * limit to what the system allows as it starts, so what stands here is the last word.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";

/** Null where the system does not say, or sets no limit. */
export function readOpenFilesMax(): number | null {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
    return found === null ? null : Number(found[1]);
  } catch {
    return null;
  }
}

/** Null where the system does not say. */
export function countOpenFiles(): number | null {
  try {
    // From Linux 6.2 on, and it is quick with however many; older ones have them listed.
    const counted = statSync("/proc/self/fd").size;
    return counted > 0 ? counted : readdirSync("/proc/self/fd").length;
  } catch {
    return null;
  }
}
