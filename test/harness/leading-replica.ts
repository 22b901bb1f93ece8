/** The operator's parts over a cluster as they are composed, without its doors. */
import { silentLog } from "../../base/log.ts";
import { Metrics } from "../../base/metrics.ts";
import { createSeededRandom } from "../../base/random.ts";
import type { ManualTimers } from "../../base/timers.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import { MeshIndex } from "../../operator/index/mesh-index.ts";
import { ResourceStore } from "../../operator/index/resource-store.ts";
import { createLeading } from "../../operator/leading.ts";
import { KubernetesSource } from "../../operator/sources/kubernetes/kubernetes-source.ts";
import { SliceEndpointSource } from "../../operator/sources/slices/slice-source.ts";
import { RevisionStore } from "../../operator/state/revision-store.ts";
import { ProgrammedTable } from "../../operator/status/programmed-table.ts";
import { StatusBook } from "../../operator/status/status-book.ts";
import type { FakeApiServer } from "./fake-api-server.ts";

export interface LeadingReplica {
  readonly objects: KubernetesSource;
  readonly metrics: Metrics;
  /** Kept versions that could not be used, and why. */
  readonly unreadable: readonly string[];
  stop(): Promise<void>;
}

export async function startLeadingReplica(
  server: FakeApiServer,
  timers: ManualTimers,
  identity: string,
): Promise<LeadingReplica> {
  const { clock } = timers;
  const random = createSeededRandom(identity.length);
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
  const parts = { client, objects, kept, status, metrics, log, ...base };
  const leading = createLeading({ ...parts, namespace: "heddle", identity });
  await slices.start();
  await objects.start();
  index.start();
  status.start();
  leading.start();
  const stop = async () => {
    await leading.stop();
    status.stop();
    index.stop();
    await slices.stop();
    await objects.stop();
  };
  return { objects, metrics, unreadable, stop };
}
