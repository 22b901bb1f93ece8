/** What work queues have to do, and how long it takes. The program stands in the metrics' names. */
import type { Metrics } from "../base/metrics.ts";
import type { Watcher } from "./informer-metrics.ts";
import type { WorkObserver } from "./work-queue.ts";

/** For each queue of the program, by a name that says what it works on. */
export type WorkObservers = (queue: string) => WorkObserver;

/** Once for each program. */
export function createWorkObservers(metrics: Metrics, watcher: Watcher): WorkObservers {
  const prefix = `heddle_${watcher}_work`;
  const labels = ["queue"] as const;
  const depth = metrics.gauge({
    name: `${prefix}_depth`,
    help: "Keys that wait or are worked on.",
    labels,
  });
  const adds = metrics.counter({
    name: `${prefix}_adds_total`,
    help: "Keys that were added, but for those that waited already.",
    labels,
  });
  const refused = metrics.counter({
    name: `${prefix}_refused_total`,
    help: "Keys for which there was no room.",
    labels,
  });
  const retries = metrics.counter({
    name: `${prefix}_retries_total`,
    help: "Keys whose work failed and is tried again.",
    labels,
  });
  const late = metrics.histogram({
    name: `${prefix}_late_seconds`,
    help: "From when a key was due until its work began.",
    labels,
  });
  const duration = metrics.histogram({
    name: `${prefix}_duration_seconds`,
    help: "Of the work on a key.",
    labels,
  });
  return (queue) => {
    const own = [queue] as const;
    return {
      sized: (count) => depth.slot(own).set(count),
      added: () => adds.slot(own).add(1),
      refused: () => refused.slot(own).add(1),
      began: (lateMs) => late.slot(own).record(lateMs),
      ended: (durationMs, isFailed) => {
        duration.slot(own).record(durationMs);
        if (isFailed) retries.slot(own).add(1);
      },
    };
  };
}
