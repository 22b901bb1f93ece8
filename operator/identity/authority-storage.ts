/** Where the roots of an authority are kept, so that they outlive the process that made them. */
import type { RootTexts } from "./root-bundle.ts";

export interface StoredRoots extends RootTexts {
  /** Opaque: another writer's change makes it another. */
  readonly version: string;
}

export interface AuthorityStorage {
  /** Undefined until it has been read; null when there is nothing yet. */
  readonly current: StoredRoots | null | undefined;
  /**
   * Throws where somebody else was faster: when there is something although `over` is null, or it
   * is no longer what `over` was. `current` follows by itself.
   */
  write(roots: RootTexts, over: StoredRoots | null): Promise<void>;
  /** Calls back after each change of `current`. */
  subscribe(listener: () => void): () => void;
  start(): Promise<void>;
  stop(): Promise<void>;
}
