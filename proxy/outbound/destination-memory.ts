/**
 * What a proxy goes on knowing of a destination when its configuration changes: which requests
 * are under way, how much of a rate is used up, how long answers take, and what was counted.
 * Without it each update would hand out every limit anew.
 */
import type { Clock } from "../../base/clock.ts";
import type { CounterSlot } from "../../base/metric-slots.ts";
import type { Random } from "../../base/random.ts";
import type { TimerWheel } from "../../base/timer-wheel.ts";
import type { Destination } from "../../mesh/destination.ts";
import {
  DEFAULT_RETRY_BUDGET,
  type Hedge,
  type RetryBudget as RetryBudgetSettings,
} from "../../mesh/retry.ts";
import type { Concurrency, RateLimit } from "../../mesh/route-behaviour.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { Direction } from "../exchange/exchange.ts";
import { ConcurrencyGate, limitsConcurrency } from "../layers/concurrency-gate.ts";
import { HedgeDelay } from "../limits/hedge-delay.ts";
import { RATE_KEYS_MAX, RateLimiter } from "../limits/rate-limit.ts";
import { RetryBudget } from "../limits/retry-budget.ts";
import type { SharedCell } from "../limits/shared-cells.ts";
import type { SharedLimits } from "../limits/shared-limits.ts";
import type { MirrorMetrics, MirrorRecorder } from "../telemetry/mirror-metrics.ts";
import type { RetryMetrics, RetryRecorder } from "../telemetry/retry-metrics.ts";
import {
  type DestinationLabels,
  destinationLabels,
  type ShedMetrics,
} from "../telemetry/shed-metrics.ts";
import type { TcpMetrics, TcpRecorder } from "../telemetry/tcp-recorder.ts";

export interface MemoryDeps {
  readonly direction: Direction;
  readonly clock: Clock;
  readonly random: Random;
  readonly wheel: TimerWheel;
  readonly shed: ShedMetrics;
  readonly mirrors: MirrorMetrics;
  readonly retries: RetryMetrics;
  readonly tcp: TcpMetrics;
  /** What all workers count together; null or absent where one serves alone. */
  readonly shared?: SharedLimits | null;
}

interface RouteMemory {
  limiter: RateLimiter | null;
  limited: CounterSlot | null;
  delayed: CounterSlot | null;
  hedgeDelay: HedgeDelay | null;
  /** By the services that copies go to. */
  readonly mirrors: Map<ServiceKey, MirrorRecorder>;
}

export class DestinationMemory {
  readonly #service: ServiceKey;
  readonly #deps: MemoryDeps;
  readonly #labels: DestinationLabels;
  readonly #routes = new Map<string, RouteMemory>();
  readonly budget: RetryBudget;
  readonly #sharedBudget: SharedCell | null;
  readonly retryRecorder: RetryRecorder;
  #gate: ConcurrencyGate | null = null;
  #tcpRecorder: TcpRecorder | null = null;
  #isClosed = false;

