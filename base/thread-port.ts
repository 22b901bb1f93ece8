/** Messages between two threads of one process, and how a test joins two ends without threads. */

/** Values are copied on their way, but for memory that is made to be shared. */
export interface ThreadPort {
  post(message: unknown): void;
  /** Once; what came before is told then. */
  listen(heard: (message: unknown) => void): void;
}

export interface ThreadEvents {
  heard(message: unknown): void;
  /** Once, and the last. `error`: what nobody caught; undefined where it ended by itself. */
  ended(code: number, error: unknown): void;
}

/** A thread that was started from here. */
export interface Thread {
  post(message: unknown): void;
}
