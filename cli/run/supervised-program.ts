/**
 * One program under supervision: started, watched until it is ready, started again when it dies,
 * and stopped in good order.
 *
 *   idle      → starting (start), stopped (stop)
 *   starting  → running (it says that it is ready), failed (it ended, or took too long, before it
 *               was ever ready), backoff (it ended, but was ready once), stopping
 *   running   → backoff (it ended), stopping
 *   backoff   → starting (the delay passed), stopped (stop)
 *   stopping  → stopped (it ended)
 *   stopped, failed: final
 *
 * A program that never became ready is not tried again: a port that is taken or a folder that is
 * missing is for a person to mend, and they are looking.
 */
import type { Backoff } from "../../base/backoff.ts";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { ProgramError } from "../../base/program.ts";
import type { TimerHandle, Timers } from "../../base/timers.ts";
import type { Spawn, SpawnedProcess } from "./spawn.ts";

/** Between two questions whether it is ready. */
export const PROBE_INTERVAL_MS = 25;
/** A program that is not ready by then is taken to hang. */
export const START_LIMIT_MS = 60_000;
/** From SIGTERM to SIGKILL: more than a proxy takes to let its requests finish. */
export const STOP_GRACE_MS = 15_000;
/** Running this long, it counts as healthy, and the next death is answered without delay. */
export const HEALTHY_AFTER_MS = 30_000;

export interface SupervisedOptions {
  /** For messages: `operator`. */
  readonly name: string;
  readonly args: readonly string[];
  readonly spawn: Spawn;
  /** Whether it is ready now; must not reject. */
  readonly probe: () => Promise<boolean>;
  /** Takes its output as it comes; `null` is the end of one run. */
  readonly output: (bytes: Uint8Array | null) => void;
  readonly backoff: Backoff;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

type State =
  | { readonly kind: "idle" }
  | { readonly kind: "starting"; readonly process: SpawnedProcess; readonly deadlineMs: number }
  | { readonly kind: "running"; readonly process: SpawnedProcess; readonly sinceMs: number }
  | { readonly kind: "backoff"; readonly timer: TimerHandle }
  | { readonly kind: "stopping"; readonly killTimer: TimerHandle }
  | { readonly kind: "stopped" }
  | { readonly kind: "failed" };

export class SupervisedProgram {
  readonly #options: SupervisedOptions;
  #state: State = { kind: "idle" };
  #wasReady = false;
  /** Counts the runs, so that a late answer about an earlier one changes nothing. */
  #run = 0;
  #firstReady = Promise.withResolvers<void>();
  #stopped = Promise.withResolvers<void>();

  constructor(options: SupervisedOptions) {
    this.#options = options;
    // Whoever stops the program before it was ready need not have waited for it.
    this.#firstReady.promise.catch(() => {});
  }

  get state(): State["kind"] {
    return this.#state.kind;
  }

  /** Resolves when it is ready for the first time; rejects when it cannot become so. */
  start(): Promise<void> {
    if (this.#state.kind === "idle") this.#launch();
    return this.#firstReady.promise;
  }

  /** Resolves when its process is gone. */
  stop(): Promise<void> {
    const { timers } = this.#options;
    const state = this.#state;
    switch (state.kind) {
      case "idle":
        this.#finish("stopped");
        break;
      case "backoff":
        timers.clear(state.timer);
        this.#finish("stopped");
        break;
      case "starting":
      case "running":
        this.#terminate(state.process);
        break;
      case "stopping":
      case "stopped":
      case "failed":
        break;
    }
    return this.#stopped.promise;
  }

  #launch(): void {
    const { args, spawn, output, clock, log, name } = this.#options;
    this.#run += 1;
    const run = this.#run;
    const deadlineMs = clock.nowMs() + START_LIMIT_MS;
    const process = spawn(args, {
      output: (bytes) => output(bytes),
      ended: (how) => {
        output(null);
        this.#ended(how);
      },
    });
    log.debug(`${name} started`, { pid: process.pid });
    this.#state = { kind: "starting", process, deadlineMs };
    this.#probeSoon(run);
  }

  #probeSoon(run: number): void {
    this.#options.timers.set(PROBE_INTERVAL_MS, () => {
      if (run !== this.#run || this.#state.kind !== "starting") return;
      void this.#options.probe().then((isReady) => this.#probed(run, isReady));
    });
  }

  #probed(run: number, isReady: boolean): void {
    const state = this.#state;
    if (run !== this.#run || state.kind !== "starting") return;
    const { clock, log, name } = this.#options;
    if (isReady) {
      this.#state = { kind: "running", process: state.process, sinceMs: clock.nowMs() };
      if (this.#wasReady) log.info(`${name} is ready again`, { pid: state.process.pid });
      this.#wasReady = true;
      this.#firstReady.resolve();
      return;
    }
    if (clock.nowMs() < state.deadlineMs) {
      this.#probeSoon(run);
      return;
    }
    log.error(`${name} is not ready after ${START_LIMIT_MS / 1000} s: it is killed`);
    // Its end is what moves the state on.
    state.process.signal("SIGKILL");
  }

  #ended(how: string): void {
    const { name, log, clock, timers, backoff } = this.#options;
    const state = this.#state;
    if (state.kind === "stopping") {
      timers.clear(state.killTimer);
      this.#finish("stopped");
      return;
    }
    if (!this.#wasReady) {
      this.#firstReady.reject(new ProgramError(`the ${name} could not start (${how})`));
      this.#finish("failed");
      return;
    }
    if (state.kind === "running" && clock.nowMs() - state.sinceMs >= HEALTHY_AFTER_MS) {
      backoff.reset();
    }
    const delayMs = Math.round(backoff.nextMs());
    log.error(`${name} ended by itself and is started again`, { how, delayMs });
    const timer = timers.set(delayMs, () => this.#launch());
    this.#state = { kind: "backoff", timer };
  }

  #terminate(process: SpawnedProcess): void {
    const { timers, log, name } = this.#options;
    const killTimer = timers.set(STOP_GRACE_MS, () => {
      log.warn(`${name} did not end within ${STOP_GRACE_MS / 1000} s: it is killed`);
      process.signal("SIGKILL");
    });
    this.#state = { kind: "stopping", killTimer };
    process.signal("SIGTERM");
  }

  #finish(kind: "stopped" | "failed"): void {
    this.#state = { kind };
    this.#firstReady.reject(new ProgramError(`the ${this.#options.name} was stopped`));
    this.#stopped.resolve();
  }
}
