/**
 * System calls on sockets that Node has no function for. Their library is loaded only when it is
 * asked for: it takes some 15 ms and 3 MB, and most proxies need none of it.
 */

/** Calls take a file descriptor, and tell failure by their result, as the system does. */
export interface SocketCalls {
  /**
   * Writes the option's value into `value`. Returns how many bytes there are, or -1 where the
   * option is not known or has no value.
   */
  getOption(fd: number, level: number, option: number, value: Uint8Array): number;
}

/** Rejects where there is no such library for this machine. */
export async function loadSocketCalls(): Promise<SocketCalls> {
  const { default: koffi } = await import("koffi");
  const library = koffi.load(null);
  const getsockopt = library.func(
    "int getsockopt(int fd, int level, int option, void *value, void *length)",
  );
  const length = new Uint32Array(1);
  return {
    getOption: (fd, level, option, value) => {
      length[0] = value.length;
      const result: unknown = getsockopt(fd, level, option, value, length);
      return result === 0 ? (length[0] ?? 0) : -1;
    },
  };
}
