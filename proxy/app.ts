/** Constructs the proxy and joins its parts. The only place that knows them all. */
import type { Address } from "../base/address.ts";
import type { IpFamily } from "../base/ip-address.ts";
import { Metrics } from "../base/metrics.ts";
import { TimerWheel } from "../base/timer-wheel.ts";
import { VERSION } from "../base/version.ts";
import { Admin } from "./admin/admin.ts";
import { createPages } from "./admin/pages.ts";
import { Readiness } from "./admin/readiness.ts";
import {
  type ExchangeService,
  ServerConnection,
  type ServerConnectionDeps,
} from "./connection/server-connection.ts";
import { ControlClient, type OperatorLink } from "./control/client.ts";
import {
  ADDRESSES_MAX,
  Configuration,
  type ConfigurationOptions,
  DESTINATIONS_MAX,
} from "./control/configuration.ts";
import { SnapshotFile } from "./control/snapshot-file.ts";
import { INBOUND, OUTBOUND, type OwnAnswer } from "./exchange/exchange.ts";
import { Inbound } from "./inbound/inbound.ts";
import { InboundApps, type InboundAppsDeps } from "./inbound/inbound-apps.ts";
import { parseApps } from "./inbound/parse-apps.ts";
import { keepDoors } from "./lifecycle/keep-doors.ts";
import {
  DOOR_BACKLOG,
  DOOR_NAMES,
  type Door,
  type DoorName,
  Lifecycle,
} from "./lifecycle/lifecycle.ts";
import { observeLifecycle } from "./lifecycle/observe-lifecycle.ts";
import type { OpenConnections } from "./lifecycle/open-connections.ts";
import type { HandedSocket, OwnProxy } from "./lifecycle/successor.ts";
import { openListeners } from "./net/open-listeners.ts";
import type { Listener, ListenOptions } from "./net/stream.ts";
import type { BackendDeps } from "./outbound/backend.ts";
import { composeFixed, type FixedStackDeps } from "./outbound/compose-fixed.ts";
import { Egress } from "./outbound/egress.ts";
import { observeEndpoints } from "./outbound/endpoint-metrics.ts";
import { Identifier } from "./outbound/identify.ts";
import { Outbound } from "./outbound/outbound.ts";
import type { Platform } from "./platform.ts";
import type { ProxySettings } from "./settings.ts";
import { AccessLog } from "./telemetry/access-log.ts";
import { observeConnections, observeControl } from "./telemetry/connection-metrics.ts";
import { DiscoveryRecorder } from "./telemetry/discovery-recorder.ts";
import { EvictionRecorder } from "./telemetry/eviction-recorder.ts";
import { FaultRecorder } from "./telemetry/fault-recorder.ts";
import { MirrorMetrics } from "./telemetry/mirror-metrics.ts";
import { observeProcess } from "./telemetry/process-metrics.ts";
import { watchRefusedConnections } from "./telemetry/refused-connections.ts";
import { RetryMetrics } from "./telemetry/retry-metrics.ts";
import { RouteRecorders } from "./telemetry/route-recorder.ts";
import { ShedMetrics } from "./telemetry/shed-metrics.ts";
import { StatReporter } from "./telemetry/stat-reporter.ts";
import { TcpMetrics } from "./telemetry/tcp-recorder.ts";
import { TransparentMode } from "./transparent/transparent-mode.ts";
import type { ProbeArrival } from "./workers/worker-messages.ts";
import type { WorkerPart } from "./workers/worker-part.ts";

const DEFAULT_CLUSTER_DOMAIN = "cluster.local";
const DEFAULT_PORT = 80;
/** With no word from an operator for so long, what it said last may no longer be true. */
const DISCOVERY_STALE_MS = 30_000;

/** Of a thread that serves. */
export interface ProxyPlatform extends Platform {
  /** Takes whole lines of the access log. */
  readonly writeAccessLog: (line: string) => void;
  /** The user that the process runs as; null where the system has none. */
  readonly userId: number | null;
  /** By which families this machine talks to others, looked up anew each time. */
  readonly ownFamilies: () => readonly IpFamily[];
  /** Null: it serves alone. Otherwise the main thread has what there is one of. */
  readonly worker: WorkerPart | null;
}

/** What serves the connections of one door. */
type DoorService = ExchangeService & { readonly connections: OpenConnections };

