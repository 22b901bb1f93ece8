/**
 * What happens in one simulated history, drawn from a seed: how large the mesh is, how it is
 * configured, and which faults strike whom and when. Plain data, so that a failing history can be
 * printed.
 */
import type { Random } from "../../base/random.ts";
import { Draw, drawPolicies, type ServicePolicies } from "./draw-policies.ts";

/** Those that callers name. */
export const SERVICES = ["web", "cart"] as const;
/** Only ever reached by copies of requests. */
export const DARK = "dark";
export type ServiceName = (typeof SERVICES)[number] | typeof DARK;

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
  readonly policies: Readonly<Record<(typeof SERVICES)[number], ServicePolicies>>;
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
  /** Answers are 503 at once, some before the request's body was read. */
  "failing",
  /** Answers are 503 with the wish to be left alone for a while. */
  "busy",
  /** Requests are taken and never answered. */
  "hanging",
  /** The process dies and comes back, again and again. */
  "crash-loop",
  /** Connections are refused. */
  "refusing",
  /** Packets vanish: half-open connections, connects that time out. */
  "swallowing",
  /** Discovery removes endpoints, and their addresses go to strangers. */
  "address-reused",
  /** Discovery removes endpoints, and soon lists their addresses for the other service. */
  "address-given",
  /** Discovery removes endpoints that work. */
  "removed",
  /** Discovery removes endpoints and brings them back, again and again. */
  "flapping",
  /** Discovery lists addresses at which there is nobody. */
  "phantoms",
  /** Discovery says that there are none. */
  "emptied",
  /** Discovery cannot be reached, and then says what it knew before. */
  "unsynced",
  /** Discovery says of some that they are not ready, soon of all, and they work. */
  "unready",
  /** The owner cannot make up his mind: policies are edited, again and again. */
  "edited",
  /** Clients go away in the middle of requests. */
  "impatient",
  /** Three times as many requests come as can be served. */
  "overload",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Kinds that cost no caller a request. */
export const HARMLESS: ReadonlySet<FaultKind> = new Set([
  "emptied",
  "unsynced",
  "unready",
  "edited",
]);

const FAULTS_FROM_MS = 1_000;
const FAULTS_UNTIL_MS = 8_000;
/** One history in so many is of a mesh of hundreds. */
const LARGE_ONCE_IN = 40;

export function drawScenario(seed: number, random: Random): Scenario {
  const draw = new Draw(random);
  const size = draw.onceIn(LARGE_ONCE_IN) ? drawLarge(draw) : drawSmall(draw);
  const drawn = Array.from({ length: draw.whole(1, 5) }, () => drawFault(size, draw));
  const faults = drawn.filter((fault, index) => !isAtOdds(fault, drawn.slice(0, index)));
  return {
    seed,
    ...size,
    requestTimeoutMs: draw.whole(500, 4_000),
    policies: { web: drawPolicies(draw), cart: drawPolicies(draw) },
    calmFromMs: FAULTS_UNTIL_MS,
    faults,
  };
}

/** Faults that decide which process is at an address. */
const MOVING: ReadonlySet<FaultKind> = new Set(["crash-loop", "address-reused", "address-given"]);

/** Two faults would have different processes at one address. */
function isAtOdds({ kind, service }: Fault, others: readonly Fault[]): boolean {
  return MOVING.has(kind) && others.some((one) => one.service === service && MOVING.has(one.kind));
}

/** Kinds that others notice too than those who call the service. */
const SPREADING: ReadonlySet<FaultKind> = new Set(["impatient", "address-given"]);

/** No caller may notice anything of this fault. */
export function isHarmless({ kind, service }: Fault): boolean {
  return HARMLESS.has(kind) || (service === DARK && !SPREADING.has(kind));
}

type Size = Pick<
  Scenario,
  "proxyCount" | "clientsPerProxy" | "endpointsPerService" | "concurrency" | "serviceMs" | "thinkMs"
>;

function drawSmall(draw: Draw): Size {
  return {
    proxyCount: draw.whole(1, 3),
    clientsPerProxy: draw.whole(3, 20),
    endpointsPerService: draw.whole(2, 10),
    concurrency: draw.whole(4, 20),
    serviceMs: draw.whole(2, 20),
    thinkMs: draw.whole(80, 300),
  };
}

function drawLarge(draw: Draw): Size {
  return {
    proxyCount: draw.whole(4, 6),
    clientsPerProxy: draw.whole(40, 80),
    endpointsPerService: draw.whole(100, 250),
    concurrency: draw.whole(2, 4),
    serviceMs: draw.whole(10, 40),
    thinkMs: draw.whole(400, 800),
  };
}

function drawFault({ endpointsPerService }: Size, draw: Draw): Fault {
  const fromMs = draw.whole(FAULTS_FROM_MS, FAULTS_UNTIL_MS - 2_000);
  return {
    kind: draw.one(FAULT_KINDS),
    service: draw.one([...SERVICES, ...SERVICES, ...SERVICES, DARK]),
    endpoints: draw.some(endpointsPerService),
    fromMs,
    untilMs: draw.whole(fromMs + 500, FAULTS_UNTIL_MS),
  };
}

/** Requests that all endpoints of one service can serve. */
export function capacityPerSecond(
  scenario: Pick<Scenario, "endpointsPerService" | "concurrency" | "serviceMs">,
): number {
  const { endpointsPerService, concurrency, serviceMs } = scenario;
  return (endpointsPerService * concurrency * 1_000) / serviceMs;
}
