/**
 * A process that took another's place, as it sees itself: it says when it serves, passes a wish for
 * the next restart up to the first process, and goes when it is told that somebody else serves. It
 * does not outlive the first process, which whoever supervises takes for the proxy.
 */
import {
  type OwnProxy,
  type ProcessControl,
  RestartError,
  SAYS_READY,
  SAYS_RESTART,
  TOLD_FAILED,
  TOLD_RESTARTED,
  TOLD_RETIRE,
} from "./successor.ts";

/** The way to the parent. */
export interface ParentLink {
  say(line: string): void;
  listen(events: ParentEvents): void;
}

export interface ParentEvents {
  told(line: string): void;
  /** The parent is gone, however it died. */
  lost(): void;
}

interface Wish {
  readonly granted: () => void;
  readonly refused: (error: RestartError) => void;
}

export class Succeeding implements ProcessControl {
  /** The exit code, when all is over. */
  readonly ended: Promise<number>;
  readonly #own: OwnProxy;
  readonly #link: ParentLink;
  #wish: Wish | null = null;
  #resolveEnded: (code: number) => void = () => {};

  constructor(own: OwnProxy, link: ParentLink) {
    this.#own = own;
    this.#link = link;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    link.listen({ told: (line) => this.#told(line), lost: () => this.shutdown() });
  }

  /** Its doors are open. */
  ready(): void {
    this.#link.say(SAYS_READY);
  }

  restart(): Promise<void> {
    if (this.#wish !== null) {
      return Promise.reject(new RestartError("another restart is under way"));
    }
    return new Promise((resolve, reject) => {
      this.#wish = { granted: resolve, refused: reject };
      this.#link.say(SAYS_RESTART);
    });
  }

  shutdown(): void {
    void this.#own.stop().then(() => this.#resolveEnded(0));
  }

  #told(line: string): void {
    if (line === TOLD_RETIRE) void this.#own.retire().then(() => this.#resolveEnded(0));
    else if (line === TOLD_RESTARTED) this.#answer((wish) => wish.granted());
    else if (line.startsWith(TOLD_FAILED)) {
      const error = new RestartError(line.slice(TOLD_FAILED.length));
      this.#answer((wish) => wish.refused(error));
    }
  }

  #answer(give: (wish: Wish) => void): void {
    const wish = this.#wish;
    this.#wish = null;
    if (wish !== null) give(wish);
  }
}
