/**
 * What became of tries after the first, by destination: why there were any and how they ended,
 * why there were no more, and what hedging was worth. Most series never come to be, so each is
 * opened when it first counts.
 */
import type { CounterSlot } from "../../base/metric-slots.ts";
import type { CounterFamily, Metrics } from "../../base/metrics.ts";
import type { RetryReason } from "../layers/retry-rules.ts";
import type { DestinationLabels } from "./shed-metrics.ts";

const LABELS = ["direction", "dst_namespace", "dst_service", "dst_port"] as const;
const RETRY_LABELS = [...LABELS, "reason", "outcome"] as const;
const WITHHELD_LABELS = [...LABELS, "cause"] as const;
const HEDGE_LABELS = [...LABELS, "event"] as const;

/** Reasons times outcomes times destinations that retry. */
const SERIES_MAX = 2_000;

/** `success` is an answer that no further try was wanted for. */
export type RetryOutcome = "success" | "failure";

/** Why a failure that was worth another try got none. */
export type RetryWithheld = "harmful" | "tries" | "budget" | "body" | "deadline" | "retry-after";

/** `lost`: another try was faster. `withheld`: the budget was exhausted. */
export type HedgeEvent = "started" | "won" | "lost" | "withheld";

export class RetryMetrics {
  readonly #retries: CounterFamily<typeof RETRY_LABELS>;
  readonly #withheld: CounterFamily<typeof WITHHELD_LABELS>;
  readonly #hedges: CounterFamily<typeof HEDGE_LABELS>;

  constructor(metrics: Metrics) {
    this.#retries = metrics.counter({
      name: "heddle_retries_total",
      help: "Tries after a failed one, by why there was another and how it ended.",
      labels: RETRY_LABELS,
      seriesMax: SERIES_MAX,
    });
    this.#withheld = metrics.counter({
      name: "heddle_retries_withheld_total",
      help: "Failures that were worth another try and got none, by why not.",
      labels: WITHHELD_LABELS,
      seriesMax: SERIES_MAX,
    });
    this.#hedges = metrics.counter({
      name: "heddle_hedges_total",
      help: "Second copies of requests beside a slow try, by what became of them.",
      labels: HEDGE_LABELS,
      seriesMax: SERIES_MAX,
    });
  }

  /** Whoever opens a recorder closes it. */
  open(labels: DestinationLabels): RetryRecorder {
    return new RetryRecorder({
      retry: (reason, outcome) => this.#retries.slot([...labels, reason, outcome]),
      withheld: (cause) => this.#withheld.slot([...labels, cause]),
      hedge: (event) => this.#hedges.slot([...labels, event]),
      release: (slot) => {
        this.#retries.release(slot);
        this.#withheld.release(slot);
        this.#hedges.release(slot);
      },
    });
  }
}

interface SlotSource {
  retry(reason: RetryReason, outcome: RetryOutcome): CounterSlot;
  withheld(cause: RetryWithheld): CounterSlot;
  hedge(event: HedgeEvent): CounterSlot;
  release(slot: CounterSlot): void;
}

/** Counts for one destination. */
export class RetryRecorder {
  readonly #source: SlotSource;
  /** By names that are closed sets: at most a few dozen. */
  readonly #slots = new Map<string, CounterSlot>();
  #isClosed = false;

  constructor(source: SlotSource) {
    this.#source = source;
  }

  retried(reason: RetryReason, outcome: RetryOutcome): void {
    const name = `${reason} ${outcome}`;
    const slot = this.#slots.get(name) ?? this.#open(name, this.#source.retry(reason, outcome));
    slot.add(1);
  }

  withheld(cause: RetryWithheld): void {
    const slot = this.#slots.get(cause) ?? this.#open(cause, this.#source.withheld(cause));
    slot.add(1);
  }

  hedged(event: HedgeEvent): void {
    const name = `hedge ${event}`;
    const slot = this.#slots.get(name) ?? this.#open(name, this.#source.hedge(event));
    slot.add(1);
  }

  /** What is still under way is counted, and holds no series. */
  close(): void {
    this.#isClosed = true;
    for (const slot of this.#slots.values()) this.#source.release(slot);
    this.#slots.clear();
  }

  #open(name: string, slot: CounterSlot): CounterSlot {
    if (this.#isClosed) this.#source.release(slot);
    else this.#slots.set(name, slot);
    return slot;
  }
}
