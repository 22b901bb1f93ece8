/**
 * Takes endpoints of one backend out that keep failing, and lets them back when a probe says so.
 * At most a set share is out at a time, and never the last one: beyond that an endpoint stays, and
 * looks so loaded for as long as it would be out that it is chosen only where there is nothing
 * better; afterwards a request shows whether it is well. There is no mode in which the evicted are
 * used again wholesale: when the healthy ones go away, as many return as the share demands, those
 * first that are due first.
 *
 * Costs are the same however many endpoints there are, but for the logarithm of those evicted.
 */
import type { Random } from "../../base/random.ts";
import type { Breaker as BreakerSettings } from "../../mesh/backend-settings.ts";
import type { EvictionReason } from "../telemetry/eviction-recorder.ts";
import { Breaker, OPEN, PROBING } from "./breaker.ts";
import type { EndpointLoad } from "./peak-ewma.ts";
import { ProbeSchedule } from "./probe-schedule.ts";

/** Whoever chooses endpoints, and must know who is out. */
export interface EvictionTarget {
  evict(load: EndpointLoad): void;
  readmit(load: EndpointLoad): void;
}

/** For counters: of what is not asked for. Whoever probes knows what came of it. */
export interface EvictionEvents {
  evicted(load: EndpointLoad, reason: EvictionReason): void;
  /** It should have been evicted, and too many were already. */
  spared(load: EndpointLoad, reason: EvictionReason): void;
  /** It came back without a probe, because the share allows fewer to be out. */
  needed(load: EndpointLoad): void;
}

export class Eviction {
  #settings: BreakerSettings;
  #slowStartMs: number;
  readonly #random: Random;
  readonly #target: EvictionTarget;
  readonly #events: EvictionEvents | null;
  readonly #schedule = new ProbeSchedule();
  #loads: readonly EndpointLoad[] = [];
  #evicted = 0;

  constructor(
    settings: BreakerSettings,
    slowStartMs: number,
    random: Random,
    target: EvictionTarget,
    events: EvictionEvents | null,
  ) {
    this.#settings = settings;
    this.#slowStartMs = slowStartMs;
    this.#random = random;
    this.#target = target;
    this.#events = events;
  }

  /** To be followed by `update`. Who is out stays out, as far as the new share allows it. */
  reconfigure(settings: BreakerSettings, slowStartMs: number): void {
    this.#settings = settings;
    this.#slowStartMs = slowStartMs;
  }

  /** Nothing is evicted any more, and nothing held against anybody. */
  retire(loads: Iterable<EndpointLoad>): void {
    this.update([], 0);
    for (const load of loads) {
      load.breaker = null;
      load.evicted = false;
      load.penalised = false;
    }
  }

  /** How many are out, those included that are being probed. */
  get evictedCount(): number {
    return this.#evicted;
  }

