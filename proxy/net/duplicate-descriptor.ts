/** A second descriptor of a socket, which Node has no function for. */

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
  if (typeof copy !== "number" || copy < 0) throw new Error("a socket could not be duplicated");
  return copy;
}
