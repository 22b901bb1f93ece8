/**
 * Whether traffic may be sent: the operator has said where this proxy is, or there is none and it
 * has been waited for long enough. With no operator a proxy still lets egress and applications
 * work, so that a cluster can start in any order. One that intercepts must have proven that it
 * does: without it, applications would go past the mesh and nobody would know.
 */
import type { Clock } from "../../base/clock.ts";
import type { Timers } from "../../base/timers.ts";

/**
 * The process before this one was intercepting, by rules that have not changed since. While both
 * accept, a proof may end at the wrong one; until then a probe of readiness must not fail.
 */
const PROVEN_BEFORE_MS = 5_000;

export interface ReadinessDeps {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly needsOperator: boolean;
  readonly withoutOperatorMs: number;
  /** Says why applications are not intercepted. Null: it does not intercept them. */
  readonly interception: { readonly problem: string } | null;
  /** It takes the place of a process that was ready. */
  readonly takesOver: boolean;
}

export class Readiness {
  readonly #deps: ReadinessDeps;
  #configured: boolean;
  #startedMs = -1;
  #stopping = false;
  #draining = false;
  #whenConfigured: () => void = () => {};

  constructor(deps: ReadinessDeps) {
    this.#deps = deps;
    this.#configured = !deps.needsOperator;
  }

  /** The doors are open. */
  start(): void {
    this.#startedMs = this.#deps.clock.nowMs();
  }

  /** The configuration of this workload is here. */
  configured(): void {
    this.#configured = true;
    this.#whenConfigured();
  }

  /** Resolves when what is to be served is known, however long that takes. */
  waitForConfiguration(): Promise<void> {
    if (this.#configured) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenConfigured = resolve;
    });
  }

  /** The workload is going. */
  drain(): void {
    this.#draining = true;
  }

  stop(): void {
    this.#stopping = true;
  }

  /** Why it is not ready; empty when it is. */
  get problem(): string {
    if (this.#stopping) return "it is stopping";
    if (this.#draining) return "it is draining";
    if (this.#startedMs < 0) return "it is starting";
    const { clock, withoutOperatorMs, interception, takesOver } = this.#deps;
    const waitedMs = clock.nowMs() - this.#startedMs;
    if (!this.#configured && waitedMs < withoutOperatorMs) {
      return "the operator has not been heard yet";
    }
    if (takesOver && waitedMs < PROVEN_BEFORE_MS) return "";
    return interception?.problem ?? "";
  }
}
