/**
 * What only one of several replicas does: it writes status, tells of what is wrong, and keeps what
 * was accepted.
 */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Metrics } from "../base/metrics.ts";
import type { Random } from "../base/random.ts";
import type { Timers } from "../base/timers.ts";
import { CONTROL_ADDRESS } from "../inject/names.ts";
import { type EventNews, EventRecorder } from "../kube/events.ts";
import type { KubeClient } from "../kube/kube-client.ts";
import { type Leadership, Lease } from "../kube/lease.ts";
import type { WorkObservers } from "../kube/work-metrics.ts";
import type { InjectionBook } from "./injection/injection-book.ts";
import { InjectionEvents } from "./injection/injection-events.ts";
import type { Replicas } from "./replicas/replicas.ts";
import type { KubernetesSource } from "./sources/kubernetes/kubernetes-source.ts";
import type { RevisionStore } from "./state/revision-store.ts";
import { type RevisionObserver, RevisionWriter } from "./state/revision-writer.ts";
import type { StatusBook, StatusEntry } from "./status/status-book.ts";
import { StatusEvents } from "./status/status-events.ts";
import { FIELD_MANAGER, StatusWriter } from "./status/status-writer.ts";

export const LEASE_NAME = "heddle-operator";

export interface LeadingOptions {
  readonly client: KubeClient;
  readonly objects: KubernetesSource;
  readonly kept: RevisionStore;
  readonly status: StatusBook;
  /** Which pods lack their proxy; nothing is told of them where it is absent. */
  readonly injection?: InjectionBook;
  readonly replicas: Replicas;
  /** Where other replicas reach this one; empty where they cannot. */
  readonly controlAddress: () => string;
  /** Told after everybody else, at once. */
  readonly leadershipChanged: () => void;
  /** Where the Lease is. */
  readonly namespace: string;
  /** Of this process and no other. */
  readonly identity: string;
  readonly metrics: Metrics;
  readonly queues: WorkObservers;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
}

export interface Leading extends Leadership {
  start(): void;
  /** Nothing is written any more, and another one may lead, which is told of what is here. */
  resign(): Promise<void>;
  stop(): Promise<void>;
}

export function createLeading(options: LeadingOptions): Leading {
  const { client, namespace, identity, metrics, log } = options;
  const { clock, timers, random, replicas } = options;
  const lease = new Lease({
    ...{ client, namespace, identity, clock, timers, random },
    name: LEASE_NAME,
    annotations: () => {
      const address = options.controlAddress();
      return address === "" ? {} : { [CONTROL_ADDRESS]: address };
    },
    seen: (holder) => replicas.leaderSeen(holder?.annotations[CONTROL_ADDRESS] ?? ""),
    changed: (holds) => {
      log.info(holds ? "this operator leads" : "this operator leads no longer", { identity });
      replicas.leadershipChanged(holds);
      writers.leadershipChanged();
      options.leadershipChanged();
    },
    failed: (error) =>
      log.warn("the Lease cannot be had: status is not written by this operator", {
        namespace,
        cause: error.message,
      }),
  });
  const writers = createWriters(options, lease);
  metrics.observe({
    name: "heddle_operator_leading",
    help: "1 while this operator writes status, 0 while another one does.",
    type: "gauge",
    read: (emit) => emit(lease.holds() ? 1 : 0),
  });
  return {
    holds: () => lease.holds(),
    start: () => {
      writers.start();
      lease.start();
    },
    resign: async () => {
      await writers.stop();
      await lease.resign();
    },
    stop: async () => {
      await lease.stop();
      replicas.stop();
    },
  };
}

