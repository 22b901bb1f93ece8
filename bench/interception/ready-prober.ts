/**
 * Runs in a pod's network namespace: for each line that it reads, asks the proxy's admin whether
 * it is ready until it is, and prints when that was, in milliseconds of the wall clock.
 */
import { get } from "node:http";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 2;
const READY_MS_MAX = 20_000;

function isReady(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = get(url, { agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on("error", () => resolve(false));
  });
}

for await (const url of createInterface({ input: process.stdin })) {
  const untilMs = performance.now() + READY_MS_MAX;
  while (!(await isReady(url))) {
    if (performance.now() > untilMs) throw new Error(`${url} was never ready`);
    await sleep(POLL_MS);
  }
  console.log((performance.timeOrigin + performance.now()).toFixed(1));
}
