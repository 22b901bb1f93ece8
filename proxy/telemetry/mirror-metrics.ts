/**
 * What became of copies that were sent to another service, apart from the golden metrics: a
 * mirror's answers must not look like a service's.
 */
import type { Histogram } from "../../base/histogram.ts";
import type { CounterSlot } from "../../base/metric-slots.ts";
import type { CounterFamily, HistogramFamily, Metrics } from "../../base/metrics.ts";
import { parseServiceKey, type ServiceKey } from "../../mesh/service-key.ts";
import type { DestinationLabels } from "./shed-metrics.ts";

const LABELS = [
  "direction",
  "dst_namespace",
  "dst_service",
  "dst_port",
  "rt_route",
  "mirror_namespace",
  "mirror_service",
] as const;

/**
 * The first two say that a copy was sent. Dropped were those whose body was too long, those for
 * which too many were under way, and those whose original was over before its body had come.
 */
export const MIRROR_OUTCOMES = [
  "answered",
  "failed",
  "dropped-body",
  "dropped-busy",
  "dropped-early",
] as const;
export type MirrorOutcome = (typeof MIRROR_OUTCOMES)[number];

const OUTCOME_LABELS = [...LABELS, "outcome"] as const;
const RESULT_LABELS = [...LABELS, "result"] as const;

/** Routes that mirror, times what is told of each. */
const SERIES_MAX = 1_000;

interface Families {
  readonly outcomes: CounterFamily<typeof OUTCOME_LABELS>;
  readonly latency: HistogramFamily<typeof LABELS>;
  readonly compared: CounterFamily<typeof RESULT_LABELS>;
  readonly difference: HistogramFamily<typeof RESULT_LABELS>;
}

export class MirrorMetrics {
  readonly #families: Families;

  constructor(metrics: Metrics) {
    this.#families = {
      outcomes: metrics.counter({
        name: "heddle_mirror_requests_total",
        help: "Requests that were to be copied to a mirror, by what became of the copy.",
        labels: OUTCOME_LABELS,
        seriesMax: SERIES_MAX,
      }),
      latency: metrics.histogram({
        name: "heddle_mirror_latency_seconds",
        help: "From sending a copy to the first byte of the mirror's answer.",
        labels: LABELS,
        seriesMax: SERIES_MAX,
      }),
      compared: metrics.counter({
        name: "heddle_mirror_compared_total",
        help: "Answers of mirrors held against those of the service, by status.",
        labels: RESULT_LABELS,
        seriesMax: SERIES_MAX,
      }),
      difference: metrics.histogram({
        name: "heddle_mirror_latency_difference_seconds",
        help: "By how much a mirror was slower, or faster, than the service.",
        labels: RESULT_LABELS,
        seriesMax: SERIES_MAX,
      }),
    };
  }

  open(labels: DestinationLabels, route: string, mirror: ServiceKey): MirrorRecorder {
    const parsed = parseServiceKey(mirror);
    const values = [...labels, route, parsed?.namespace ?? "", parsed?.name ?? ""] as const;
    return new MirrorRecorder(values, this.#families);
  }
}

type Values = readonly [...DestinationLabels, string, string, string];

/** The numbers of one route and its mirror. */
export class MirrorRecorder {
  readonly latency: Histogram;
  readonly slower: Histogram;
  readonly faster: Histogram;
  readonly same: CounterSlot;
  readonly different: CounterSlot;
  readonly #families: Families;
  readonly #outcomes = new Map<MirrorOutcome, CounterSlot>();

  constructor(values: Values, families: Families) {
    this.#families = families;
    this.latency = families.latency.slot(values);
    this.slower = families.difference.slot([...values, "slower"]);
    this.faster = families.difference.slot([...values, "faster"]);
    this.same = families.compared.slot([...values, "same"]);
    this.different = families.compared.slot([...values, "different"]);
    for (const outcome of MIRROR_OUTCOMES) {
      this.#outcomes.set(outcome, families.outcomes.slot([...values, outcome]));
    }
  }

  count(outcome: MirrorOutcome): void {
    this.#outcomes.get(outcome)?.add(1);
  }

  compare(isSame: boolean, slowerByMs: number): void {
    (isSame ? this.same : this.different).add(1);
    if (slowerByMs >= 0) this.slower.record(slowerByMs);
    else this.faster.record(-slowerByMs);
  }

  close(): void {
    const { latency, difference, compared, outcomes } = this.#families;
    latency.release(this.latency);
    difference.release(this.slower);
    difference.release(this.faster);
    compared.release(this.same);
    compared.release(this.different);
    for (const slot of this.#outcomes.values()) outcomes.release(slot);
  }
}
