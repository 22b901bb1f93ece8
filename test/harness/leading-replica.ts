/** The operator's parts over a cluster as they are composed, without its doors. */
import { silentLog } from "../../base/log.ts";
import { Metrics } from "../../base/metrics.ts";
import { createSeededRandom } from "../../base/random.ts";
import type { ManualTimers } from "../../base/timers.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import { createWorkObservers } from "../../kube/work-metrics.ts";
import { MeshIndex } from "../../operator/index/mesh-index.ts";
import { ResourceStore } from "../../operator/index/resource-store.ts";
import { createLeading } from "../../operator/leading.ts";
import { Replicas } from "../../operator/replicas/replicas.ts";
import type { SessionReports } from "../../operator/replicas/session-reports.ts";
import { KubernetesSource } from "../../operator/sources/kubernetes/kubernetes-source.ts";
import { SliceEndpointSource } from "../../operator/sources/slices/slice-source.ts";
import { RevisionStore } from "../../operator/state/revision-store.ts";
import { ProgrammedTable } from "../../operator/status/programmed-table.ts";
import { StatusBook } from "../../operator/status/status-book.ts";
import { ControlNetwork } from "./control-network.ts";
import type { FakeApiServer } from "./fake-api-server.ts";

export interface LeadingReplica {
  readonly objects: KubernetesSource;
  readonly metrics: Metrics;
  readonly store: ResourceStore;
  /** Where sessions are told of, as the publisher does it. */
  readonly reports: SessionReports;
  /** Kept versions that could not be used, and why. */
  readonly unreadable: readonly string[];
  /** Gives the Lease back, and goes on telling. */
  resign(): Promise<void>;
  stop(): Promise<void>;
}

export async function startLeadingReplica(
  server: FakeApiServer,
  timers: ManualTimers,
  identity: string,
  network?: ControlNetwork,
): Promise<LeadingReplica> {
  const { clock } = timers;
  const random = createSeededRandom(identity.length);
  const links = network ?? new ControlNetwork({ timers, random, delayMaxMs: 5 });
  const client = new KubeClient({ transport: server, timers });
  const quiet = { read: () => {}, watched: () => {}, failed: () => {}, listenerFailed: () => {} };
  const readOptions = { clusterDomain: "cluster.local", defaultNamespace: "default" };
  const base = { clock, timers, random };
  const unreadable: string[] = [];
  const report = (revision: string, why: string) => unreadable.push(`${revision}: ${why}`);
  const kept = new RevisionStore({ client, observer: quiet, report, ...base });
  const objects = new KubernetesSource({ client, readOptions, observer: quiet, kept, ...base });
  const slices = new SliceEndpointSource({ objects, clock });
  const store = new ResourceStore({ clusterDomain: "cluster.local" });
  const observer = { compiled: () => {} };
  const endpoints = [slices];
  const log = silentLog;
  const index = new MeshIndex({ objects, endpoints, store, clock, timers, log, observer });
  const programmed = new ProgrammedTable({ table: store, wallMs: () => clock.wallMs() });
  const status = new StatusBook({ objects, index, store, programmed, clock, timers });
  const metrics = new Metrics({ clock });
  const replicas = new Replicas({
    ...{ table: programmed, metrics, log, identity, ...base },
    dial: links.connector(),
    operator: { name: "heddle-operator", version: "1" },
  });
  const address = `${identity}:4190`;
  links.serve(address, (link, remote) => {
    const publisher = { accept: () => ({ ...NO_END }) };
    const end = replicas.accept(publisher, link, remote, { kind: "local" });
    if (end === undefined) return undefined;
    return { onText: (text) => end.receive(text), onDrain: () => {}, onClose: () => end.closed() };
  });
  const queues = createWorkObservers(metrics, "operator");
  const parts = { client, objects, kept, status, metrics, queues, log, replicas, ...base };
  const controlAddress = () => address;
  const leadershipChanged = (): void => {};
  const leading = createLeading({
    ...{ ...parts, namespace: "heddle", identity, controlAddress, leadershipChanged },
  });
  await slices.start();
  await objects.start();
  index.start();
  status.start();
  leading.start();
  const stop = async () => {
    await leading.resign();
    await leading.stop();
    links.serve(address, undefined);
    status.stop();
    index.stop();
    await slices.stop();
    await objects.stop();
  };
  const { reports } = replicas;
  const resign = () => leading.resign();
  return { objects, metrics, store, reports, unreadable, resign, stop };
}

const NO_END = { receive: () => {}, receivedBelow: () => {}, drained: () => {}, closed: () => {} };
