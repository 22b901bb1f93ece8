/**
 * Limits how many requests a key may make: a route as a whole, or each client, or each value of a
 * header. The generic cell rate algorithm: one number per key, the time at which the next request
 * would be due if all came evenly; a request may come before that by as much as the burst allows.
 * A bucket of tokens with the same sizes gives the same answers, and needs two numbers.
 *
 * In any stretch of `s` seconds a key gets at most `burst + 1 + s * requestsPerSecond` through.
 *
 * Keys come from callers, so the table is bounded. A key whose time has come is the same as one
 * that was never seen, and makes room for a new one; when there is none, the key that waits least
 * of a few gives way: what it loses is the memory of a burst.
 */
import type { RateLimit as RateLimitSettings } from "../../mesh/route-behaviour.ts";
import { type HashedKey, hashText } from "./hashed-key.ts";
import type { SharedRates } from "./shared-rates.ts";

/** About 1 MB with keys of usual length. */
export const RATE_KEYS_MAX = 8192;
/** Longer keys share what their first characters have. */
export const RATE_KEY_CHARS_MAX = 256;
/** How many keys are looked at when one must give way. */
const LOOKS = 8;

interface Cell {
  key: string;
  /** When the next request is due if all come evenly. */
  dueMs: number;
}

/** Where several workers count together. */
export interface SharedRateLimit {
  readonly rates: SharedRates;
  /** The limit itself; its keys continue from there. */
  readonly name: HashedKey;
}

export class RateLimiter {
  #intervalMs = 0;
  #burstMs = 0;
  readonly #keysMax: number;
  readonly #shared: SharedRateLimit | null;
  readonly #hashed: HashedKey = { low: 0, high: 0 };
  readonly #byKey = new Map<string, Cell>();
  readonly #cells: Cell[] = [];
  /** Where the next look for room begins. */
  #hand = 0;

  constructor(
    settings: RateLimitSettings,
    keysMax = RATE_KEYS_MAX,
    shared: SharedRateLimit | null = null,
  ) {
    this.#keysMax = keysMax;
    this.#shared = shared;
    this.reconfigure(settings);
  }

  get keyCount(): number {
    return this.#cells.length;
  }

  /** What each key has used stays. */
  reconfigure(settings: RateLimitSettings): void {
    this.#intervalMs = 1000 / settings.requestsPerSecond;
    this.#burstMs = this.#intervalMs * settings.burst;
  }

  /** 0: let it through, and it is counted. Above: how many milliseconds too early it came. */
  take(key: string, nowMs: number): number {
    if (this.#shared !== null) return this.#takeShared(this.#shared, key, nowMs);
    const cell = this.#cellOf(key, nowMs);
    const earlyMs = cell.dueMs - this.#burstMs - nowMs;
    if (earlyMs > 0) return earlyMs;
    cell.dueMs = Math.max(cell.dueMs, nowMs) + this.#intervalMs;
    return 0;
  }

  #takeShared({ rates, name }: SharedRateLimit, key: string, nowMs: number): number {
    const hashed = hashText(key, name, this.#hashed);
    return rates.take(hashed, nowMs, this.#intervalMs, this.#burstMs);
  }

  #cellOf(givenKey: string, nowMs: number): Cell {
    const isLong = givenKey.length > RATE_KEY_CHARS_MAX;
    const key = isLong ? givenKey.slice(0, RATE_KEY_CHARS_MAX) : givenKey;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const cell = this.#makeRoom(nowMs);
    cell.key = key;
    cell.dueMs = Number.NEGATIVE_INFINITY;
    this.#byKey.set(key, cell);
    return cell;
  }

  /** A cell that is nobody's. */
  #makeRoom(nowMs: number): Cell {
    const cells = this.#cells;
    let best: Cell | null = null;
    const looks = Math.min(LOOKS, cells.length);
    for (let look = 0; look < looks; look += 1) {
      this.#hand = (this.#hand + 1) % cells.length;
      const cell = cells[this.#hand] as Cell;
      if (best === null || cell.dueMs < best.dueMs) best = cell;
      if (best.dueMs <= nowMs) break;
    }
    // Keys whose time has come are taken over before the table grows.
    if (best !== null && (best.dueMs <= nowMs || cells.length >= this.#keysMax)) {
      this.#byKey.delete(best.key);
      return best;
    }
    const fresh = { key: "", dueMs: 0 };
    cells.push(fresh);
    return fresh;
  }
}
