/**
 * The first process of a proxy, over all its planned restarts. Whoever supervises it knows this
 * process: so it stays, and is the parent of each that serves after it. There is no chain.
 *
 *   who serves     this process at first; after a restart, the last successor that got ready
 *   who starts     one successor at most; when it does not get ready, all stays as it was
 *   who retires    those that served before: this process's own proxy, earlier successors
 *
 * When who serves has ended, so has the proxy, with its exit code.
 */
import type { Log } from "../../base/log.ts";
import type { Timers } from "../../base/timers.ts";
import {
  type HandedSocket,
  type OwnProxy,
  type ProcessControl,
  RestartError,
  SAYS_READY,
  SAYS_RESTART,
  type StartSuccessor,
  type Successor,
  TOLD_FAILED,
  TOLD_RESTARTED,
  TOLD_RETIRE,
} from "./successor.ts";

/** For a new process to start, to be configured, and to serve. */
export const READY_WITHIN_MS = 60_000;
/** Processes that have not finished yet: each takes memory, and may take the whole grace time. */
export const RETIRING_MAX = 4;
/** After the grace time, for processes that should have ended by themselves. */
const KILL_MARGIN_MS = 2_000;

export interface SuccessionDeps {
  readonly own: OwnProxy;
  readonly start: StartSuccessor;
  readonly timers: Timers;
  readonly log: Log;
  readonly graceMs: number;
}

export class Succession implements ProcessControl {
  /** The exit code, when all is over. */
  readonly ended: Promise<number>;
  readonly #deps: SuccessionDeps;
  #sockets: readonly HandedSocket[] | null = null;
  /** Null: the proxy of this process. */
  #serving: Successor | null = null;
  #isStarting = false;
  readonly #children = new Set<Successor>();
  #stopping = false;
  #exitCode = 0;
  #resolveEnded: (code: number) => void = () => {};
  #childrenGone: () => void = () => {};

  constructor(deps: SuccessionDeps) {
    this.#deps = deps;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  async restart(): Promise<void> {
    if (this.#stopping) throw new RestartError("it is stopping");
    if (this.#isStarting) throw new RestartError("another restart is under way");
    const retiringCount = this.#children.size - (this.#serving === null ? 0 : 1);
    if (retiringCount >= RETIRING_MAX) {
      throw new RestartError(`${retiringCount} earlier processes are still finishing`);
    }
    const { log } = this.#deps;
    this.#isStarting = true;
    try {
      const next = await this.#startNext();
      this.#handOver(next);
      log.info("a new process serves", { pid: next.pid });
    } catch (error) {
      if (this.#stopping) throw new RestartError("it is stopping");
      const problem = error instanceof Error ? error.message : String(error);
      log.error("the restart failed; all stays as it was", { problem });
      throw error instanceof RestartError ? error : new RestartError(problem);
    } finally {
      this.#isStarting = false;
    }
  }

  /** Everything ends: what serves, in good order, and what was to serve. */
  shutdown(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    for (const child of this.#children) child.kill("SIGTERM");
    void this.#end();
  }

  async #startNext(): Promise<Successor> {
    this.#sockets ??= await this.#deps.own.keepSockets();
    const sockets = this.#sockets;
    if (this.#stopping) throw new RestartError("it is stopping");
    return await new Promise((resolve, reject) => {
      this.#launch(sockets, resolve, reject).catch(reject);
    });
  }

  async #launch(
    sockets: readonly HandedSocket[],
    ready: (child: Successor) => void,
    failed: (error: unknown) => void,
  ): Promise<void> {
    const { timers, start } = this.#deps;
    const child = await start(sockets, {
      said: (line) => {
        if (line === SAYS_RESTART) void this.#restartFor(child);
        if (line !== SAYS_READY) return;
        timers.clear(timer);
        ready(child);
      },
      ended: (code) => {
        timers.clear(timer);
        const text = `the new process ended with code ${code} before it served`;
        failed(new RestartError(`${text}; its log says why`));
        this.#gone(child, code);
      },
    });
    this.#children.add(child);
    if (this.#stopping) child.kill("SIGTERM");
    const timer = timers.set(READY_WITHIN_MS, () => {
      failed(new RestartError(`the new process was not ready within ${READY_WITHIN_MS} ms`));
      child.kill("SIGKILL");
    });
  }

  #handOver(next: Successor): void {
    const before = this.#serving;
    this.#serving = next;
    // Who asked for it may be about to retire, and has an answer to give first.
    if (before === null) void this.#deps.own.retire();
    else before.tell(TOLD_RETIRE);
  }

  async #restartFor(child: Successor): Promise<void> {
    try {
      await this.restart();
      child.tell(TOLD_RESTARTED);
    } catch (error) {
      child.tell(`${TOLD_FAILED}${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #gone(child: Successor, code: number): void {
    this.#children.delete(child);
    if (child === this.#serving) {
      this.#exitCode = code;
      if (!this.#stopping) this.#deps.log.error("the process that served has ended", { code });
      this.shutdown();
    }
    if (this.#children.size === 0) this.#childrenGone();
  }

  async #end(): Promise<void> {
    const { own, timers, graceMs } = this.#deps;
    const timer = timers.set(graceMs + KILL_MARGIN_MS, () => {
      for (const child of this.#children) child.kill("SIGKILL");
    });
    await own.stop();
    if (this.#children.size > 0) {
      await new Promise<void>((resolve) => {
        this.#childrenGone = resolve;
      });
    }
    timers.clear(timer);
    this.#resolveEnded(this.#exitCode);
  }
}