export class ProxyApp implements OwnProxy {
  readonly outbound: Outbound;
  readonly inbound: Inbound | null;
  readonly #settings: ProxySettings;
  readonly #platform: ProxyPlatform;
  readonly #wheel: TimerWheel;
  readonly #readiness: Readiness;
  readonly #configuration: Configuration;
  readonly #client: OperatorLink | null;
  readonly #snapshotFile: SnapshotFile | null;
  readonly #reporter: StatReporter;
  readonly #admin: Admin;
  readonly #lifecycle: Lifecycle;
  readonly #transparent: TransparentMode | null;
  #closed: Promise<void> | null = null;

  constructor(settings: ProxySettings, platform: ProxyPlatform) {
    const { clock, timers, log } = platform;
    this.#settings = settings;
    this.#platform = platform;
    this.#wheel = new TimerWheel({ clock, timers });
    const metrics = new Metrics({ clock });
    const recorders = new RouteRecorders(metrics);
    const faults = new FaultRecorder(metrics, log);
    const identifier = new Identifier({
      namespace: settings.namespace,
      clusterDomain: DEFAULT_CLUSTER_DOMAIN,
      defaultPort: DEFAULT_PORT,
    });
    this.#configuration = this.#createConfiguration();
    this.#configuration.listen({
      workloadChanged: ({ clusterDomain }) => {
        identifier.use({ ...identifier.context, clusterDomain });
        this.#readiness.configured();
      },
    });
    this.#client = platform.worker?.link(this.#configuration) ?? this.#createClient();
    this.#snapshotFile = this.#createSnapshotFile();
    const backend = this.#backendDeps(metrics);
    const compose = this.#composeDeps(metrics, recorders, faults);
    this.outbound = new Outbound({
      identifier,
      record: compose.record,
      wheel: this.#wheel,
      egress: settings.egress ? new Egress({ compose, backend }) : null,
      table: {
        ...compose,
        backend,
        configuration: this.#configuration,
        log,
        loadRegexes: platform.loadRegexes,
      },
    });
    const fixed = { compose: { ...compose, direction: INBOUND } as const, backend };
    this.inbound = this.#createInbound(identifier, fixed);
    this.#transparent = this.#createTransparent(metrics, { compose, backend });
    this.#readiness = this.#createReadiness();
    this.#lifecycle = new Lifecycle({ clock, timers, log, graceMs: settings.graceMs });
    this.#reporter = this.#createReporter(recorders);
    observeProcess(metrics, platform.process, VERSION);
    platform.worker?.observe(metrics);
    watchRefusedConnections(platform.sockets, { metrics, clock, log });
    observeLifecycle(metrics, this.#lifecycle);
    observeConnections(metrics, this.outbound, this.inbound);
    observeEndpoints(metrics, this.outbound.table, clock);
    observeControl(metrics, this.#configuration, this.#operator);
    this.#admin = new Admin(
      createPages({
        settings,
        clock,
        timers,
        metrics,
        identifier,
        lifecycle: this.#lifecycle,
        control: platform.control,
        drain: () => this.drain(),
        readiness: this.#readiness,
        configuration: this.#configuration,
        client: this.#operator,
        table: this.outbound.table,
        process: platform.process,
        sockets: platform.sockets,
        interception: this.#transparent,
      }),
    );
  }

  get doors(): readonly Door[] {
    return this.#lifecycle.doors;
  }

  /** Null where none is in the settings: a worker has a link all the same, to the main thread. */
  get #operator(): OperatorLink | null {
    return this.#settings.operators.length === 0 ? null : this.#client;
  }

  /** Why traffic had better not be sent yet; empty when it may be. */
  get notReadyBecause(): string {
    return this.#readiness.problem;
  }

  /**
   * Opens the doors, the admin's first. Rejects when an address cannot be had. Who takes another's
   * place opens them when it is configured: until then the other serves, and better.
   */
  async start(): Promise<readonly Listener[]> {
    const takesOver = this.#platform.inherited.linkFd !== null;
    if (!takesOver) await this.#openDoors();
    await this.#snapshotFile?.load();
    this.#client?.start();
    if (takesOver) {
      await this.#readiness.waitForConfiguration();
      if (this.#closed !== null) return [];
      await this.#openDoors();
    }
    this.#snapshotFile?.start();
    this.#reporter.start();
    this.#readiness.start();
    const outbound = this.#lifecycle.doors.find(({ name }) => name === "outbound");
    if (outbound !== undefined) this.#transparent?.start(outbound.listener.port);
    const { doors } = this.#lifecycle;
    return DOOR_NAMES.flatMap((name) => doors.find((door) => door.name === name)?.listener ?? []);
  }

  /** What one of its own pages answers. Rejects where there is none. */
  async page(path: string, query: string): Promise<OwnAnswer> {
    return await this.#admin.ask(path, query);
  }

  /** A connection of somebody's proof of interception came in at another worker. */
  probeArrived({ remotePort, meant }: ProbeArrival): void {
    this.#transparent?.proof.arrived(remotePort, meant);
  }

  /** The workload is going: its callers are told so, answer by answer. */
  drain(): void {
    this.#readiness.drain();
    this.#lifecycle.drain();
  }

  async keepSockets(): Promise<readonly HandedSocket[]> {
    const { duplicateDescriptor } = this.#platform;
    // Whoever comes next may find no operator, and starts from this.
    await this.#snapshotFile?.flush();
    return await keepDoors(this.#lifecycle.doors, duplicateDescriptor);
  }

  /** Another process has the doors: serves whoever is inside to the next answer. */
  async retire(): Promise<void> {
    this.#readiness.stop();
    await this.#snapshotFile?.stop();
    await this.#lifecycle.retire();
    await this.#close();
  }

  /** Ends what is idle at once and the rest when it is done, by the grace time at the latest. */
  async stop(): Promise<void> {
    this.#readiness.stop();
    await this.#lifecycle.stop();
    await this.#close();
  }

  /** Reports for the last time, and lets go of everything. */
  #close(): Promise<void> {
    this.#closed ??= this.#closeOnce();
    return this.#closed;
  }

  async #closeOnce(): Promise<void> {
    this.#transparent?.stop();
    this.#reporter.stop();
    this.#reporter.report();
    this.#client?.stop();
    await this.#snapshotFile?.stop();
    this.#configuration.stop();
    this.#lifecycle.close();
    this.#wheel.stop();
  }

  async #openDoors(): Promise<void> {
    const { worker } = this.#platform;
    for (const { name, ...place } of worker?.seat.places ?? []) {
      const service = name === "outbound" ? this.outbound : this.inbound;
      if (service !== null) await this.#listen(name, service, { ...place, isShared: true });
    }
    if (worker === null) await this.#openOwnDoors();
  }

  async #openOwnDoors(): Promise<void> {
    const { outbound, inbound, admin } = this.#settings;
    await this.#open("admin", this.#admin, admin);
    await this.#open("outbound", this.outbound, outbound);
    if (inbound !== null && this.inbound !== null) {
      await this.#open("inbound", this.inbound, inbound);
    }
  }

  /** One listener for each socket that is there already, or else a new one. */
  async #open(name: DoorName, service: DoorService, address: Address): Promise<void> {
    const { sockets } = this.#platform.inherited;
    const fds: (number | undefined)[] = sockets
      .filter((socket) => socket.name === name)
      .map(({ fd }) => fd);
    if (fds.length === 0) fds.push(undefined);
    for (const fd of fds) await this.#listen(name, service, { ...address, fd });
  }

  async #listen(
    name: DoorName,
    service: DoorService,
    place: Pick<ListenOptions, "host" | "port" | "fd" | "isShared">,
  ): Promise<void> {
    const { network, log } = this.#platform;
    const deps = this.#serverDeps();
    const transparent = name === "admin" ? null : (this.#transparent?.[name] ?? null);
    const options: ListenOptions = {
      ...place,
      backlog: DOOR_BACKLOG,
      refusesOwn: service !== this.inbound,
      mayUseReserve: service === this.#admin,
      accept: (stream) => {
        if (transparent?.take(stream) === true) return;
        const connection = new ServerConnection(stream, service, deps);
        service.connections.add(connection);
        stream.handler = connection;
      },
    };
    for (const listener of await openListeners(network, options, log)) {
      this.#lifecycle.add({ name, listener, connections: service.connections });
    }
  }

  #serverDeps(): ServerConnectionDeps {
    const { http1, server } = this.#settings.limits;
    const { clock } = this.#platform;
    return { clock, wheel: this.#wheel, limits: http1, timing: server };
  }

  /** Workers share what one proxy may ask of an operator. */
  #createConfiguration(): Configuration {
    const { clock, timers, worker } = this.#platform;
    const accept: ConfigurationOptions["accept"] = (one) => this.outbound.table.check(one);
    if (worker === null) return new Configuration({ clock, timers, accept });
    const { count } = worker.seat;
    return new Configuration({
      clock,
      timers,
      accept,
      destinationsMax: Math.floor(DESTINATIONS_MAX / count),
      addressesMax: Math.floor(ADDRESSES_MAX / count),
      addressAsksShare: 1 / count,
      addressSource: () => worker.addressSource,
    });
  }

  #createClient(): ControlClient | null {
    const { operators, name, namespace } = this.#settings;
    const { clock, timers, random, log, connect } = this.#platform;
    const [first, ...others] = operators;
    if (first === undefined) return null;
    return new ControlClient({
      addresses: [first, ...others],
      connect,
      configuration: this.#configuration,
      proxy: { name, version: VERSION },
      namespace,
      clock,
      timers,
      random,
      log,
    });
  }

  #createTransparent(metrics: Metrics, fixed: FixedStackDeps): TransparentMode | null {
    if (!this.#settings.transparent) return null;
    const { operators, opaquePorts, limits } = this.#settings;
    return new TransparentMode({
      ...this.#platform,
      wheel: this.#wheel,
      metrics,
      configuration: this.#configuration,
      outbound: this.outbound,
      inbound: this.inbound,
      fixed,
      server: this.#serverDeps(),
      hasOperator: operators.length > 0,
      opaquePorts,
      detectionTiming: limits.detection,
      usedFamilies: this.#platform.ownFamilies,
      tellArrival: this.#platform.worker?.tellArrival ?? null,
    });
  }

  #createReadiness(): Readiness {
    const { clock, timers } = this.#platform;
    const { operators, startWithoutOperatorMs } = this.#settings;
    return new Readiness({
      clock,
      timers,
      withoutOperatorMs: startWithoutOperatorMs,
      needsOperator: operators.length > 0,
      interception: this.#transparent?.proof ?? null,
      takesOver: this.#platform.inherited.linkFd !== null,
    });
  }

  #createReporter(recorders: RouteRecorders): StatReporter {
    const { clock, timers } = this.#platform;
    return new StatReporter({
      clock,
      timers,
      recorders,
      isConnected: () => this.#client?.status().state === "live",
      send: (report) => this.#client?.sendReport(report) ?? false,
    });
  }

  #createSnapshotFile(): SnapshotFile | null {
    const { snapshotFile: path } = this.#settings;
    const { clock, timers, log } = this.#platform;
    if (path === null) return null;
    return new SnapshotFile({ path, configuration: this.#configuration, clock, timers, log });
  }

  #backendDeps(metrics: Metrics): BackendDeps {
    const { clock, random, network } = this.#platform;
    const { http1, client, pool } = this.#settings.limits;
    const { zone } = this.#settings;
    const configuration = this.#configuration;
    return {
      clock,
      random,
      poolLimits: pool,
      discovery: new DiscoveryRecorder(metrics),
      evictions: new EvictionRecorder(metrics),
      get ownZone() {
        return zone === "" ? (configuration.workload?.pod?.zone ?? "") : zone;
      },
      get ownNode() {
        return configuration.workload?.pod?.node ?? "";
      },
      isDiscoveryStale: () => isSilent(this.#operator),
      connection: {
        network,
        clock,
        wheel: this.#wheel,
        limits: http1,
        timing: client,
      },
    };
  }

  #composeDeps(
    metrics: Metrics,
    recorders: RouteRecorders,
    faults: FaultRecorder,
  ): FixedStackDeps["compose"] {
    const { clock, random, writeAccessLog: write } = this.#platform;
    const { accessLog: format } = this.#settings;
    const accessLog = format === null ? null : new AccessLog({ clock, format, write });
    const record = { clock, faults, accessLog };
    return {
      direction: OUTBOUND,
      clock,
      random,
      wheel: this.#wheel,
      recorders,
      shed: new ShedMetrics(metrics),
      mirrors: new MirrorMetrics(metrics),
      retries: new RetryMetrics(metrics),
      record,
      tcp: new TcpMetrics(metrics, record),
      tcpIdleTimeoutMs: this.#settings.limits.tcp.idleTimeoutMs,
      shared: this.#platform.worker?.limits ?? null,
    };
  }

  #createInbound(identifier: Identifier, fixed: FixedStackDeps): Inbound | null {
    const { inbound, namespace, appConcurrency: concurrency } = this.#settings;
    const { log, loadRegexes } = this.#platform;
    if (inbound === null) return null;
    const named = parseApps(this.#settings.apps, namespace);
    const configuration = this.#configuration;
    const open: InboundAppsDeps["open"] = ({ service, address }, limit) =>
      composeFixed(service, { address: address.host, port: address.port }, fixed, limit);
    const apps = new InboundApps({ open, configuration, log, loadRegexes, concurrency });
    return new Inbound({ apps, named, identifier, record: fixed.compose.record });
  }
}

/** Without an operator in its settings nobody is expected to say anything. */
function isSilent(client: OperatorLink | null): boolean {
  if (client === null) return false;
  const { lastMessageAgeMs } = client.status();
  return lastMessageAgeMs === null || lastMessageAgeMs > DISCOVERY_STALE_MS;
}
