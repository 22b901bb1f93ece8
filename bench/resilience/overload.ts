/** Three times the capacity for six seconds, with and without shedding, second by second. */
import { openLoad, type Phase, type Slot } from "./open-load.ts";
import { type Surroundings, startHeddle, startServers } from "./scene.ts";

const SERVERS = 2;
const CONCURRENCY = 4;
const SERVICE_MS = 25;
export const CAPACITY = (SERVERS * CONCURRENCY * 1_000) / SERVICE_MS;
export const SLOT_MS = 500;
const PATIENCE_MS = 1_000;

const PHASES: readonly Phase[] = [
  { untilMs: 3_000, perSecond: CAPACITY / 2 },
  { untilMs: 9_000, perSecond: CAPACITY * 3 },
  { untilMs: 20_000, perSecond: CAPACITY / 2 },
];

const TIMEOUTS = { routes: [{ name: "all", condition: { pathPrefix: "/" }, timeout: "1s" }] };

export interface OverloadFigures {
  readonly shed: readonly Slot[];
  readonly unshed: readonly Slot[];
}

export async function measureOverload(surroundings: Surroundings): Promise<OverloadFigures> {
  const concurrency = { adaptive: true, queue: { length: 10, timeout: "100ms" } };
  const unshed = await measure(TIMEOUTS, surroundings);
  return { shed: await measure({ ...TIMEOUTS, concurrency }, surroundings), unshed };
}

async function measure(spec: object, surroundings: Surroundings): Promise<readonly Slot[]> {
  const settings = { serviceMs: SERVICE_MS, concurrency: CONCURRENCY };
  const { ports, child } = await startServers([settings, settings], surroundings);
  const proxy = await startHeddle(ports, spec, surroundings);
  try {
    const load = { phases: PHASES, patienceMs: PATIENCE_MS, slotMs: SLOT_MS };
    return await openLoad({ port: proxy.port, ...load });
  } finally {
    await proxy.stop();
    await child.stop();
  }
}

/** Answers in time in the second half of the overload, as a share of the capacity. */
export function goodputShare(slots: readonly Slot[]): number {
  const some = slots.slice(6_000 / SLOT_MS, 9_000 / SLOT_MS);
  const good = some.reduce((sum, slot) => sum + slot.good, 0);
  return good / (CAPACITY * ((some.length * SLOT_MS) / 1_000));
}

/** When goodput was back at what was asked for, after the overload; undefined: never. */
export function recoveredAfterMs(slots: readonly Slot[]): number | undefined {
  const wanted = ((CAPACITY / 2) * SLOT_MS * 0.9) / 1_000;
  const from = 9_000 / SLOT_MS;
  const index = slots.findIndex(({ good }, at) => at >= from + 1 && good >= wanted);
  return index < 0 ? undefined : (index - from) * SLOT_MS;
}