  /** How many may be out. */
  get evictedMax(): number {
    const total = this.#loads.length;
    return Math.max(0, Math.min(Math.floor(this.#settings.evictedShareMax * total), total - 1));
  }

  /** When somebody may be probed; infinite when nobody waits for it. */
  get probeDueMs(): number {
    return this.#schedule.dueMs;
  }

  /**
   * These are all that can be chosen now. What is known of those that stay is kept. To be called
   * before the target sees them: it finds who is out by `evicted`.
   */
  update(loads: readonly EndpointLoad[], nowMs: number): void {
    this.#schedule.clear();
    for (const load of this.#loads) load.counted = false;
    this.#loads = loads;
    const out: EndpointLoad[] = [];
    for (const load of loads) {
      load.counted = true;
      load.breaker ??= new Breaker(this.#settings, nowMs);
      if (load.evicted) out.push(load);
    }
    this.#evicted = out.length;
    out.sort((one, other) => (one.breaker?.probeDueMs ?? 0) - (other.breaker?.probeDueMs ?? 0));
    for (const load of out) {
      if (this.#evicted > this.evictedMax) this.#takeBack(load, nowMs);
      else if (load.breaker?.state(nowMs) === OPEN) this.#schedule.add(load);
    }
  }

  /** A request ended well. Not a probe. */
  succeeded(load: EndpointLoad, nowMs: number): void {
    const { breaker } = load;
    if (breaker === null) return;
    breaker.onSuccess(nowMs);
    if (!load.penalised || breaker.verdict(nowMs) !== null) return;
    load.penalised = false;
    breaker.release();
  }

  /**
   * A request failed, and it was the endpoint's fault: not by load shed, by draining, or by a
   * caller that went away or ran out of time. Not a probe.
   */
  failed(load: EndpointLoad, nowMs: number): void {
    const { breaker } = load;
    // It may have left meanwhile, and then it is nobody's loss.
    if (breaker === null || load.evicted || !load.counted) return;
    breaker.onFailure(nowMs);
    const reason = breaker.verdict(nowMs);
    if (reason === null) return;
    if (this.#evicted < this.evictedMax) this.#evict(load, breaker, nowMs, reason);
    else this.#spare(load, breaker, nowMs, reason);
  }

  /** The endpoint that should be probed now, if any; with this call its probe has begun. */
  takeProbe(nowMs: number): EndpointLoad | null {
    const load = this.#schedule.first;
    if (load === null || load.breaker === null || this.#schedule.dueMs > nowMs) return null;
    this.#schedule.remove(load);
    load.breaker.beginProbe(nowMs);
    return load;
  }

  probeSucceeded(load: EndpointLoad, nowMs: number): void {
    const { breaker } = load;
    if (breaker?.state(nowMs) !== PROBING) return;
    breaker.onProbeSuccess(nowMs, this.#slowStartMs);
    if (this.#slowStartMs > 0) load.beginSlowStart(nowMs, this.#slowStartMs);
    this.#readmit(load);
  }

  probeFailed(load: EndpointLoad, nowMs: number): void {
    const { breaker } = load;
    if (breaker?.state(nowMs) !== PROBING) return;
    breaker.open(nowMs, "probe-failed", this.#random);
    if (load.counted) this.#schedule.add(load);
  }

  /** The probe told nothing: its caller went away. */
  probeAbandoned(load: EndpointLoad, nowMs: number): void {
    const { breaker } = load;
    if (breaker?.state(nowMs) !== PROBING) return;
    breaker.abandonProbe(nowMs);
    if (load.counted) this.#schedule.add(load);
  }

  #evict(load: EndpointLoad, breaker: Breaker, nowMs: number, reason: EvictionReason): void {
    breaker.open(nowMs, reason, this.#random);
    load.evicted = true;
    load.penalised = false;
    this.#evicted += 1;
    this.#schedule.add(load);
    this.#target.evict(load);
    this.#events?.evicted(load, reason);
  }

  /** For a time, as with those that are out: afterwards a request shows whether it is well. */
  #spare(load: EndpointLoad, breaker: Breaker, nowMs: number, reason: EvictionReason): void {
    if (load.penalised && nowMs < load.penaltyEndsMs) return;
    load.penaltyEndsMs = breaker.hold(nowMs, reason, this.#random);
    if (load.penalised) return;
    load.penalised = true;
    this.#events?.spared(load, reason);
  }

  /** While the target still has the old list: it will find this one among those that are in. */
  #takeBack(load: EndpointLoad, nowMs: number): void {
    load.breaker?.readmit(nowMs);
    load.penalised = true;
    load.penaltyEndsMs = load.breaker?.probeDueMs ?? nowMs;
    load.evicted = false;
    this.#evicted -= 1;
    this.#events?.needed(load);
  }

  #readmit(load: EndpointLoad): void {
    load.evicted = false;
    if (!load.counted) return;
    this.#evicted -= 1;
    this.#target.readmit(load);
  }
}
