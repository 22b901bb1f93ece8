/**
 * Writes to a socket at once, out of bytes that are only borrowed. Node's own write keeps a
 * reference to what the kernel did not take, and does not tell how much that is, so that borrowed
 * bytes would have to be copied first. A descriptor takes them as they are, and tells.
 */
import { writeSync } from "node:fs";
import type { Socket } from "node:net";
import { descriptorOf } from "./descriptor.ts";

/**
 * How many of the bytes the kernel has taken; none where that cannot be known now: something
 * waits to be written before them, or the socket is not one to write to. What is wrong with it
 * shows when the rest is written the usual way. Never for sockets that encrypt.
 */
export function writeNow(socket: Socket, bytes: Uint8Array, start: number, end: number): number {
  if (socket.destroyed || socket.connecting || socket.writableEnded) return 0;
  if (socket.writableLength > 0) return 0;
  // Asked each time: a number that was closed may be another connection's by now.
  const fd = descriptorOf(socket);
  if (fd < 0) return 0;
  try {
    return writeSync(fd, bytes, start, end - start);
  } catch {
    return 0;
  }
}
