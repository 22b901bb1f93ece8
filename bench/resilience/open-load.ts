/**
 * Requests that come at their own rate, whatever becomes of those before, from callers that give
 * up after a while: what a proxy is really sent when it cannot keep up.
 */
import { Agent, request } from "node:http";
import { HOST, PATH } from "../peers/contender.ts";

export interface Phase {
  readonly untilMs: number;
  readonly perSecond: number;
}

/** What came back in one stretch of time. */
export interface Slot {
  good: number;
  refused: number;
  late: number;
}

export interface OpenLoadOptions {
  readonly port: number;
  readonly phases: readonly Phase[];
  readonly patienceMs: number;
  readonly slotMs: number;
}

const TICK_MS = 5;

export async function openLoad(options: OpenLoadOptions): Promise<readonly Slot[]> {
  const { phases, slotMs, patienceMs } = options;
  const endMs = phases.at(-1)?.untilMs ?? 0;
  const slots = Array.from({ length: Math.ceil(endMs / slotMs) }, () => emptySlot());
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const startedMs = performance.now();
  const nowMs = (): number => performance.now() - startedMs;
  const count = (outcome: keyof Slot): void => {
    const slot = slots[Math.floor(nowMs() / slotMs)];
    if (slot !== undefined) slot[outcome] += 1;
  };
  let owed = 0;
  let lastMs = 0;
  while (nowMs() < endMs) {
    const atMs = nowMs();
    const phase = phases.find(({ untilMs }) => atMs < untilMs);
    owed += ((phase?.perSecond ?? 0) * (atMs - lastMs)) / 1_000;
    lastMs = atMs;
    for (; owed >= 1; owed -= 1) ask(agent, options.port, patienceMs, count);
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  agent.destroy();
  return slots;
}

function emptySlot(): Slot {
  return { good: 0, refused: 0, late: 0 };
}

function ask(
  agent: Agent,
  port: number,
  patienceMs: number,
  count: (outcome: keyof Slot) => void,
): void {
  const headers = { host: HOST };
  const sent = request({ agent, port, path: PATH, headers }, (answer) => {
    answer.resume();
    answer.on("end", () => {
      clearTimeout(timer);
      count(answer.statusCode === 200 ? "good" : "refused");
    });
  });
  const timer = setTimeout(() => {
    count("late");
    sent.destroy();
  }, patienceMs);
  sent.on("error", () => clearTimeout(timer));
  sent.end();
}
