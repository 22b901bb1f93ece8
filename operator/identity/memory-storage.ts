/** Roots in memory, for tests: several authorities can share it, as replicas share a Secret. */
import type { AuthorityStorage, StoredRoots } from "./authority-storage.ts";
import type { RootTexts } from "./root-bundle.ts";

export class MemoryStorage implements AuthorityStorage {
  current: StoredRoots | null | undefined = null;
  readonly written: RootTexts[] = [];
  /** What a write meets before it is done. */
  interfere: () => void = () => {};
  #version = 0;
  readonly #listeners = new Set<() => void>();

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async start(): Promise<void> {}

  async write(roots: RootTexts, over: StoredRoots | null): Promise<void> {
    this.interfere();
    if (over?.version !== this.current?.version) throw new Error("somebody was faster");
    this.written.push(roots);
    this.put(roots);
  }

  /** By somebody else. */
  put(roots: RootTexts): void {
    this.#version += 1;
    this.current = { ...roots, version: String(this.#version) };
    for (const listener of this.#listeners) listener();
  }

  /** By somebody else. */
  remove(): void {
    this.current = null;
    for (const listener of this.#listeners) listener();
  }

  async stop(): Promise<void> {
    this.#listeners.clear();
  }
}
