/** A second descriptor of a socket, which Node has no function for. */
import { closeSync } from "node:fs";

/** `fcntl` command of Linux (`fcntl.h`): programs that are started from here do not get it. */
const F_DUPFD_CLOEXEC = 1_030;
/** Above the standard streams. */
const LOWEST_FD = 3;

/**
 * The same socket under another number: it stays open when the first is closed. Rejects where
 * there is no way to do it. Its library is loaded for this alone.
 */
export async function duplicateDescriptor(fd: number): Promise<number> {
  const { default: koffi } = await import("koffi");
  const fcntl = koffi.load(null).func("int fcntl(int fd, int command, ...)");
  const copy: unknown = fcntl(fd, F_DUPFD_CLOEXEC, "int", LOWEST_FD);
  if (typeof copy !== "number") throw new Error("a socket could not be duplicated");
  if (copy >= 0) return copy;
  const isFull = koffi.errno() === koffi.os.errno.EMFILE;
  const why = isFull ? "too many files are open" : `error ${koffi.errno()}`;
  throw new Error(`a socket could not be duplicated: ${why}`);
}

export function closeDescriptors(fds: readonly number[]): void {
  for (const fd of fds) closeSync(fd);
}
