/**
 * Keeps an authority's roots in a folder, for one operator without a cluster: all in one file, so
 * that a rename changes certificates and keys together, and the certificates once more beside it,
 * for whoever brings them to the proxies.
 */
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AuthorityStorage, StoredRoots } from "./authority-storage.ts";
import type { RootTexts } from "./root-bundle.ts";

/** Certificates and keys. */
const FILE = "authority.pem";
/** What proxies need. */
export const BUNDLE_FILE = "ca.crt";

const OWNER_ONLY = 0o600;
const ANYONE = 0o644;

export class FolderStorage implements AuthorityStorage {
  readonly #folder: string;
  readonly #listeners = new Set<() => void>();
  #current: StoredRoots | null | undefined;
  #writes = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get current(): StoredRoots | null | undefined {
    return this.#current;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Rejects when there is a file that cannot be read. */
  async start(): Promise<void> {
    try {
      const text = await readFile(join(this.#folder, FILE), "utf8");
      this.#current = { certificates: text, keys: text, version: "0" };
    } catch (error) {
      if (!isMissing(error)) throw error;
      this.#current = null;
    }
  }

  async write({ certificates, keys }: RootTexts): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await this.#replace(FILE, `${certificates}${keys}`, OWNER_ONLY);
    await this.#replace(BUNDLE_FILE, certificates, ANYONE);
    this.#writes += 1;
    this.#current = { certificates, keys, version: String(this.#writes) };
    for (const listener of this.#listeners) listener();
  }

  async stop(): Promise<void> {
    this.#listeners.clear();
  }

  async #replace(name: string, text: string, mode: number): Promise<void> {
    const path = join(this.#folder, name);
    await writeFile(`${path}.new`, text, { mode });
    // A file that was left behind keeps its own mode.
    await chmod(`${path}.new`, mode);
    await rename(`${path}.new`, path);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
