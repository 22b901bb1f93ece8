/**
 * A listening socket in the file system. It is made under another name and then moved into place:
 * so nobody can connect before its permissions are right, and what a killed operator left behind
 * is replaced in one step.
 */
import { chmod, lstat, rename, unlink } from "node:fs/promises";
import { connect, type Server } from "node:net";
import { dirname } from "node:path";
import { pid } from "node:process";
import type { UnixAddress } from "../../base/unix-address.ts";

/** The operator's user and group may connect; who else is in the group is the folder's to say. */
const MODE = 0o660;

/** One that neither takes a connection nor refuses it by then is not asked again. */
const TRY_MS = 2_000;

/** Resolves to what takes the socket away again. Rejects when somebody listens there already. */
export async function listenOnUnix(
  server: Server,
  { path }: UnixAddress,
): Promise<() => Promise<void>> {
  await checkFree(path);
  const temporary = `${path}.${pid}`;
  await unlinkIfThere(temporary);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path: temporary }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  await chmod(temporary, MODE);
  await rename(temporary, path);
  const { ino } = await lstat(path);
  return async () => {
    // Another operator may stand there by now.
    const found = await lstat(path).catch(() => undefined);
    if (found?.ino === ino) await unlinkIfThere(path);
  };
}

/** Nothing there, or a socket that nobody listens on any more. */
async function checkFree(path: string): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (found === undefined) {
    // Listening would call a missing folder a missing right.
    await lstat(dirname(path));
    return;
  }
  if (!found.isSocket()) throw new Error("there is something else than a socket in that place");
  if (await isListening(path)) {
    throw Object.assign(new Error("in use"), { code: "EADDRINUSE" });
  }
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const end = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.setTimeout(TRY_MS, () => end(true));
    socket.on("connect", () => end(true));
    // A full backlog (EAGAIN) or a missing right (EACCES) means that somebody is there.
    socket.on("error", (error: NodeJS.ErrnoException) => {
      end(error.code !== "ECONNREFUSED" && error.code !== "ENOENT");
    });
  });
}

async function unlinkIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}
