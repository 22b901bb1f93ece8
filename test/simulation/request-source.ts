/** The requests of one simulated history: of every method, with and without bodies and headers. */
import type { Random } from "../../base/random.ts";
import { IDEMPOTENCY_KEY, IMPORTANCE_HEADER, type ServicePolicies } from "./draw-policies.ts";
import type { Call } from "./ledger.ts";
import type { ServiceName } from "./scenario.ts";

/** Some must not be repeated. */
const METHODS = ["GET", "GET", "PUT", "POST"] as const;
/** None, in one packet, and more than a read brings. */
const BODY_BYTES = [0, 9, 9, 2_000, 2_000, 30_000] as const;
const IMPORTANCES = ["critical", "normal", "sheddable", "nonsense"] as const;
/** A caller that is in a hurry itself; enough where nothing is wrong. */
const OWN_DEADLINE_MS = 400;
const RARE = 0.1;

export type Drawn = Omit<Call, "executions" | "copies" | "attempts" | "proxy" | "service">;

export class RequestSource {
  readonly #random: Random;
  readonly #requestTimeoutMs: number;
  #count = 0;

  constructor(random: Random, requestTimeoutMs: number) {
    this.#random = random;
    this.#requestTimeoutMs = requestTimeoutMs;
  }

  get count(): number {
    return this.#count;
  }

  next(service: ServiceName, policies: ServicePolicies, sentMs: number): Drawn {
    this.#count += 1;
    const method = this.#one(METHODS);
    const { isRetryable, idempotencyKeyHeader } = policies.retry;
    const hasKey = this.#random.nextFloat() < RARE;
    const isHurried = this.#random.nextFloat() < RARE;
    const withinMs = Math.min(this.#requestTimeoutMs, isHurried ? OWN_DEADLINE_MS : Infinity);
    const request = {
      id: `r${this.#count}`,
      method,
      host: service,
      path: "/",
      fields:
        (hasKey ? `${IDEMPOTENCY_KEY}: k${this.#count}\r\n` : "") +
        (isHurried ? `heddle-deadline: ${OWN_DEADLINE_MS}\r\n` : "") +
        `${IMPORTANCE_HEADER}: ${this.#one(IMPORTANCES)}\r\n`,
      bodyBytes: method === "GET" ? 0 : this.#one(BODY_BYTES),
    };
    const isKeyed = hasKey && idempotencyKeyHeader !== "";
    const mayRepeat = method !== "POST" || isRetryable || isKeyed;
    return { request, sentMs, dueMs: sentMs + withinMs, mayRepeat };
  }

  #one<T>(of: readonly [T, ...T[]]): T {
    return of[Math.floor(this.#random.nextFloat() * of.length)] ?? of[0];
  }
}
