/**
 * Telling systemd that a service is ready: one datagram to a socket in the file system, which Node
 * cannot send. The library for it is loaded only where a supervisor has asked to be told.
 */

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0x80000;
const MSG_NOSIGNAL = 0x4000;
/** Of `sockaddr_un`: the family, and the longest path with its end. */
const FAMILY_BYTES = 2;
const PATH_BYTES_MAX = 108;

/** `path` as in `NOTIFY_SOCKET` (sd_notify(3)); rejects where it could not be told. */
export async function notifySupervisor(path: string, text: string): Promise<void> {
  const { default: koffi } = await import("koffi");
  const library = koffi.load(null);
  const socket = library.func("int socket(int family, int type, int protocol)");
  const sendto = library.func(
    "long sendto(int fd, void *bytes, size_t count, int flags, void *address, uint32_t length)",
  );
  const close = library.func("int close(int fd)");
  const address = addressOf(path);
  const bytes = Buffer.from(text);
  const fd: unknown = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (typeof fd !== "number" || fd < 0) throw new Error("no socket for the supervisor");
  try {
    const sent: unknown = sendto(fd, bytes, bytes.length, MSG_NOSIGNAL, address, address.length);
    if (Number(sent) !== bytes.length) throw new Error(`the supervisor at ${path} was not reached`);
  } finally {
    close(fd);
  }
}

/** A path that begins with @ is no file: its first byte is zero, and it has no end mark. */
function addressOf(path: string): Buffer {
  const isAbstract = path.startsWith("@");
  const name = Buffer.from(isAbstract ? `\0${path.slice(1)}` : `${path}\0`);
  if (name.length > PATH_BYTES_MAX) throw new Error(`${path} is no place of a supervisor`);
  const family = Buffer.alloc(FAMILY_BYTES);
  new Uint16Array(family.buffer, family.byteOffset, 1)[0] = AF_UNIX;
  return Buffer.concat([family, name]);
}
