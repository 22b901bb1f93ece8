/** File descriptors of Node's sockets and servers, which its own interface does not tell. */
import type { Server, Socket } from "node:net";

/** -1 where there is none: it is closed, or the system has no such thing. */
export function descriptorOf(owner: Socket | Server): number {
  const handle: unknown = Reflect.get(owner, "_handle");
  const fd: unknown = handle instanceof Object ? Reflect.get(handle, "fd") : -1;
  return typeof fd === "number" ? fd : -1;
}
