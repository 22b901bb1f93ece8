/**
 * What happens in one simulated history, drawn from a seed: how large the mesh is, how it is
 * configured, and which faults strike whom and when. Plain data, so that a failing history can be
 * printed.
 */
import type { Random } from "../../base/random.ts";

export const SERVICES = ["web", "cart"] as const;
export type ServiceName = (typeof SERVICES)[number];

export interface Scenario {
  readonly seed: number;
  readonly proxyCount: number;
  readonly clientsPerProxy: number;
  readonly endpointsPerService: number;
  /** Requests that one endpoint serves at a time, and how long each takes. */
  readonly concurrency: number;
  readonly serviceMs: number;
  /** A client's pause between an answer and its next request. */
  readonly thinkMs: number;
  readonly requestTimeoutMs: number;
  readonly maxRetries: number;
  /** When the last fault is over. */
  readonly calmFromMs: number;
  readonly faults: readonly Fault[];
}

export interface Fault {
  readonly kind: FaultKind;
  readonly service: ServiceName;
  /** Which endpoints of the service: indexes. */
  readonly endpoints: readonly number[];
  readonly fromMs: number;
  readonly untilMs: number;
}

export const FAULT_KINDS = [
  /** Answers take long. */
  "slow",
  /** Answers are 503 at once. */
  "failing",
  /** Requests are taken and never answered. */
  "hanging",
  /** The process dies and comes back, again and again. */
  "crash-loop",
  /** Connections are refused. */
  "refusing",
  /** Packets vanish: half-open connections, connects that time out. */
  "swallowing",
  /** Discovery lists an endpoint whose address belongs to another workload now. */
  "address-reused",
  /** Discovery removes endpoints that work. */
  "removed",
  /** Discovery says that there are none. */
  "emptied",
  /** Discovery cannot be reached, and then says what it knew before. */
  "unsynced",
  /** Clients go away in the middle of requests. */
  "impatient",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

const FAULTS_FROM_MS = 2_000;
const FAULTS_UNTIL_MS = 12_000;

export function drawScenario(seed: number, random: Random): Scenario {
  const pick = (least: number, most: number): number =>
    least + Math.floor(random.nextFloat() * (most - least + 1));
  const endpointsPerService = pick(2, 10);
  const faults = Array.from({ length: pick(1, 5) }, (): Fault => {
    const fromMs = pick(FAULTS_FROM_MS, FAULTS_UNTIL_MS - 2_000);
    return {
      kind: FAULT_KINDS[pick(0, FAULT_KINDS.length - 1)] ?? "slow",
      service: SERVICES[pick(0, SERVICES.length - 1)] ?? "web",
      endpoints: drawSome(endpointsPerService, random),
      fromMs,
      untilMs: pick(fromMs + 500, FAULTS_UNTIL_MS),
    };
  });
  return {
    seed,
    proxyCount: pick(1, 3),
    clientsPerProxy: pick(3, 20),
    endpointsPerService,
    concurrency: pick(4, 20),
    serviceMs: pick(2, 20),
    thinkMs: pick(20, 100),
    requestTimeoutMs: pick(500, 2_000),
    maxRetries: pick(0, 3),
    calmFromMs: FAULTS_UNTIL_MS,
    faults,
  };
}

/** Some of the indexes below `count`: one, up to all. */
function drawSome(count: number, random: Random): readonly number[] {
  const share = random.nextFloat();
  const all = Array.from({ length: count }, (_, index) => index);
  const some = all.filter(() => random.nextFloat() < share);
  return some.length > 0 ? some : [Math.floor(random.nextFloat() * count)];
}
