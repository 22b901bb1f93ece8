/** The operator's own metrics, and the observers through which its parts count. */
import type { Metrics } from "../../base/metrics.ts";
import { VERSION } from "../../base/version.ts";
import type { Problem } from "../../mesh/problem.ts";
import type { ResourceType } from "../../mesh/snapshot.ts";
import type { IndexObserver } from "../index/mesh-index.ts";
import type { ResourceStore } from "../index/resource-store.ts";
import type { PublishObserver } from "../publish/resources.ts";
import type { FolderObserver } from "../sources/folder/folder-source.ts";
import type { ObjectSource } from "../sources/object-source.ts";
import type { ProgrammedTable } from "../status/programmed-table.ts";
import type { StatusBook } from "../status/status-book.ts";
import { isFinding } from "../status/status-log.ts";

export interface OperatorObservers {
  readonly index: IndexObserver;
  readonly publish: PublishObserver;
}

export function createObservers(metrics: Metrics): OperatorObservers {
  return {
    index: observeIndex(metrics),
    publish: observePublish(metrics),
  };
}

function observeIndex(metrics: Metrics): IndexObserver {
  const services = metrics.counter({
    name: "heddle_operator_compiled_services_total",
    help: "Services that were compiled, each time counted.",
  });
  const duration = metrics.histogram({
    name: "heddle_operator_compile_duration_seconds",
    help: "Time to compile and encode what one round of changes touched.",
  });
  return {
    compiled: (count, durationMs) => {
      services.slot([]).add(count);
      duration.slot([]).record(durationMs);
    },
  };
}

export function observeFolder(metrics: Metrics): FolderObserver {
  const rescans = metrics.counter({
    name: "heddle_operator_folder_rescans_total",
    help: "Looks at the whole folder, by what gave the reason.",
    labels: ["reason"],
  });
  const duration = metrics.histogram({
    name: "heddle_operator_folder_rescan_duration_seconds",
    help: "Time to look at the whole folder and read what differs.",
  });
  const files = metrics.gauge({
    name: "heddle_operator_folder_files",
    help: "Manifest files found at the last look.",
  });
  const watched = metrics.gauge({
    name: "heddle_operator_folder_watches",
    help: "Folders under watch.",
  });
  const refused = metrics.gauge({
    name: "heddle_operator_folder_watches_refused",
    help: "Folders that the system refuses to watch, and that are seen by rescans alone.",
  });
  return {
    rescanned: (reason, count, durationMs) => {
      rescans.slot([reason]).add(1);
      duration.slot([]).record(durationMs);
      files.slot([]).set(count);
    },
    watching: (folders, refusals) => {
      watched.slot([]).set(folders);
      refused.slot([]).set(refusals);
    },
  };
}

function observePublish(metrics: Metrics): PublishObserver {
  const byType = (name: string, help: string) =>
    metrics.counter({ name: `heddle_operator_${name}_total`, help, labels: ["type"] });
  const sent = byType("snapshots_sent", "Revisions sent to proxies.");
  const bytes = byType("snapshot_sent_bytes", "Bytes of revisions sent to proxies.");
  const acked = byType("snapshots_acked", "Revisions that proxies took.");
  const refused = byType("snapshots_refused", "Revisions that proxies refused.");
  const superseded = byType("snapshots_superseded", "Revisions replaced before they were sent.");
  const duration = metrics.histogram({
    name: "heddle_operator_ack_duration_seconds",
    help: "Time from sending a revision to its ack.",
    labels: ["type"],
  });
  const turnedAway = metrics.counter({
    name: "heddle_operator_turned_away_total",
    help: "Connections and messages that were turned away.",
    labels: ["reason"],
  });
  return {
    sent: (type: ResourceType, count: number) => {
      sent.slot([type]).add(1);
      bytes.slot([type]).add(count);
    },
    acked: (type: ResourceType, sinceSentMs: number) => {
      acked.slot([type]).add(1);
      duration.slot([type]).record(sinceSentMs);
    },
    refused: (type: ResourceType) => refused.slot([type]).add(1),
    superseded: (type: ResourceType) => superseded.slot([type]).add(1),
    turnedAway: (reason: string) => turnedAway.slot([reason]).add(1),
  };
}

export interface StateToObserve {
  readonly objects: ObjectSource;
  readonly status: StatusBook;
  readonly store: ResourceStore;
  readonly programmed: ProgrammedTable;
}

/** What is read when somebody scrapes. */
export function observeState(metrics: Metrics, state: StateToObserve): void {
  const { objects, status, store, programmed } = state;
  const gauge = (name: string, help: string, read: () => number): void => {
    metrics.observe({ name, help, type: "gauge", read: (emit) => emit(read()) });
  };
  metrics.observe({
    name: "heddle_operator_objects",
    help: "Objects by kind, and whether their newest version is accepted.",
    type: "gauge",
    labels: ["group", "kind", "accepted"],
    read: (emit) => {
      const counts = countBy(status.entries(), ({ ref, conditions }) => {
        const accepted = conditions.find(({ type }) => type === "Accepted")?.status === "True";
        return [ref.group, ref.kind, String(accepted)];
      });
      for (const [labels, count] of counts) emit(count, ...labels);
    },
  });
  metrics.observe({
    name: "heddle_operator_findings",
    help: "Accepted objects that something is wrong with, by what; foreign kinds as well.",
    type: "gauge",
    labels: ["group", "kind", "condition", "reason"],
    read: (emit) => {
      const found = [...status.entries()].flatMap(({ ref: { group, kind }, conditions }) =>
        conditions.filter(isFinding).map(({ type, reason }) => [group, kind, type, reason]),
      );
      for (const [labels, count] of countBy(found, (labels) => labels)) emit(count, ...labels);
    },
  });
  metrics.observe({
    name: "heddle_operator_problems",
    help: "Problems found in what was read, of objects and of whole files.",
    type: "gauge",
    labels: ["severity"],
    read: (emit) => {
      const all = [...objects.problems(), ...[...objects.list()].flatMap((one) => one.problems)];
      for (const severity of ["error", "warning", "note"] satisfies Problem["severity"][]) {
        emit(all.filter((problem) => problem.severity === severity).length, severity);
      }
    },
  });
  gauge("heddle_operator_sessions", "Proxies connected.", () => programmed.sessionCount);
  gauge(
    "heddle_operator_destinations",
    "Service ports that proxies can ask for.",
    () => store.counts.destinations,
  );
  gauge(
    "heddle_operator_endpoint_sets",
    "Endpoint sets that destinations can name.",
    () => store.counts.endpointSets,
  );
  gauge(
    "heddle_operator_addresses",
    "Addresses at which a service or an endpoint stands.",
    () => store.counts.addresses,
  );
  metrics.observe({
    name: "heddle_build_info",
    help: "Always 1; the label says which version runs.",
    type: "gauge",
    labels: ["version"],
    read: (emit) => emit(1, VERSION),
  });
}

function countBy<T>(
  items: Iterable<T>,
  labelsOf: (item: T) => readonly string[],
): Iterable<readonly [labels: readonly string[], count: number]> {
  const counts = new Map<string, [readonly string[], number]>();
  for (const item of items) {
    const labels = labelsOf(item);
    const key = labels.join(" ");
    const counted = counts.get(key);
    if (counted === undefined) counts.set(key, [labels, 1]);
    else counted[1] += 1;
  }
  return counts.values();
}
