/** Callers that ask one thing over and over on connections of their own, and what they got. */
import { Agent, request } from "node:http";

export interface LoadOptions {
  /** This machine if absent. */
  readonly address?: string;
  readonly port: number;
  /** What requests say in Host. */
  readonly host: string;
  readonly callers: number;
  readonly method?: string;
  readonly body?: string;
  /** Between an answer and the next request of the same caller. */
  readonly pauseMs?: number;
}

export class SteadyLoad {
  readonly #options: LoadOptions;
  readonly #agent: Agent;
  readonly #callers: readonly Promise<void>[];
  /** What each caller has under way, over when its outcome is noted. */
  readonly #underWay: Promise<void>[] = [];
  /** How often each outcome was seen: a status, or an error's code. */
  readonly outcomes = new Map<string, number>();
  /** How often each body was seen. */
  readonly bodies = new Map<string, number>();
  #running = true;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.callers });
    this.#callers = Array.from({ length: options.callers }, (_, index) => this.#ask(index));
  }

  get count(): number {
    return [...this.outcomes.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Resolves when so many more were answered. */
  async more(count: number): Promise<void> {
    const until = this.count + count;
    while (this.count < until) await new Promise((resolve) => setTimeout(resolve, 2));
  }

  /**
   * Resolves when all that is under way now was answered: a count of answers does not tell that,
   * where one of them is kept for long.
   */
  async answered(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async stop(): Promise<Readonly<Record<string, number>>> {
    this.#running = false;
    await Promise.all(this.#callers);
    this.#agent.destroy();
    return Object.fromEntries(this.outcomes);
  }

  async #ask(index: number): Promise<void> {
    const { pauseMs = 0 } = this.#options;
    while (this.#running) {
      const underWay = this.#once().then((outcome) => note(this.outcomes, outcome));
      this.#underWay[index] = underWay;
      await underWay;
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  #once(): Promise<string> {
    const { address = "127.0.0.1", port, host, method = "GET", body = "" } = this.#options;
    const headers = { host, ...(body !== "" && { "content-length": body.length }) };
    return new Promise((resolve) => {
      const sent = request(
        { agent: this.#agent, host: address, port, method, headers },
        (answer) => {
          let received = "";
          answer.setEncoding("latin1");
          answer.on("data", (text: string) => {
            received += text;
          });
          answer.on("error", (error) => resolve(String(error)));
          answer.on("end", () => {
            note(this.bodies, received);
            resolve(String(answer.statusCode));
          });
        },
      );
      sent.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? String(error)));
      sent.end(body);
    });
  }
}

function note(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}
