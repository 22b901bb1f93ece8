/** The operator's parts, joined. Everything it needs of the machine comes in as a parameter. */
import type { Address } from "../base/address.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { Metrics } from "../base/metrics.ts";
import { readProcessFigures } from "../base/platform/process-figures.ts";
import { observeProcess } from "../base/process-metrics.ts";
import { EXIT, ProgramError } from "../base/program.ts";
import type { Timers } from "../base/timers.ts";
import { VERSION } from "../base/version.ts";
import { DEFAULT_NAMESPACE } from "../crds/read-object.ts";
import { startAdminServer } from "./admin/admin-server.ts";
import { createObservers, observeState } from "./admin/operator-metrics.ts";
import { createPages } from "./admin/pages.ts";
import { MeshIndex } from "./index/mesh-index.ts";
import { ResourceStore } from "./index/resource-store.ts";
import { type ControlPlace, formatControlPlace } from "./publish/control-place.ts";
import { createPublisher } from "./publish/publisher.ts";
import { startControlServer } from "./publish/server.ts";
import { FolderSource } from "./sources/folder/folder-source.ts";
import { createManifestReader } from "./sources/folder/read-with-kinds.ts";
import { SliceEndpointSource } from "./sources/slices/slice-source.ts";
import { StateFile } from "./state/state-file.ts";
import { StatStore } from "./stats/stat-store.ts";
import { ProgrammedTable } from "./status/programmed-table.ts";
import { StatusBook } from "./status/status-book.ts";
import { StatusLog } from "./status/status-log.ts";

export interface OperatorOptions {
  /** Absolute. */
  readonly folder: string;
  /** As the user wrote it: problems name files below it. */
  readonly shownFolder: string;
  readonly stateFolder: string;
  /** Port 0 lets the system choose. */
  readonly control: ControlPlace;
  readonly admin: Address;
  readonly clusterDomain: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

export interface RunningOperator {
  /** Where it listens, with the ports that were chosen. */
  readonly control: ControlPlace;
  readonly admin: Address;
  stop(): Promise<void>;
}

/**
 * Resolves when the folder has been read and proxies are served. Ports are taken first: one that
 * is in use is the likeliest failure, and is known at once.
 */
export async function startOperator(options: OperatorOptions): Promise<RunningOperator> {
  const parts = composeParts(options);
  const { objects, slices, index, status, statusLog } = parts;
  const servers = await startServers(options, parts);
  await slices.start();
  await objects.start();
  index.start();
  await index.whenIdle();
  status.start();
  statusLog.start();
  return {
    control: servers.control,
    admin: servers.admin,
    stop: async () => {
      await servers.stop();
      statusLog.stop();
      status.stop();
      index.stop();
      await slices.stop();
      await objects.stop();
    },
  };
}

type Parts = ReturnType<typeof composeParts>;

/** Makes the parts and joins them; none of them does anything yet. */
function composeParts(options: OperatorOptions) {
  const { clock, timers, log, clusterDomain } = options;
  const metrics = new Metrics({ clock });
  observeProcess(metrics, readProcessFigures());
  const observers = createObservers(metrics);
  const state = new StateFile({
    folder: options.stateFolder,
    timers,
    report: (message) => log.warn(message),
  });
  const objects = new FolderSource({
    folder: options.folder,
    shownFolder: options.shownFolder,
    readManifests: createManifestReader({ clusterDomain, defaultNamespace: DEFAULT_NAMESPACE }),
    state,
    clock,
    timers,
    observer: observers.folder,
  });
  const slices = new SliceEndpointSource({ objects, clock });
  const store = new ResourceStore({ clusterDomain });
  const observer = observers.index;
  const endpoints = [slices];
  const index = new MeshIndex({ objects, endpoints, store, clock, timers, log, observer });
  const programmed = new ProgrammedTable({ table: store, wallMs: () => clock.wallMs() });
  const status = new StatusBook({ objects, index, store, programmed, clock, timers });
  const statusLog = new StatusLog({ objects, status, log });
  const stats = new StatStore({ clock });
  observeState(metrics, { objects, status, store, programmed });
  return {
    ...{ metrics, observers, objects, slices, store, index },
    ...{ programmed, status, statusLog, stats },
  };
}

async function startServers(options: OperatorOptions, parts: Parts): Promise<RunningOperator> {
  const { clock, timers, log } = options;
  const observer = parts.observers.publish;
  const publisher = createPublisher({
    resources: parts.store,
    programmed: parts.programmed,
    stats: parts.stats,
    observer,
    operator: { name: "heddle-operator", version: VERSION },
    clock,
    timers,
    log,
  });
  const pages = createPages(parts);
  const adminStarted = startAdminServer({ address: options.admin, pages, log });
  const admin = await orExplain("--operator-admin", options.admin, adminStarted);
  const controlStarted = startControlServer({ publisher, observer, log, address: options.control });
  const control = await orExplain("--control", options.control, controlStarted).catch(
    async (error: unknown) => {
      await admin.stop();
      throw error;
    },
  );
  return {
    control: control.address,
    admin: admin.address,
    stop: async () => {
      publisher.stop();
      await control.close();
      await admin.stop();
    },
  };
}

/** Names the flag to change when an address cannot be had. */
async function orExplain<T>(flag: string, place: ControlPlace, started: Promise<T>): Promise<T> {
  try {
    return await started;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const what = "path" in place ? "the socket" : "the port";
    const why =
      code === "EADDRINUSE"
        ? `${what} is in use; choose another with this flag, or stop what listens there`
        : code;
    const message = `${flag} ${formatControlPlace(place)}: ${why}`;
    throw new ProgramError(message, EXIT.failed, error);
  }
}
