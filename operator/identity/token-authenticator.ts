/**
 * Knows proxies by their tokens. What the API server said of one is kept for a while, by the hash
 * of the token and never the token itself; equal questions are asked once. While the API server
 * cannot be asked, tokens that were good stay so until they end, and others have to wait: an outage
 * of it keeps nobody from its configuration who had it.
 *
 *     unknown ── asked ──▶ good, for 10 min or its life ── asked again ──▶ good, until it ends
 *        ╰──────── refused, for 10 s ── asked again
 */
import { createHash } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import type { Timers } from "../../base/timers.ts";
import type { Authentication, Authenticator, Peer, ProxyIdentity } from "../publish/peer.ts";
import type { Review } from "./review-token.ts";
import { tokenExpiryWallMs } from "./token-expiry.ts";

export const TOKEN_LIMITS = {
  /** A pod that is gone is noticed sooner, by the pods that exist. */
  goodForMs: 10 * 60_000,
  refusedForMs: 10_000,
  /** Of a token that does not say when it ends, while the API server cannot be asked. */
  outageMaxMs: 60 * 60_000,
  /** Each of a pod, and one more while it is renewed. */
  goodMax: 20_000,
  /** Apart from the good: whoever makes tokens up pushes nobody else out. */
  refusedMax: 1_000,
  reviewsAtOnceMax: 16,
  reviewsWaitingMax: 2_000,
  reviewMs: 5_000,
  /** Pods that have gone lately, whose tokens may still be known as good. */
  goneMax: 10_000,
} as const;

export interface TokenAuthenticatorOptions {
  /** Throws where there is no verdict. */
  readonly review: (token: string, signal: AbortSignal) => Promise<Review>;
  /** Whether this is the service account of the operators themselves. */
  readonly isOperator: (identity: ProxyIdentity) => boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly observer: TokenObserver;
}

export interface TokenObserver {
  /** `outcome`: `good`, `refused` or `failed`. */
  reviewed(outcome: "good" | "refused" | "failed", tookMs: number): void;
  /** Answered without a question. */
  remembered(): void;
  /** One that was good is taken on trust: the API server cannot be asked. */
  trusted(): void;
}

interface Good {
  readonly identity: ProxyIdentity;
  /** Since the epoch: until then nobody is asked. */
  freshUntilWallMs: number;
  /** Since the epoch: until then it is good where nobody can be asked. */
  readonly endsWallMs: number;
}

export class TokenAuthenticator implements Authenticator {
  readonly #options: TokenAuthenticatorOptions;
  /** By hash; the one that was used longest ago is first. */
  readonly #good = new Map<string, Good>();
  readonly #refused = new Map<string, { readonly reason: string; readonly untilWallMs: number }>();
  readonly #asking = new Map<string, Promise<Authentication>>();
  readonly #waiting: (() => void)[] = [];
  readonly #gone = new Set<string>();
  #reviews = 0;

  constructor(options: TokenAuthenticatorOptions) {
    this.#options = options;
  }

  /** Tokens that are known to be good. */
  get size(): number {
    return this.#good.size;
  }

  /** No token of this pod is good any more. */
  podGone(uid: string): void {
    this.#gone.add(uid);
    dropOldest(this.#gone, TOKEN_LIMITS.goneMax);
  }

  async authenticate(token: string): Promise<Authentication> {
    const hash = createHash("sha256").update(token).digest("base64");
    const known = this.#remembered(hash);
    if (known !== undefined) {
      this.#options.observer.remembered();
      return known;
    }
    const asking = this.#asking.get(hash);
    if (asking !== undefined) return await asking;
    const asked = this.#ask(token, hash).finally(() => this.#asking.delete(hash));
    this.#asking.set(hash, asked);
    return await asked;
  }

  #remembered(hash: string): Authentication | undefined {
    const wallMs = this.#options.clock.wallMs();
    const refused = this.#refused.get(hash);
    if (refused !== undefined) {
      if (wallMs < refused.untilWallMs) return { result: "refused", reason: refused.reason };
      this.#refused.delete(hash);
    }
    const good = this.#good.get(hash);
    if (good === undefined || wallMs >= good.freshUntilWallMs) return undefined;
    // It counts as used last.
    this.#good.delete(hash);
    this.#good.set(hash, good);
    return this.#accept(good.identity);
  }

  async #ask(token: string, hash: string): Promise<Authentication> {
    const { clock, observer } = this.#options;
    if (!(await this.#turn())) return { result: "unavailable", reason: "reviews-busy" };
    const startMs = clock.nowMs();
    try {
      const review = await this.#review(token);
      observer.reviewed(review.result === "known" ? "good" : "refused", clock.nowMs() - startMs);
      return this.#take(token, hash, review);
    } catch {
      observer.reviewed("failed", clock.nowMs() - startMs);
      return this.#trust(hash);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#reviews -= 1;
      else next();
    }
  }

  async #review(token: string): Promise<Review> {
    const { review, timers } = this.#options;
    const abort = new AbortController();
    const handle = timers.set(TOKEN_LIMITS.reviewMs, () => abort.abort());
    try {
      return await review(token, abort.signal);
    } finally {
      timers.clear(handle);
    }
  }

  /** False where too many wait. Whoever has a turn hands it on. */
  async #turn(): Promise<boolean> {
    if (this.#reviews < TOKEN_LIMITS.reviewsAtOnceMax) {
      this.#reviews += 1;
      return true;
    }
    if (this.#waiting.length >= TOKEN_LIMITS.reviewsWaitingMax) return false;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return true;
  }

  #take(token: string, hash: string, review: Review): Authentication {
    const wallMs = this.#options.clock.wallMs();
    if (review.result === "refused") {
      const { reason } = review;
      this.#good.delete(hash);
      this.#refused.set(hash, { reason, untilWallMs: wallMs + TOKEN_LIMITS.refusedForMs });
      dropOldest(this.#refused, TOKEN_LIMITS.refusedMax);
      return { result: "refused", reason };
    }
    const endsWallMs = tokenExpiryWallMs(token) ?? wallMs + TOKEN_LIMITS.outageMaxMs;
    const freshUntilWallMs = Math.min(endsWallMs, wallMs + TOKEN_LIMITS.goodForMs);
    this.#good.delete(hash);
    this.#good.set(hash, { identity: review.identity, freshUntilWallMs, endsWallMs });
    dropOldest(this.#good, TOKEN_LIMITS.goodMax);
    return this.#accept(review.identity);
  }

  /** What can be said without the API server. */
  #trust(hash: string): Authentication {
    const { clock, observer } = this.#options;
    const wallMs = clock.wallMs();
    const good = this.#good.get(hash);
    if (good === undefined || wallMs >= good.endsWallMs) {
      this.#good.delete(hash);
      return { result: "unavailable", reason: "review-failed" };
    }
    observer.trusted();
    // Not everybody asks again at once.
    good.freshUntilWallMs = Math.min(good.endsWallMs, wallMs + TOKEN_LIMITS.refusedForMs);
    return this.#accept(good.identity);
  }

  #accept(identity: ProxyIdentity): Authentication {
    if (this.#gone.has(identity.podUid)) return { result: "refused", reason: "pod-gone" };
    const kind = this.#options.isOperator(identity) ? "operator" : "proxy";
    const peer: Peer = { kind, identity };
    return { result: "peer", peer };
  }
}

/** Maps and sets keep the order in which things were put in. */
function dropOldest(all: Map<string, unknown> | Set<string>, max: number): void {
  if (all.size <= max) return;
  for (const oldest of all.keys()) {
    all.delete(oldest);
    return;
  }
}
