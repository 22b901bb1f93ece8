/**
 * Sockets in the file system as people write them: `unix:/run/heddle/operator.sock`. Only processes
 * of this machine reach them, from whatever network namespace, and the file's permissions say
 * which.
 */
export interface UnixAddress {
  /** Absolute. */
  readonly path: string;
}

/** `sun_path` holds 107, unix(7). Who listens makes the socket under a longer name first. */
export const UNIX_PATH_BYTES_MAX = 96;

/**
 * Undefined for what does not begin with `unix:`; a text says what is wrong. Characters that have
 * a meaning in URLs are not taken, as the path becomes part of one.
 */
export function parseUnixAddress(text: string): UnixAddress | string | undefined {
  if (!text.startsWith("unix:")) return undefined;
  const path = text.slice("unix:".length);
  if (!path.startsWith("/") || path.endsWith("/")) {
    return "a socket is named by its absolute path, as unix:/run/heddle/operator.sock";
  }
  if (!/^[\w./@+=,-]+$/.test(path)) return "the path may hold letters, digits and ._/@+=,- only";
  if (path.length > UNIX_PATH_BYTES_MAX) {
    return `the path is longer than the ${UNIX_PATH_BYTES_MAX} bytes that a socket's may have`;
  }
  return { path };
}

export function formatUnixAddress({ path }: UnixAddress): string {
  return `unix:${path}`;
}