/** All that is written while this operator leads. */
function createWriters(options: LeadingOptions, lease: Lease) {
  const { client, objects, kept, status, identity, metrics, log, injection } = options;
  const { clock, timers, random, queues } = options;
  const counts = countEvents(metrics);
  const recorder = new EventRecorder({
    ...{ client, clock, timers, random },
    controller: FIELD_MANAGER,
    instance: identity,
    ...counts,
    queueObserver: queues("events"),
  });
  const contests = countContests(metrics);
  const writer = new StatusWriter({
    ...{ status, objects, client, leadership: lease, clock, timers, random },
    queueObserver: queues("status"),
    observer: {
      ...observeWrites(metrics),
      contested: (entry, who) => {
        contests();
        recorder.record(contestedNews(entry, objects.uidOf(entry.id), who));
      },
    },
  });
  const events = new StatusEvents({ status, objects, leadership: lease, recorder });
  const injectionEvents =
    injection && new InjectionEvents({ book: injection, leadership: lease, recorder });
  const revisions = new RevisionWriter({
    ...{ store: kept, objects, client, leadership: lease, clock, timers, random },
    observer: observeRevisions(metrics, kept, log),
    queueObserver: queues("versions"),
  });
  return {
    leadershipChanged: () => {
      writer.leadershipChanged();
      events.leadershipChanged();
      injectionEvents?.leadershipChanged();
      revisions.leadershipChanged();
    },
    start: () => {
      writer.start();
      events.start();
      injectionEvents?.start();
      revisions.start();
    },
    stop: async () => {
      await writer.stop();
      injectionEvents?.stop();
      await events.stop();
      await revisions.stop();
    },
  };
}

function countContests(metrics: Metrics): () => void {
  const contested = metrics.counter({
    name: "heddle_operator_status_contested_total",
    help: "Statuses that somebody else had written, and that were overwritten.",
  });
  return () => contested.slot([]).add(1);
}

function contestedNews(entry: StatusEntry, uid: string, who: string): EventNews {
  const { apiVersion } = entry;
  const { kind, namespace, name } = entry.ref;
  const found = who === "" ? "somebody else writes its status" : `its status: ${who}`;
  return {
    regarding: { apiVersion, kind, namespace, name, uid },
    ...{ reason: "StatusContested", action: "Write" },
    note: `${found}; the operator writes it, and has overwritten that`,
  };
}

function countEvents(metrics: Metrics) {
  const lost = metrics.counter({
    name: "heddle_operator_events_lost_total",
    help: "Events beyond the limit, and tries to write one that failed.",
    labels: ["reason"],
  });
  return {
    dropped: () => lost.slot(["limit"]).add(1),
    failed: () => lost.slot(["failed"]).add(1),
  };
}

function observeWrites(metrics: Metrics) {
  const written = metrics.counter({
    name: "heddle_operator_status_writes_total",
    help: "Statuses that were written into objects.",
  });
  const failures = metrics.counter({
    name: "heddle_operator_status_write_failures_total",
    help: "Statuses that could not be written, by the API server's word for it or ours.",
    labels: ["reason"],
  });
  return {
    written: () => written.slot([]).add(1),
    failed: (reason: string) => failures.slot([reason === "" ? "Other" : reason]).add(1),
  };
}

function observeRevisions(metrics: Metrics, kept: RevisionStore, log: Log): RevisionObserver {
  const failures = metrics.counter({
    name: "heddle_operator_kept_version_failures_total",
    help: "Accepted versions that could not be kept, by the API server's word for it or ours.",
    labels: ["reason"],
  });
  const written = metrics.counter({
    name: "heddle_operator_kept_version_writes_total",
    help: "Accepted versions that were kept.",
  });
  metrics.observe({
    name: "heddle_operator_kept_versions",
    help: "Accepted versions of objects that are kept in the cluster.",
    type: "gauge",
    read: (emit) => emit(kept.size),
  });
  return {
    kept: () => written.slot([]).add(1),
    failed: (reason) => failures.slot([reason === "" ? "Other" : reason]).add(1),
    tooLarge: (object) => {
      failures.slot(["TooLarge"]).add(1);
      log.warn("an accepted version is too large to be kept over a restart", { object });
    },
  };
}
