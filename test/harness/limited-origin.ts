/**
 * A service that can do so much and no more: so many requests at a time, each taking as long as
 * any other, and a line of its own in which further ones wait for as long as it takes. It does not
 * notice who has given up, as most applications do not.
 */
import type { ServerResponse } from "node:http";
import { httpOrigin, type Origin } from "./origins.ts";

export interface LimitedOriginOptions {
  readonly workers: number;
  readonly serviceMs: number;
}

export class LimitedOrigin {
  /** Requests that it has served, whether or not anybody still waited. */
  served = 0;
  /** The longest that its line ever was. */
  lineMax = 0;
  readonly #options: LimitedOriginOptions;
  readonly #line: ServerResponse[] = [];
  #origin: Origin | null = null;
  #busy = 0;
  #busyMs = 0;
  #sinceMs = 0;
  /** When it was last at work. */
  #untilMs = 0;

  private constructor(options: LimitedOriginOptions) {
    this.#options = options;
  }

  static async start(options: LimitedOriginOptions): Promise<LimitedOrigin> {
    const made = new LimitedOrigin(options);
    made.#origin = await httpOrigin((request, response) => {
      request.on("error", () => {});
      request.resume();
      made.#line.push(response);
      made.lineMax = Math.max(made.lineMax, made.#line.length);
      made.#work();
    });
    made.resetFigures();
    return made;
  }

  get port(): number {
    return this.#origin?.port ?? 0;
  }

  /** The share of its workers' time, until it last did anything, that went into requests. */
  get utilisation(): number {
    const elapsedMs = this.#untilMs - this.#sinceMs;
    return this.#busyMs / (elapsedMs * this.#options.workers);
  }

  resetFigures(): void {
    this.served = 0;
    this.lineMax = 0;
    this.#busyMs = 0;
    this.#sinceMs = performance.now();
  }

  async close(): Promise<void> {
    this.#line.length = 0;
    await this.#origin?.close();
  }

  #work(): void {
    if (this.#busy >= this.#options.workers) return;
    const response = this.#line.shift();
    if (response === undefined) return;
    this.#busy += 1;
    const startedMs = performance.now();
    setTimeout(() => {
      this.#busy -= 1;
      this.served += 1;
      this.#untilMs = performance.now();
      this.#busyMs += this.#untilMs - startedMs;
      response.end("served");
      this.#work();
    }, this.#options.serviceMs);
  }
}
