/**
 * The operator's own certificate authority. Every replica reads its roots and issues from them; the
 * one that leads makes them, announces new ones in time, and drops those that are spent. What comes
 * next is planned in `roots.ts`; here it is done.
 */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { TimerHandle, Timers } from "../../base/timers.ts";
import type { Leadership } from "../../kube/lease.ts";
import type { AuthorityStorage, StoredRoots } from "./authority-storage.ts";
import {
  type Credential,
  createRoot,
  issueLeaf,
  type Leaf,
  type LeafNames,
  type Signer,
} from "./certificate.ts";
import { formatRoots, readRoots } from "./root-bundle.ts";
import { AUTHORITY_TIMES, issuerAt, planRoots } from "./roots.ts";

/** After a failure, and while another replica is waited for. */
const RETRY_MS = 2_000;

export interface AuthorityOptions {
  readonly storage: AuthorityStorage;
  /** Whoever holds it writes. */
  readonly leadership: Leadership;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

export class Authority {
  readonly #options: AuthorityOptions;
  readonly #listeners = new Set<() => void>();
  #roots: readonly Credential[] = [];
  #problem = "";
  #warned = "";
  /** What `#roots` was read from. */
  #read: StoredRoots | null = null;
  #timer: TimerHandle | null = null;
  #working: Promise<void> | null = null;
  #isAsked = false;
  #isStopped = false;

  constructor(options: AuthorityOptions) {
    this.#options = options;
    options.storage.subscribe(() => this.#takeStored());
  }

  /** All that are trusted now; none until they have been read or made. */
  get roots(): readonly Credential[] {
    return this.#roots;
  }

  /** The roots' certificates, PEM; empty without any. */
  get bundle(): string {
    return formatRoots(this.#roots, this.#options.clock.wallMs()).certificates;
  }

  /** The root that is issued from now. */
  get issuer(): Signer | undefined {
    return issuerAt(this.#roots, this.#options.clock.wallMs());
  }

  /** Why there are no roots although there should be; empty when nothing is wrong. */
  get problem(): string {
    return this.#problem;
  }

  /** Calls back when the roots have changed. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async start(): Promise<void> {
    await this.#options.storage.start();
    this.#takeStored();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#clearTimer();
    // A write that is under way is given up.
    await this.#options.storage.stop();
    await this.#working;
  }

  leadershipChanged(): void {
    this.#tend();
  }

  /** Null where there is no root to issue from. It ends with its root, if that is sooner. */
  async issue(names: LeafNames, lifeMs: number): Promise<Leaf | null> {
    const wallMs = this.#options.clock.wallMs();
    const { issuer } = this;
    if (issuer === undefined) return null;
    return await issueLeaf(issuer, names, {
      notBeforeWallMs: Math.max(wallMs - AUTHORITY_TIMES.backdateMs, issuer.notBeforeWallMs),
      notAfterWallMs: Math.min(wallMs + lifeMs, issuer.notAfterWallMs),
    });
  }

  #takeStored(): void {
    const stored = this.#options.storage.current ?? null;
    if (stored !== null && stored.version !== this.#read?.version) this.#readStored(stored);
    this.#tend();
  }

  #readStored(stored: StoredRoots): void {
    const { log } = this.#options;
    this.#read = stored;
    try {
      this.#roots = readRoots(stored);
      this.#problem = "";
    } catch (error) {
      // What was read before stays in use: nothing gets better by forgetting it.
      this.#problem = `the authority's certificates: ${textOf(error)}`;
      log.error("the certificates of the authority cannot be read", { cause: textOf(error) });
      return;
    }
    log.info("read the certificates of the authority", { roots: this.#roots.length });
    for (const listener of this.#listeners) listener();
  }

  /** Sees to the roots now, and again when it is time. */
  #tend(): void {
    if (this.#isStopped) return;
    if (this.#working !== null) {
      this.#isAsked = true;
      return;
    }
    this.#clearTimer();
    this.#working = this.#lead().then((delayMs) => {
      this.#working = null;
      if (this.#isStopped) return;
      const isAsked = this.#isAsked;
      this.#isAsked = false;
      this.#timer = this.#options.timers.set(isAsked ? 0 : delayMs, () => this.#tend());
    });
  }

  /** Resolves to how long to wait before the next look. */
  async #lead(): Promise<number> {
    const { storage, leadership, clock, log } = this.#options;
    const { current } = storage;
    const isRead = current === null || current?.version === this.#read?.version;
    if (current === undefined || !isRead || !leadership.holds()) return AUTHORITY_TIMES.lookMs;
    if (current !== null && this.#problem !== "") return AUTHORITY_TIMES.lookMs;
    const wallMs = clock.wallMs();
    const { kept, needsRoot } = planRoots(this.#roots, wallMs);
    const isKept = kept.length === this.#roots.length;
    // What somebody has taken away is put back: all certificates that are in use hang on it.
    if (current !== null && !needsRoot && isKept) return AUTHORITY_TIMES.lookMs;
    // Written, they may be read at once.
    const dropped = this.#roots.length - kept.length;
    try {
      const made = needsRoot ? [await makeRoot(wallMs)] : [];
      // Making one has taken a moment.
      if (!leadership.holds()) return AUTHORITY_TIMES.lookMs;
      await storage.write(formatRoots([...kept, ...made], wallMs), current);
      this.#warned = "";
      log.info("changed the roots of the authority", { made: made.length, dropped });
    } catch (error) {
      this.#warn(textOf(error));
    }
    return RETRY_MS;
  }

  /** Once for each reason in a row. */
  #warn(cause: string): void {
    if (cause === this.#warned) return;
    this.#warned = cause;
    this.#options.log.warn("the roots of the authority cannot be written", { cause });
  }

  #clearTimer(): void {
    if (this.#timer !== null) this.#options.timers.clear(this.#timer);
    this.#timer = null;
  }
}

async function makeRoot(wallMs: number): Promise<Credential> {
  return await createRoot({
    notBeforeWallMs: wallMs - AUTHORITY_TIMES.backdateMs,
    notAfterWallMs: wallMs + AUTHORITY_TIMES.rootLifeMs,
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
