/**
 * Probes evicted endpoints by a connection where no request came that could be risked on them:
 * an endpoint must not stay out for want of the right requests.
 */
import type { Clock } from "../../base/clock.ts";
import { type TimerOwner, WheelTimer } from "../../base/timer-wheel.ts";
import type { EndpointLoad } from "../balance/peak-ewma.ts";
import { ConnectProbe, type ConnectProbeDeps } from "../connection/connect-probe.ts";
import type { ProbeOutcome } from "../telemetry/eviction-recorder.ts";

/** How long a request is waited for that could be the probe. It tells more than a connection. */
export const REQUEST_PATIENCE_MS = 1_000;

/** Where evicted endpoints come from. */
export interface ConnectProbeSource {
  /** When somebody may be probed; infinite when nobody waits for it. */
  readonly probeDueMs: number;
  takeProbe(nowMs: number): EndpointLoad | null;
  /** Whether a new connection there leads to the endpoint, and to nobody else. */
  mayDial(load: EndpointLoad): boolean;
  connectProbeEnded(load: EndpointLoad, outcome: ProbeOutcome): void;
}

export class ConnectProber implements TimerOwner {
  readonly #source: ConnectProbeSource;
  readonly #clock: Clock;
  readonly #deps: ConnectProbeDeps;
  readonly #timer = new WheelTimer(this);
  readonly #running = new Set<ConnectProbe>();
  #isStopped = false;

  constructor(source: ConnectProbeSource, clock: Clock, deps: ConnectProbeDeps) {
    this.#source = source;
    this.#clock = clock;
    this.#deps = deps;
  }

  /** Somebody was evicted, or is no longer: looks when the next is due. */
  schedule(): void {
    if (this.#isStopped) return;
    const { probeDueMs } = this.#source;
    const { wheel } = this.#deps;
    if (probeDueMs === Number.POSITIVE_INFINITY) {
      wheel.cancel(this.#timer);
      return;
    }
    const dueMs = probeDueMs + REQUEST_PATIENCE_MS;
    wheel.schedule(this.#timer, Math.max(0, dueMs - this.#clock.nowMs()));
  }

  onTimer(): void {
    const nowMs = this.#clock.nowMs();
    while (this.#source.probeDueMs + REQUEST_PATIENCE_MS <= nowMs) {
      const load = this.#source.takeProbe(nowMs);
      if (load === null) break;
      this.#probe(load);
    }
    this.schedule();
  }

  /** For good: what is still under way may evict somebody, whom nobody will use again. */
  stop(): void {
    this.#isStopped = true;
    this.#deps.wheel.cancel(this.#timer);
    for (const probe of this.#running) probe.cancel();
    this.#running.clear();
  }

  #probe(load: EndpointLoad): void {
    if (!this.#source.mayDial(load)) {
      this.#source.connectProbeEnded(load, "bad");
      return;
    }
    const probe = new ConnectProbe(load.endpoint, this.#deps, (connected) => {
      this.#running.delete(probe);
      this.#source.connectProbeEnded(load, connected ? "good" : "bad");
    });
    this.#running.add(probe);
  }
}
