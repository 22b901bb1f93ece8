/** What the informers of a program do, and how well they hear. Its name stands in the metrics'. */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Metrics } from "../base/metrics.ts";
import type { Informer, InformerObserver } from "./informer.ts";

export type Watcher = "operator" | "webhook";

export function createInformerObserver(
  metrics: Metrics,
  log: Log,
  watcher: Watcher,
): InformerObserver {
  const prefix = `heddle_${watcher}_kube`;
  const reads = metrics.counter({
    name: `${prefix}_reads_total`,
    help: "Times that all objects of a kind were read, by what gave the reason.",
    labels: ["resource", "reason"],
  });
  const watches = metrics.counter({
    name: `${prefix}_watches_total`,
    help: "Watches that were opened.",
    labels: ["resource"],
  });
  const failures = metrics.counter({
    name: `${prefix}_failures_total`,
    help: "Reads and watches that failed, by the API server's word for it or ours.",
    labels: ["resource", "reason"],
  });
  const defects = metrics.counter({
    name: `${prefix}_listener_failures_total`,
    help: "Changes that could not be taken in. A defect of ours.",
    labels: ["resource"],
  });
  return {
    read: (resource, reason) => reads.slot([resource, reason]).add(1),
    watched: (resource) => watches.slot([resource]).add(1),
    failed: (resource, reason) => failures.slot([resource, reason]).add(1),
    changed: createTeller(log, watcher),
    listenerFailed: (resource, cause) => {
      defects.slot([resource]).add(1);
      log.error("a change could not be taken in", { resource, cause: String(cause) });
    },
  };
}

/**
 * Kinds come and go with their definitions, and rights with their roles: both are told once. That
 * kinds cannot be read for the moment mostly has one cause for all of them: the first is told, and
 * that it is over. The operator's list of problems tells of each.
 */
function createTeller(log: Log, watcher: Watcher): NonNullable<InformerObserver["changed"]> {
  const away = new Map<string, "absent" | "forbidden">();
  const failing = new Set<string>();
  const tellFailing = (resource: string, isFailing: boolean, cause: string): void => {
    if (isFailing && failing.size === 0) {
      log.warn("the cluster cannot be read now: what was read last counts", { resource, cause });
    } else if (!isFailing && failing.size === 1 && failing.has(resource)) {
      log.info("the cluster is read again");
    }
    if (isFailing) failing.add(resource);
    else failing.delete(resource);
  };
  return (resource, state, message) => {
    if (watcher === "webhook") tellFailing(resource, state === "failing", message);
    const before = away.get(resource);
    if (state === "absent") {
      log.info("the cluster does not have a kind, and it is read when it comes", { resource });
    } else if (state === "forbidden") {
      log.warn("a kind may not be read, and the rest is served without it", {
        resource,
        cause: message,
      });
    } else if (state === "following" && before !== undefined) {
      log.info("a kind is read now", { resource });
    }
    if (state === "absent" || state === "forbidden") away.set(resource, state);
    else if (state === "following") away.delete(resource);
  };
}

/** What is read when somebody scrapes. */
export function observeInformers(
  metrics: Metrics,
  informers: readonly Pick<Informer, "name" | "state" | "size" | "heardAtWallMs">[],
  clock: Clock,
  watcher: Watcher,
): void {
  const prefix = `heddle_${watcher}_kube`;
  metrics.observe({
    name: `${prefix}_objects`,
    help: "Objects that are held of each kind.",
    type: "gauge",
    labels: ["resource"],
    read: (emit) => {
      for (const { name, size } of informers) emit(size, name);
    },
  });
  metrics.observe({
    name: `${prefix}_kinds`,
    help: "1 for each kind and the state that it is in.",
    type: "gauge",
    labels: ["resource", "state"],
    read: (emit) => {
      for (const { name, state } of informers) emit(1, name, state);
    },
  });
  metrics.observe({
    name: `${prefix}_silence_seconds`,
    help: "Since the API server last said anything about a kind that is there.",
    type: "gauge",
    labels: ["resource"],
    read: (emit) => {
      for (const { name, heardAtWallMs, state } of informers) {
        if (heardAtWallMs === 0 || state === "absent") continue;
        emit(Math.max(0, clock.wallMs() - heardAtWallMs) / 1000, name);
      }
    },
  });
}
