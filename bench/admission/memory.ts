/**
 * What a webhook's memory does while it answers on and on. In the first half the engine still
 * compiles and its heap finds its size; what it keeps of each pod would show in the second.
 */
import type { MeasuredWebhook, ReviewCost } from "./measured-webhook.ts";

const ROUNDS = 10;
const EACH = 10_000;
const HALF = ROUNDS / 2;

/** In megabytes over the second half: twenty bytes a pod. */
const GROWTH_MB_BAR = 1;

export interface MemoryResult {
  /** Private memory before, and after each round, in megabytes. */
  readonly privateMb: readonly number[];
  /** What lives before, at half and in the end, in megabytes. */
  readonly liveMb: readonly number[];
  /** Of a pod in the last round. */
  readonly cost: ReviewCost;
}

export async function measureMemory(
  webhook: MeasuredWebhook,
  ask: (count: number) => Promise<void>,
  tell: (line: string) => void,
): Promise<MemoryResult> {
  const privateMb = [webhook.privateMb];
  const liveMb = [await webhook.liveMb()];
  let cost: ReviewCost = { cpuUs: 0, decisionUs: 0 };
  for (let round = 1; round <= ROUNDS; round++) {
    tell(`${EACH} pods as fast as they are answered, round ${round} of ${ROUNDS}`);
    cost = await webhook.costOf("injection", () => ask(EACH), EACH);
    // Before garbage is collected on our account.
    privateMb.push(webhook.privateMb);
    if (round % HALF === 0) liveMb.push(await webhook.liveMb());
  }
  return { privateMb, liveMb, cost };
}

export function memoryRows({ privateMb, liveMb }: MemoryResult): readonly string[][] {
  const [, liveAtHalf = 0, liveAtEnd = 0] = liveMb;
  const liveGrowthMb = liveAtEnd - liveAtHalf;
  const privateGrowthMb = (privateMb.at(-1) ?? 0) - (privateMb[HALF] ?? 0);
  const all = inThousands(ROUNDS * EACH);
  const half = inThousands(HALF * EACH);
  return [
    [`private memory before ${all} admissions`, megabytes(privateMb[0] ?? 0), ""],
    [`after each ${inThousands(EACH)}`, privateMb.slice(1).map(oneDigit).join(" "), ""],
    [`what lives, before, after ${half} and ${all}`, liveMb.map(megabytes).join(", "), ""],
    [
      `private memory grows in the last ${half} by`,
      megabytes(privateGrowthMb),
      bar(privateGrowthMb),
    ],
    ["what lives grows meanwhile by", megabytes(liveGrowthMb), bar(liveGrowthMb)],
  ];
}

function bar(growthMb: number): string {
  return `< ${GROWTH_MB_BAR} MB: ${growthMb < GROWTH_MB_BAR ? "met" : "missed"}`;
}

function inThousands(count: number): string {
  return count.toLocaleString("en");
}

function oneDigit(value: number): string {
  return value.toFixed(1);
}

function megabytes(value: number): string {
  return `${oneDigit(value)} MB`;
}
