/** The operator's parts, joined. Everything it needs of the machine comes in as a parameter. */
import { type Address, formatAddress } from "../base/address.ts";
import type { Clock } from "../base/clock.ts";
import { explainListening } from "../base/listen-failure.ts";
import type { Log } from "../base/log.ts";
import { Metrics } from "../base/metrics.ts";
import { readProcessFigures } from "../base/platform/process-figures.ts";
import { observeProcess } from "../base/process-metrics.ts";
import { EXIT, ProgramError, whenAborted } from "../base/program.ts";
import type { Random } from "../base/random.ts";
import type { Timers } from "../base/timers.ts";
import { VERSION } from "../base/version.ts";
import { DEFAULT_NAMESPACE } from "../crds/read-object.ts";
import type { InjectionPolicy } from "../inject/decide-injection.ts";
import { KubeClient } from "../kube/kube-client.ts";
import type { Leadership } from "../kube/lease.ts";
import type { Transport } from "../kube/transport.ts";
import { createWorkObservers } from "../kube/work-metrics.ts";
import { startAdminServer } from "./admin/admin-server.ts";
import { createObservers, observeFolder, observeState } from "./admin/operator-metrics.ts";
import { createPages } from "./admin/pages.ts";
import { MeshIndex } from "./index/mesh-index.ts";
import { ResourceStore } from "./index/resource-store.ts";
import {
  createKubernetesSources,
  defaultInjectionPolicy,
  followPods,
  type KubernetesSources,
} from "./kubernetes-sources.ts";
import { createLeading, type Leading, type LeadingOptions } from "./leading.ts";
import { type ControlPlace, formatControlPlace } from "./publish/control-place.ts";
import { createPublisher, type Publisher } from "./publish/publisher.ts";
import { startControlServer } from "./publish/server.ts";
import { createReplicaDialer } from "./replicas/dial-leader.ts";
import { handOver, type ReplicaOptions } from "./replicas/hand-over.ts";
import { beside, Replicas } from "./replicas/replicas.ts";
import { SecureControl } from "./secure-control.ts";
import { SecureFolder } from "./secure-folder.ts";
import type { SecuredControl } from "./secured-control.ts";
import { FolderSource } from "./sources/folder/folder-source.ts";
import { createManifestReader } from "./sources/folder/read-with-kinds.ts";
import { describePod } from "./sources/kubernetes/describe-pod.ts";
import type { ObjectSource } from "./sources/object-source.ts";
import { SliceEndpointSource } from "./sources/slices/slice-source.ts";
import { StateFile } from "./state/state-file.ts";
import { StatStore } from "./stats/stat-store.ts";
import { ProgrammedTable } from "./status/programmed-table.ts";
import { StatusBook } from "./status/status-book.ts";
import { StatusLog } from "./status/status-log.ts";

