/**
 * Requests at a fixed rate, whatever becomes of those before: as callers out there behave, and as
 * a closed loop never does. Each is given up after a while.
 */
import { Agent, request } from "node:http";

export interface OpenLoadOptions {
  readonly port: number;
  readonly host: string;
  readonly perSecond: number;
  readonly durationMs: number;
  readonly patienceMs: number;
  readonly headers?: (index: number) => Readonly<Record<string, string>>;
}

export interface OpenLoadResult {
  readonly sent: number;
  /** Answered in time, by status. */
  readonly byStatus: ReadonlyMap<number, number>;
  readonly gaveUp: number;
  /** How long each took that was refused, in milliseconds, in order of length. */
  readonly refusedMs: readonly number[];
  /** Of each that was served. */
  readonly servedMs: readonly number[];
  /** The indexes of those that were served. */
  readonly served: ReadonlySet<number>;
}

export async function openLoad(options: OpenLoadOptions): Promise<OpenLoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: 2_000, maxFreeSockets: 2_000 });
  const byStatus = new Map<number, number>();
  const refusedMs: number[] = [];
  const servedMs: number[] = [];
  const served = new Set<number>();
  let gaveUp = 0;

  const one = (index: number): Promise<void> =>
    new Promise((resolve) => {
      const startedMs = performance.now();
      const sent = request({
        agent,
        port: options.port,
        host: "127.0.0.1",
        headers: { host: options.host, ...options.headers?.(index) },
        signal: AbortSignal.timeout(options.patienceMs),
      });
      sent.on("response", (answer) => {
        const status = answer.statusCode ?? 0;
        answer.on("error", () => {});
        answer.resume();
        answer.on("end", () => {
          byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
          if (status === 200) served.add(index);
          (status === 200 ? servedMs : refusedMs).push(performance.now() - startedMs);
        });
        answer.on("close", resolve);
      });
      sent.on("error", () => {
        gaveUp += 1;
        resolve();
      });
      sent.end();
    });

  const all: Promise<void>[] = [];
  const startedMs = performance.now();
  for (;;) {
    const elapsedMs = performance.now() - startedMs;
    if (elapsedMs >= options.durationMs) break;
    // What is owed by now goes out together: a late timer must not lower the rate.
    while (all.length < (elapsedMs * options.perSecond) / 1_000) all.push(one(all.length));
    await new Promise((resolve) => {
      setTimeout(resolve, 2);
    });
  }
  await Promise.all(all);
  agent.destroy();
  const inOrder = (values: number[]): number[] => values.sort((a, b) => a - b);
  return {
    sent: all.length,
    byStatus,
    gaveUp,
    refusedMs: inOrder(refusedMs),
    servedMs: inOrder(servedMs),
    served,
  };
}
