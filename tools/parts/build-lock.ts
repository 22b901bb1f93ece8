/**
 * Who brings parts now: one process of this user's, the others wait. It is held as a listening
 * socket without a file (Linux calls it abstract), which the system takes away from whoever dies.
 * Elsewhere there is no such socket and no lock: two that build the same waste time, and no more,
 * since each writes into a folder of its own.
 */
import { createHash } from "node:crypto";
import { createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const ASK_AGAIN_MS = 500;

export class BuildLock {
  readonly #server: Server | undefined;

  private constructor(server: Server | undefined) {
    this.#server = server;
  }

  /** Locks of different folders are different. `waits` is called once, when it has to. */
  static async take(folder: string, waits: () => void): Promise<BuildLock> {
    if (process.platform !== "linux") return new BuildLock(undefined);
    const mark = createHash("sha256").update(folder).digest("hex").slice(0, 16);
    for (let tries = 0; ; tries += 1) {
      const server = await listen(`\0heddle-build-${mark}`);
      if (server !== undefined) return new BuildLock(server);
      if (tries === 0) waits();
      await sleep(ASK_AGAIN_MS);
    }
  }

  async release(): Promise<void> {
    await new Promise((resolve) => {
      if (this.#server === undefined) resolve(undefined);
      else this.#server.close(resolve);
    });
  }
}

/** Undefined when another one listens there. */
function listen(path: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      if ("code" in error && error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen(path, () => resolve(server));
  });
}
