/** Asks the webhook as an API server does: over TLS connections that are kept, several at once. */
import { Agent, request } from "node:https";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

/** API servers keep as many as they have questions under way. */
const CONNECTIONS_MAX = 16;

export interface Question {
  readonly path: string;
  readonly body: string;
}

export class Asking {
  readonly #agent: Agent;
  readonly #port: number;

  constructor(port: number, ca: string) {
    this.#port = port;
    this.#agent = new Agent({ ca, keepAlive: true, maxSockets: CONNECTIONS_MAX });
  }

  /** Resolves to the answer; rejects for any status but 200. */
  ask({ path, body }: Question): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
      };
      const place = { host: "127.0.0.1", port: this.#port, agent: this.#agent };
      const sent = request({ ...place, path, method: "POST", headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode === 200) resolve(text);
          else reject(new Error(`${response.statusCode}: ${text}`));
        });
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }

  /** So many, so many at a time; resolves when all are answered. */
  async askMany(questions: readonly Question[], count: number, atOnce: number): Promise<void> {
    let next = 0;
    const one = async (): Promise<void> => {
      while (next < count) {
        const question = questions[next % questions.length];
        next += 1;
        if (question !== undefined) await this.ask(question);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, one));
  }

  /** At a constant rate, whether the last is answered or not. Resolves to the times, in ms. */
  async askAtRate(
    questions: readonly Question[],
    { perSecond, count }: { readonly perSecond: number; readonly count: number },
  ): Promise<readonly number[]> {
    const startMs = performance.now();
    const asked: Promise<number>[] = [];
    for (let index = 0; index < count; index++) {
      // From when it was due: what comes late because others took long is late.
      const dueMs = startMs + (index * 1000) / perSecond;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      const question = questions[index % questions.length];
      if (question === undefined) continue;
      asked.push(this.ask(question).then(() => performance.now() - dueMs));
    }
    return await Promise.all(asked);
  }

  close(): void {
    this.#agent.destroy();
  }
}
