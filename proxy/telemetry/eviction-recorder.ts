/** Counts what happened to failing endpoints. Which ones they were is for `/config` to say. */
import type { CounterSlot } from "../../base/metric-slots.ts";
import type { CounterFamily, Metrics } from "../../base/metrics.ts";

/** Why an endpoint is, or should be, evicted. */
export const EVICTION_REASONS = ["consecutive-failures", "success-rate", "probe-failed"] as const;
export type EvictionReason = (typeof EVICTION_REASONS)[number];

const PROBE_KINDS = ["request", "connect"] as const;
export type ProbeKind = (typeof PROBE_KINDS)[number];

/** What a probe has shown; `unknown` when its caller went away. */
const PROBE_OUTCOMES = ["good", "bad", "unknown"] as const;
export type ProbeOutcome = (typeof PROBE_OUTCOMES)[number];

export class EvictionRecorder {
  readonly #evicted = new Map<EvictionReason, CounterSlot>();
  readonly #spared = new Map<EvictionReason, CounterSlot>();
  readonly #probes: CounterFamily<readonly ["kind", "outcome"]>;
  readonly #probed = new Map<string, CounterSlot>();
  readonly #needed: CounterSlot;

  constructor(metrics: Metrics) {
    const evicted = metrics.counter({
      name: "heddle_evictions_total",
      help: "Endpoints that were evicted because they failed, by what showed it.",
      labels: ["reason"],
    });
    const spared = metrics.counter({
      name: "heddle_evictions_spared_total",
      help: "Endpoints that should have been evicted when as many were as may be.",
      labels: ["reason"],
    });
    for (const reason of EVICTION_REASONS) {
      this.#evicted.set(reason, evicted.slot([reason]));
      this.#spared.set(reason, spared.slot([reason]));
    }
    this.#needed = metrics
      .counter({
        name: "heddle_evictions_undone_total",
        help: "Evicted endpoints that came back unproven, because too few others were left.",
      })
      .slot([]);
    this.#probes = metrics.counter({
      name: "heddle_probes_total",
      help: "Probes of evicted endpoints, by how it was done and what it showed.",
      labels: ["kind", "outcome"],
    });
    for (const kind of PROBE_KINDS) {
      for (const outcome of PROBE_OUTCOMES) {
        this.#probed.set(`${kind} ${outcome}`, this.#probes.slot([kind, outcome]));
      }
    }
  }

  evicted(reason: EvictionReason): void {
    this.#evicted.get(reason)?.add(1);
  }

  spared(reason: EvictionReason): void {
    this.#spared.get(reason)?.add(1);
  }

  needed(): void {
    this.#needed.add(1);
  }

  probed(kind: ProbeKind, outcome: ProbeOutcome): void {
    this.#probed.get(`${kind} ${outcome}`)?.add(1);
  }
}