  constructor(service: ServiceKey, deps: MemoryDeps) {
    this.#service = service;
    this.#deps = deps;
    this.#labels = destinationLabels(deps.direction, service);
    const cell = deps.shared?.claimBudget(this.#name) ?? null;
    this.#sharedBudget = cell;
    const books = cell && { memory: cell.numbers, lock: cell.lock };
    this.budget = new RetryBudget(DEFAULT_RETRY_BUDGET, books);
    this.retryRecorder = deps.retries.open(this.#labels);
  }

  /** Null where nothing is limited. */
  get gate(): ConcurrencyGate | null {
    return this.#gate;
  }

  /** Of connections that are carried as they are, most services have none. */
  get tcpRecorder(): TcpRecorder {
    if (this.#tcpRecorder === null) {
      this.#tcpRecorder = this.#deps.tcp.open(this.#deps.direction, this.#service);
      // Whoever uses it now outlives the destination, and lets go of it by itself.
      if (this.#isClosed) this.#tcpRecorder.close();
    }
    return this.#tcpRecorder;
  }

  /** A revision is about to be composed: what it does not name any more is forgotten. */
  begin({ concurrency, rules, budget }: Destination): void {
    this.#limit(concurrency);
    this.budget.reconfigure(this.#budgetHere(budget), this.#deps.clock.nowMs());
    const named = new Map<string, Set<ServiceKey>>();
    for (const { route, action } of rules) {
      const mirrors = named.get(route) ?? new Set();
      if (action.behaviour.mirror !== null) mirrors.add(action.behaviour.mirror.service);
      named.set(route, mirrors);
    }
    for (const [route, memory] of this.#routes) {
      const mirrors = named.get(route);
      if (mirrors !== undefined) closeOthers(memory.mirrors, mirrors);
      else {
        this.#release(memory);
        this.#routes.delete(route);
      }
    }
  }

  rateLimiter(route: string, settings: RateLimit): RateLimiter {
    const memory = this.#route(route);
    if (memory.limiter === null) memory.limiter = this.#openLimiter(route, settings);
    else memory.limiter.reconfigure(settings);
    return memory.limiter;
  }

  limited(route: string): CounterSlot {
    const memory = this.#route(route);
    memory.limited ??= this.#deps.shed.limited(this.#labels, route);
    return memory.limited;
  }

  delayed(route: string): CounterSlot {
    const memory = this.#route(route);
    memory.delayed ??= this.#deps.shed.delayed(this.#labels, route);
    return memory.delayed;
  }

  /** Null where the time is fixed. */
  hedgeDelay(route: string, { afterMs, percentile }: Hedge): HedgeDelay | null {
    if (afterMs > 0) return null;
    const memory = this.#route(route);
    if (memory.hedgeDelay === null) memory.hedgeDelay = new HedgeDelay(percentile);
    else memory.hedgeDelay.reconfigure(percentile);
    return memory.hedgeDelay;
  }

  mirror(route: string, service: ServiceKey): MirrorRecorder {
    const { mirrors } = this.#route(route);
    let recorder = mirrors.get(service);
    if (recorder === undefined) {
      recorder = this.#deps.mirrors.open(this.#labels, route, service);
      mirrors.set(service, recorder);
    }
    return recorder;
  }

  close(): void {
    this.#isClosed = true;
    this.budget.leaveShared();
    this.#sharedBudget?.release();
    this.#gate?.retire();
    this.#gate = null;
    this.retryRecorder.close();
    // Connections that are under way go on counting with it.
    this.#tcpRecorder?.close();
    for (const memory of this.#routes.values()) this.#release(memory);
    this.#routes.clear();
  }

  #limit(settings: Concurrency): void {
    if (!limitsConcurrency(settings)) {
      this.#gate?.retire();
      this.#gate = null;
    } else if (this.#gate === null) {
      const { shed: metrics, shared: limits, ...deps } = this.#deps;
      const shared = limits == null ? null : { limits, name: this.#name };
      const labels = this.#labels;
      this.#gate = new ConcurrencyGate(settings, { ...deps, metrics, labels, shared });
    } else this.#gate.reconfigure(settings);
  }

  /** The same for every worker. */
  get #name(): string {
    return `${this.#deps.direction} ${this.#service}`;
  }

  /** Where workers cannot count together, each allows its part of what comes of no request. */
  #budgetHere(budget: RetryBudgetSettings): RetryBudgetSettings {
    const { shared } = this.#deps;
    if (shared == null || this.#sharedBudget !== null) return budget;
    const minRetriesPerSecond = budget.minRetriesPerSecond / shared.workerCount;
    return { ...budget, minRetriesPerSecond };
  }

  #openLimiter(route: string, settings: RateLimit): RateLimiter {
    const { shared } = this.#deps;
    if (shared == null) return new RateLimiter(settings);
    const name = shared.nameOf(`${this.#name} ${route}`);
    return new RateLimiter(settings, RATE_KEYS_MAX, { rates: shared.rates, name });
  }

  #route(route: string): RouteMemory {
    const known = this.#routes.get(route);
    if (known !== undefined) return known;
    const made: RouteMemory = {
      limiter: null,
      limited: null,
      delayed: null,
      hedgeDelay: null,
      mirrors: new Map(),
    };
    this.#routes.set(route, made);
    return made;
  }

  #release({ limited, delayed, mirrors }: RouteMemory): void {
    for (const recorder of mirrors.values()) recorder.close();
    if (limited !== null) this.#deps.shed.release(limited);
    if (delayed !== null) this.#deps.shed.release(delayed);
  }
}

function closeOthers(
  mirrors: Map<ServiceKey, MirrorRecorder>,
  named: ReadonlySet<ServiceKey>,
): void {
  for (const [service, recorder] of mirrors) {
    if (named.has(service)) continue;
    mirrors.delete(service);
    recorder.close();
  }
}
