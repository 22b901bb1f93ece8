/**
 * What this process shows to those who connect: a certificate of the authority's that lives in
 * memory alone. It is made anew in time, and when the authority issues from another root.
 */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { TimerHandle, Timers } from "../../base/timers.ts";
import type { Authority } from "./authority.ts";
import type { Leaf, LeafNames } from "./certificate.ts";
import { AUTHORITY_TIMES, renewAtWallMs } from "./roots.ts";

const RETRY_MS = 1_000;

export interface ServingCertificateOptions {
  readonly authority: Authority;
  readonly names: LeafNames;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

export class ServingCertificate {
  readonly #options: ServingCertificateOptions;
  readonly #listeners = new Set<(leaf: Leaf) => void>();
  readonly #unsubscribe: () => void;
  #leaf: Leaf | null = null;
  #timer: TimerHandle | null = null;
  #isWorking = false;
  #isStopped = false;

  constructor(options: ServingCertificateOptions) {
    this.#options = options;
    this.#unsubscribe = options.authority.subscribe(() => void this.#look());
  }

  /** Null until the authority has roots. */
  get leaf(): Leaf | null {
    return this.#leaf;
  }

  /** Calls back with each one that takes the place of another, and with the first. */
  subscribe(listener: (leaf: Leaf) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    void this.#look();
  }

  stop(): void {
    this.#isStopped = true;
    this.#unsubscribe();
    this.#clearTimer();
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    if (this.#isStopped || this.#isWorking) return;
    const { timers, log } = this.#options;
    this.#isWorking = true;
    this.#clearTimer();
    try {
      if (this.#needsNew()) await this.#renew();
    } catch (error) {
      log.error("no certificate can be made", { cause: String(error) });
    }
    this.#isWorking = false;
    if (this.#isStopped) return;
    // It failed, or what the authority said meanwhile was not looked at.
    const isWanting = this.#needsNew() && this.#options.authority.issuer !== undefined;
    const delayMs = isWanting ? RETRY_MS : AUTHORITY_TIMES.lookMs;
    this.#timer = timers.set(delayMs, () => void this.#look());
  }

  #needsNew(): boolean {
    const { authority, clock } = this.#options;
    const leaf = this.#leaf;
    if (leaf === null) return true;
    const { issuer } = authority;
    if (issuer === undefined) return false;
    return leaf.issuerFingerprint !== issuer.fingerprint || renewAtWallMs(leaf) <= clock.wallMs();
  }

  async #renew(): Promise<void> {
    const { authority, names, log } = this.#options;
    const leaf = await authority.issue(names, AUTHORITY_TIMES.servingLifeMs);
    if (leaf === null || this.#isStopped) return;
    const isFirst = this.#leaf === null;
    this.#leaf = leaf;
    log.info(isFirst ? "made a certificate for proxies" : "renewed the certificate for proxies");
    for (const listener of this.#listeners) listener(leaf);
  }

  #clearTimer(): void {
    if (this.#timer !== null) this.#options.timers.clear(this.#timer);
    this.#timer = null;
  }
}