export interface OperatorOptions {
  readonly from: ObjectOrigin;
  /** Ends the wait for objects, so that it can be stopped while it starts. */
  readonly stop?: AbortSignal;
  /** Port 0 lets the system choose. */
  readonly control: ControlPlace;
  readonly admin: Address;
  readonly clusterDomain: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

export interface FolderOrigin {
  readonly type: "folder";
  /** Absolute. */
  readonly folder: string;
  /** As the user wrote it: problems name files below it. */
  readonly shownFolder: string;
  readonly stateFolder: string;
  /** With it, control connections are by TLS, and proxies show tokens. */
  readonly secure?: { readonly host: string; readonly joinTokens: string };
}

export interface KubernetesOrigin {
  readonly type: "kubernetes";
  /** To the API server. Closed when the operator stops. */
  readonly transport: Transport;
  readonly random: Random;
  /** Where the Lease is by which one of several operators is chosen to write. */
  readonly namespace: string;
  /** Of this process and no other. */
  readonly identity: string;
  /** As the webhook's; as that of one with the defaults where it is absent. */
  readonly policy?: InjectionPolicy;
  /** A file with options over those of the policy, as the webhook's; null for none. */
  readonly defaultsFile?: string | null;
  /** How it stands with other replicas; alone where it is absent. */
  readonly replicas?: ReplicaOptions;
  /** With it, control connections are by TLS, and proxies show tokens. */
  readonly secure?: SecureOptions;
}

export interface SecureOptions {
  /** By which replicas and proxies reach this one alone; empty where that is not known. */
  readonly host: string;
  /** Whether the webhook's certificate is the operator's affair. */
  readonly ownsWebhook: boolean;
}

export type ObjectOrigin = FolderOrigin | KubernetesOrigin;

export interface RunningOperator {
  /** Where it listens, with the ports that were chosen. */
  readonly control: ControlPlace;
  readonly admin: Address;
  /** Whether all objects have been read once. */
  isReady(): boolean;
  stop(): Promise<void>;
}

/**
 * Resolves when the objects have been read, or the API server could not be, and proxies are served.
 * Ports are taken first: one that is in use is the likeliest failure, and is known at once.
 */
export async function startOperator(options: OperatorOptions): Promise<RunningOperator> {
  const parts = composeParts(options);
  const { objects, slices, store, index, status, statusLog } = parts;
  const servers = await startServers(options, parts);
  await parts.secure?.start().catch(async (error: unknown) => {
    await servers.stop();
    const why = error instanceof Error ? error.message : String(error);
    throw new ProgramError(`others than this machine cannot be served: ${why}`, EXIT.failed, error);
  });
  await slices.start();
  const stopped = options.stop === undefined ? [] : [whenAborted(options.stop)];
  await parts.kubernetes?.defaults?.start();
  const started = [objects.start(), parts.kubernetes?.cluster.start()];
  await Promise.race([Promise.all(started), ...stopped]);
  index.start();
  await index.whenIdle();
  parts.kubernetes?.injection.start();
  status.start();
  statusLog.start();
  // Whoever is to stop again does not lead for a moment.
  if (options.stop?.aborted !== true) parts.leading?.start();
  return {
    control: servers.control,
    admin: servers.admin,
    isReady: () => store.synced && (parts.secure?.problem ?? "") === "",
    stop: async () => {
      await leave(options, parts, servers);
      await servers.stop();
      await parts.secure?.stop();
      await parts.leading?.stop();
      statusLog.stop();
      status.stop();
      index.stop();
      await slices.stop();
      parts.kubernetes?.defaults?.stop();
      parts.kubernetes?.injection.stop();
      parts.kubernetes?.facts.stop();
      await parts.kubernetes?.cluster.stop();
      await objects.stop();
      if (options.from.type === "kubernetes") options.from.transport.close();
    },
  };
}

/**
 * Another one leads at once, and proxies go to others while this one still serves: first those that
 * come anew, because this one is not ready any more, and then one after another.
 */
async function leave(options: OperatorOptions, parts: Parts, servers: Servers): Promise<void> {
  parts.joined.isLeaving = true;
  await parts.secure?.resign();
  await parts.leading?.resign();
  const { replicas } = options.from.type === "kubernetes" ? options.from : {};
  if (replicas !== undefined) await handOver({ ...replicas, ...options, ...servers });
}

type Parts = ReturnType<typeof composeParts>;

/** Makes the parts and joins them; none of them does anything yet. */
function composeParts(options: OperatorOptions) {
  const { clock, timers, log, clusterDomain } = options;
  const metrics = new Metrics({ clock });
  observeProcess(metrics, readProcessFigures());
  const observers = createObservers(metrics);
  const sources = createSources(options, metrics);
  const { objects, slices, kubernetes } = sources;
  const store = createStore(clusterDomain, kubernetes);
  const observer = observers.index;
  const endpoints = [slices];
  const index = new MeshIndex({ objects, endpoints, store, clock, timers, log, observer });
  const programmed = new ProgrammedTable({ table: store, wallMs: () => clock.wallMs() });
  const status = new StatusBook({ objects, index, store, programmed, clock, timers });
  const statusLog = new StatusLog({ objects, status, log });
  const stats = new StatStore({ clock });
  // What is known when ports have been taken, and later.
  const joined = { controlAddress: "", isLeaving: false };
  const replicas = createReplicas(options, { programmed, metrics });
  const controlAddress = () => joined.controlAddress;
  const secure = sources.secure?.({ holds: () => leading?.holds() ?? false });
  const leadershipChanged = () => secure?.leadershipChanged();
  const leading: Leading | undefined =
    replicas === undefined
      ? undefined
      : sources.lead?.({ status, replicas, controlAddress, leadershipChanged });
  observeState(metrics, { objects, status, store, programmed });
  return {
    ...{ metrics, observers, objects, slices, kubernetes, store, index },
    ...{ programmed, status, statusLog, stats, leading, replicas, joined, secure },
  };
}

function createStore(
  clusterDomain: string,
  kubernetes: KubernetesSources | undefined,
): ResourceStore {
  if (kubernetes === undefined) return new ResourceStore({ clusterDomain });
  const { cluster } = kubernetes;
  const store = new ResourceStore({
    clusterDomain,
    describePod: (identity) => describePod(cluster, identity),
  });
  followPods(kubernetes, store);
  return store;
}

type JoinedForLeading = Pick<
  LeadingOptions,
  "status" | "replicas" | "controlAddress" | "leadershipChanged"
>;

interface Sources {
  readonly objects: ObjectSource;
  readonly slices: SliceEndpointSource;
  /** Only of a cluster. */
  readonly kubernetes?: KubernetesSources;
  /** Only where there may be several operators. */
  readonly lead?: (joined: JoinedForLeading) => Leading;
  /** Only where those of other machines are served. */
  readonly secure?: (leadership: Leadership) => SecuredControl;
}

function createSources(options: OperatorOptions, metrics: Metrics): Sources {
  const { from, clock, timers, log, clusterDomain } = options;
  const readOptions = { clusterDomain, defaultNamespace: DEFAULT_NAMESPACE };
  if (from.type === "kubernetes") {
    const client = new KubeClient({ transport: from.transport, timers });
    const { random, namespace, identity } = from;
    const queues = createWorkObservers(metrics, "operator");
    const common = { client, clock, timers, random, metrics, queues, log };
    const { policy = defaultInjectionPolicy(namespace), defaultsFile = null } = from;
    const wantedPods = { policy, defaultsFile };
    const kubernetes = createKubernetesSources({ ...common, clusterDomain, ...wantedPods });
    const { objects, slices, kept, injection } = kubernetes;
    const parts = { ...common, objects, kept, injection, namespace, identity };
    const lead = (joined: JoinedForLeading) => createLeading({ ...parts, ...joined });
    const { secure: wanted } = from;
    if (wanted === undefined) return { objects, slices, kubernetes, lead };
    const secure = (leadership: Leadership) => {
      const place = { ...wanted, namespace, clusterDomain, leadership, policy };
      const made = new SecureControl({ ...common, ...place, ...kubernetes });
      kubernetes.informers.push(...made.informers);
      return made;
    };
    return { objects, slices, kubernetes, lead, secure };
  }
  const { folder, shownFolder, stateFolder } = from;
  const report = (message: string) => log.warn(message);
  const objects = new FolderSource({
    ...{ folder, shownFolder, clock, timers },
    readManifests: createManifestReader(readOptions),
    state: new StateFile({ folder: stateFolder, timers, report }),
    observer: observeFolder(metrics),
  });
  const slices = new SliceEndpointSource({ objects, clock });
  const { secure: wanted } = from;
  if (wanted === undefined) return { objects, slices };
  const parts = { ...wanted, stateFolder, metrics, clock, timers, log };
  return { objects, slices, secure: () => new SecureFolder(parts) };
}

/** Only where there may be several operators. */
function createReplicas(
  { from, clock, timers, log }: OperatorOptions,
  joined: { readonly programmed: ProgrammedTable; readonly metrics: Metrics },
): Replicas | undefined {
  if (from.type !== "kubernetes") return undefined;
  const { programmed: table, metrics } = joined;
  return new Replicas({
    ...{ table, metrics, clock, timers, log },
    ...{ random: from.random, identity: from.identity, operator: PROGRAM },
    dial: createReplicaDialer(from.replicas?.credentials),
  });
}

const PROGRAM = { name: "heddle-operator", version: VERSION };

type Servers = Pick<RunningOperator, "control" | "admin" | "stop"> & {
  readonly publisher: Publisher;
};

async function startServers(options: OperatorOptions, parts: Parts): Promise<Servers> {
  const { clock, timers, log } = options;
  const observer = parts.observers.publish;
  const publisher = createPublisher({
    resources: parts.store,
    programmed: parts.replicas?.reports ?? parts.programmed,
    stats: parts.stats,
    observer,
    operator: PROGRAM,
    clock,
    timers,
    log,
  });
  const { replicas, joined, secure } = parts;
  secure?.onPodGone((uid) => publisher.podGone(uid));
  const pages = createPages({
    ...parts,
    isLeaving: () => joined.isLeaving,
    notReady: () => secure?.problem ?? "",
  });
  const adminStarted = startAdminServer({ address: options.admin, pages, log });
  const admin = await explainListening(
    "--operator-admin",
    formatAddress(options.admin),
    adminStarted,
  );
  const controlStarted = startControlServer({
    ...{ observer, clock, timers, log },
    publisher: replicas === undefined ? publisher : beside(replicas, publisher),
    address: options.control,
    ...(secure === undefined ? {} : { security: secure.security }),
  });
  const control = await explainListening(
    "--control",
    formatControlPlace(options.control),
    controlStarted,
  ).catch(async (error: unknown) => {
    await admin.stop();
    throw error;
  });
  joined.controlAddress = reachableAt(options, control.address);
  return {
    publisher,
    control: control.address,
    admin: admin.address,
    stop: async () => {
      publisher.stop();
      await control.close();
      await admin.stop();
    },
  };
}

/** Where other replicas find this one; empty where none can. */
function reachableAt({ from }: OperatorOptions, control: ControlPlace): string {
  if (from.type !== "kubernetes" || from.replicas === undefined || "path" in control) return "";
  return formatAddress({ host: from.replicas.host ?? control.host, port: control.port });
}
