/** Three times as much as a service can do, on real sockets, with and without shedding. */
import { afterEach, describe, expect, it } from "vitest";
import { type Concurrency, DEFAULT_CONCURRENCY } from "../../mesh/route-behaviour.ts";
import { destination } from "../harness/fake-table.ts";
import { LimitedOrigin } from "../harness/limited-origin.ts";
import { type OpenLoadResult, openLoad } from "../harness/open-load.ts";
import { ProxyScene } from "../harness/proxy-scene.ts";
import { unlessStarved } from "../harness/starvation.ts";

const WORKERS = 4;
const SERVICE_MS = 20;
const CAPACITY_PER_SECOND = (WORKERS * 1_000) / SERVICE_MS;
const PATIENCE_MS = 700;
/** Two more than it serves at a time: they are on their way while it serves the others. */
const LIMIT = WORKERS + 2;

const scene = new ProxyScene();

afterEach(async () => {
  await scene.end();
});

interface Outcome extends OpenLoadResult {
  /** Of what the service did, the share that somebody still waited for. */
  readonly useful: number;
  readonly utilisation: number;
  readonly lineMax: number;
}

interface LoadOptions {
  readonly durationMs?: number;
  readonly headers?: (index: number) => Record<string, string>;
}

async function overload(
  concurrency: Partial<Concurrency>,
  options: LoadOptions = {},
): Promise<Outcome> {
  const origin = scene.closing(
    await LimitedOrigin.start({ workers: WORKERS, serviceMs: SERVICE_MS }),
  );
  const proxy = await scene.proxy({ settings: { accessLog: null } });
  proxy.endpoints("web", [origin.port]);
  const made = destination("web", ["web"]);
  proxy.put("web", { ...made, concurrency: { ...DEFAULT_CONCURRENCY, ...concurrency } });
  const load = {
    port: proxy.outboundPort,
    host: "web",
    patienceMs: PATIENCE_MS,
    perSecond: 3 * CAPACITY_PER_SECOND,
    ...(options.headers === undefined ? {} : { headers: options.headers }),
  };
  await openLoad({ ...load, durationMs: 800 });
  origin.resetFigures();
  const result = await openLoad({ ...load, durationMs: options.durationMs ?? 1_500 });
  const { utilisation, served, lineMax } = origin;
  return { ...result, utilisation, lineMax, useful: result.servedMs.length / served };
}

/** Judges real speed, where the machine lets it. */
function judged(name: string, body: () => Promise<void>): void {
  it(name, ({ skip }) => unlessStarved(skip, body));
}

describe("at three times its capacity a service", () => {
  judged("does next to nothing of use when nothing is shed", async () => {
    const outcome = await overload({});
    expect(outcome.utilisation).toBeGreaterThan(0.8);
    expect(outcome.useful).toBeLessThan(0.3);
  });

  judged("does all that it can when what is too much is shed", async () => {
    const outcome = await overload({ limit: LIMIT, queueLength: 16, queueTimeoutMs: 200 });
    expect(outcome.useful).toBeGreaterThan(0.9);
    expect(outcome.utilisation).toBeGreaterThan(0.85);
    expect(outcome.gaveUp).toBeLessThan(outcome.sent * 0.1);
    expect([...outcome.byStatus.keys()].sort()).toEqual([200, 503]);
    // Who is refused is refused at once, or by the end of its time in the queue.
    expect(outcome.refusedMs.at(-1)).toBeLessThan(PATIENCE_MS);
    expect(outcome.refusedMs[outcome.refusedMs.length >> 1]).toBeLessThan(50);
  });

  judged("is found out by the adaptive limit, which nobody set", async () => {
    const settings = { adaptive: true, queueLength: 8, queueTimeoutMs: 150 };
    const outcome = await overload(settings, { durationMs: 2_500 });
    expect(outcome.useful).toBeGreaterThan(0.9);
    expect(outcome.utilisation).toBeGreaterThan(0.85);
  });

  judged("serves what is critical, and sheds the rest", async () => {
    const settings = { limit: LIMIT, queueLength: 16, queueTimeoutMs: 200 };
    const importanceHeader = "x-importance";
    const isCritical = (index: number): boolean => index % 6 === 0;
    const outcome = await overload(
      { ...settings, importanceHeader },
      {
        headers: (index): Record<string, string> =>
          isCritical(index) ? { [importanceHeader]: "critical" } : {},
      },
    );
    const lost = { critical: 0, other: 0 };
    const sent = { critical: 0, other: 0 };
    for (let index = 0; index < outcome.sent; index += 1) {
      const kind = isCritical(index) ? "critical" : "other";
      sent[kind] += 1;
      if (!outcome.served.has(index)) lost[kind] += 1;
    }
    expect(sent.critical).toBeGreaterThan(100);
    // None on a quiet machine. On a busy one the callers' own pauses cost some of them.
    expect(lost.critical / sent.critical).toBeLessThan(0.1);
    expect(lost.other / sent.other).toBeGreaterThan(0.5);
  });
});
