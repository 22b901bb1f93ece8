/** Sends the operator what was counted, every few seconds while there is one. */
import type { Clock } from "../../base/clock.ts";
import type { TimerHandle, Timers } from "../../base/timers.ts";
import type { StatReport, StatRow } from "../../mesh/stat-report.ts";

const INTERVAL_MS = 5_000;

export interface StatReporterDeps {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly recorders: { takeRows(): readonly StatRow[] };
  /** Whether a report would find somebody to read it. */
  readonly isConnected: () => boolean;
  readonly send: (report: StatReport) => boolean;
}

export class StatReporter {
  readonly #deps: StatReporterDeps;
  #sinceMs: number;
  #timer: TimerHandle | null = null;

  constructor(deps: StatReporterDeps) {
    this.#deps = deps;
    this.#sinceMs = deps.clock.nowMs();
  }

  start(): void {
    this.#timer = this.#deps.timers.set(INTERVAL_MS, () => {
      this.report();
      this.start();
    });
  }

  stop(): void {
    if (this.#timer !== null) this.#deps.timers.clear(this.#timer);
    this.#timer = null;
  }

  /** While nobody listens the numbers add up, and go out together later. */
  report(): void {
    const { clock, recorders, isConnected, send } = this.#deps;
    if (!isConnected()) return;
    const nowMs = clock.nowMs();
    const rows = recorders.takeRows();
    const windowMs = nowMs - this.#sinceMs;
    this.#sinceMs = nowMs;
    if (rows.length > 0) send({ windowMs, rows });
  }
}
