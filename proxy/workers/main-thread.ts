/**
 * The main thread of a proxy that serves with several workers: it holds what there is one of, the
 * connection to the operator, the snapshot file, the admin port; and carries no traffic. When a
 * worker ends by itself, so does the process: whoever supervises it starts it afresh, which is
 * sounder than to go on with less.
 */
import type { Address } from "../../base/address.ts";
import { Metrics } from "../../base/metrics.ts";
import type { Thread, ThreadEvents } from "../../base/thread-port.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import type { TimerHandle } from "../../base/timers.ts";
import { VERSION } from "../../base/version.ts";
import { decodeProxyMessage } from "../../mesh/decode-message.ts";
import type { Destination } from "../../mesh/destination.ts";
import type { RegexCompiler } from "../../mesh/regex-engine.ts";
import { expressionProblem, needsRegexEngine } from "../../mesh/rule-expressions.ts";
import { Admin } from "../admin/admin.ts";
import { describeAddress } from "../admin/describe-address.ts";
import { Readiness } from "../admin/readiness.ts";
import { ServerConnection } from "../connection/server-connection.ts";
import { ControlClient } from "../control/client.ts";
import { Configuration } from "../control/configuration.ts";
import { SnapshotFile } from "../control/snapshot-file.ts";
import type { OwnAnswer } from "../exchange/exchange.ts";
import { keepDoors } from "../lifecycle/keep-doors.ts";
import { DOOR_BACKLOG, type DoorName, Lifecycle } from "../lifecycle/lifecycle.ts";
import { observeLifecycle } from "../lifecycle/observe-lifecycle.ts";
import type { HandedSocket, OwnProxy } from "../lifecycle/successor.ts";
import { createLimitsMemory } from "../limits/shared-limits.ts";
import { openListeners } from "../net/open-listeners.ts";
import type { Listener } from "../net/stream.ts";
import type { Platform } from "../platform.ts";
import type { ProxySettings } from "../settings.ts";
import { observeControl } from "../telemetry/connection-metrics.ts";
import { observeProcess } from "../telemetry/process-metrics.ts";
import { watchRefusedConnections } from "../telemetry/refused-connections.ts";
import { StatReporter } from "../telemetry/stat-reporter.ts";
import { createMainPages } from "./main-pages.ts";
import { Relay } from "./relay.ts";
import { StatSums } from "./stat-sums.ts";
import { placesAt } from "./worker-doors.ts";
import type { DoorPlace, ProbeArrival, WorkerSeat } from "./worker-messages.ts";
import { WorkerThread } from "./worker-thread.ts";

/** How often workers are told how things stand with the operator, besides when that changes. */
const WORD_MS = 5_000;

export interface MainThreadPlatform extends Platform {
  readonly startThread: (index: number, data: unknown, events: ThreadEvents) => Thread;
  /** Of this thread, as `steadyOffsetMs` has it. */
  readonly clockOffsetMs: number;
  /** A worker has ended and nobody had asked it to. */
  readonly workerLost: (error: Error) => void;
}

/** A door, whichever thread has it. */
export interface OpenDoor {
  readonly name: DoorName;
  readonly listener: Pick<Listener, "host" | "port" | "fd">;
}

export class MainThread implements OwnProxy {
  readonly #settings: ProxySettings;
  readonly #platform: MainThreadPlatform;
  readonly #workerCount: number;
  readonly #wheel: TimerWheel;
  readonly #configuration: Configuration;
  readonly #relay: Relay;
  readonly #client: ControlClient | null;
  readonly #snapshotFile: SnapshotFile | null;
  readonly #sums = new StatSums();
  readonly #reporter: StatReporter;
  readonly #readiness: Readiness;
  readonly #lifecycle: Lifecycle;
  readonly #admin: Admin;
  readonly #workers: WorkerThread[] = [];
  #doors: readonly DoorPlace[] = [];
  #regexes: RegexCompiler | null = null;
  #wordTimer: TimerHandle | null = null;
  #isGoing = false;
  #closed: Promise<void> | null = null;

  constructor(settings: ProxySettings, workerCount: number, platform: MainThreadPlatform) {
    const { clock, timers, log } = platform;
    this.#settings = settings;
    this.#workerCount = workerCount;
    this.#platform = platform;
    this.#wheel = new TimerWheel({ clock, timers });
    this.#configuration = new Configuration({
      clock,
      timers,
      accept: (destination) => this.#problemOf(destination),
      mayAck: (named) => this.#relay.mayAck(named),
    });
    this.#relay = new Relay({
      configuration: this.#configuration,
      report: (report) => this.#sums.add(report),
    });
    this.#client = this.#createClient();
    const { snapshotFile: path, graceMs } = settings;
    const configuration = this.#configuration;
    this.#snapshotFile =
      path === null ? null : new SnapshotFile({ path, configuration, clock, timers, log });
    this.#reporter = new StatReporter({
      clock,
      timers,
      recorders: this.#sums,
      isConnected: () => this.#client?.status().state === "live",
      send: (report) => this.#client?.sendReport(report) ?? false,
    });
    // Of the operator and of interception the workers tell, each for itself.
    const readiness = { withoutOperatorMs: 0, needsOperator: false, takesOver: false };
    this.#readiness = new Readiness({ clock, timers, ...readiness, interception: null });
    this.#lifecycle = new Lifecycle({ clock, timers, log, graceMs });
    this.#admin = this.#createAdmin();
  }

  /** Where it listens, the admin's door first. */
  get doors(): readonly OpenDoor[] {
    const ofWorkers = this.#doors.map(({ name, host, port, fd = -1 }) => {
      return { name, listener: { host, port, fd } };
    });
    return [...this.#lifecycle.doors, ...ofWorkers];
  }

  /** Rejects when an address cannot be had. */
  async start(): Promise<void> {
    const { inherited } = this.#platform;
    const takesOver = inherited.linkFd !== null;
    if (!takesOver) await this.#openAdmin();
    await this.#startWorkers();
    await this.#snapshotFile?.load();
    this.#client?.start();
    this.#tellWord();
    this.#doors = await this.#whenStarted();
    if (takesOver) await this.#openAdmin();
    this.#snapshotFile?.start();
    this.#reporter.start();
    this.#readiness.start();
  }

  async #whenStarted(): Promise<readonly DoorPlace[]> {
    try {
      const opened = await Promise.all(this.#workers.map(({ started }) => started));
      return opened.flat();
    } catch (error) {
      // What comes after it is no news.
      this.#isGoing = true;
      throw error;
    }
  }

  async keepSockets(): Promise<readonly HandedSocket[]> {
    const { duplicateDescriptor } = this.#platform;
    await this.#snapshotFile?.flush();
    return await keepDoors(this.doors, duplicateDescriptor);
  }

  async retire(): Promise<void> {
    await this.#go("retire", this.#lifecycle.retire());
  }

  async stop(): Promise<void> {
    await this.#go("stop", this.#lifecycle.stop());
  }

  async #go(call: "retire" | "stop", ownEnd: Promise<void>): Promise<void> {
    this.#isGoing = true;
    this.#readiness.stop();
    await this.#snapshotFile?.stop();
    await Promise.all([ownEnd, ...this.#workers.map((worker) => worker.call({ call }))]);
    this.#closed ??= this.#closeOnce();
    await this.#closed;
  }

  async #closeOnce(): Promise<void> {
    this.#reporter.stop();
    this.#reporter.report();
    this.#client?.stop();
    if (this.#wordTimer !== null) this.#platform.timers.clear(this.#wordTimer);
    this.#configuration.stop();
    this.#lifecycle.close();
    this.#wheel.stop();
  }

  async #drain(): Promise<void> {
    this.#readiness.drain();
    this.#lifecycle.drain();
    await Promise.all(this.#workers.map((worker) => worker.call({ call: "drain" })));
  }

  /** A page of every worker that runs. */
  async #ask(path: string, query = ""): Promise<readonly OwnAnswer[]> {
    const call = { call: "page", path, query } as const;
    const answers = await Promise.all(this.#workers.map((worker) => worker.call(call)));
    return answers.filter((answer) => answer !== null);
  }

  async #startWorkers(): Promise<void> {
    const { outbound, inbound } = this.#settings;
    const { clockOffsetMs, inherited, random } = this.#platform;
    const count = this.#workerCount;
    const seed = { low: random.nextUint32() | 0, high: random.nextUint32() | 0 };
    const limits = createLimitsMemory(count, seed);
    const atOutbound = await placesAt("outbound", outbound, count, this.#platform);
    const atInbound =
      inbound === null ? [] : await placesAt("inbound", inbound, count, this.#platform);
    for (let index = 0; index < count; index += 1) {
      const places = [...(atOutbound[index] ?? []), ...(atInbound[index] ?? [])];
      const takesOver = inherited.linkFd !== null;
      const closedDoors = this.#adminDoors();
      this.#startWorker({
        index,
        count,
        places,
        closedDoors,
        takesOver,
        clockOffsetMs,
        limits,
      });
    }
  }

  /** Where they are, or will be: a socket that is taken over is where the one before had it. */
  #adminDoors(): readonly Address[] {
    const open = this.#lifecycle.doors.map(({ listener: { host, port } }) => ({ host, port }));
    const { host, port } = this.#settings.admin;
    const hosts = host === "localhost" ? ["127.0.0.1", "::1"] : [host];
    return open.length > 0 ? open : hosts.map((one) => ({ host: one, port }));
  }

  #startWorker(seat: WorkerSeat): void {
    const worker = new WorkerThread(seat, this.#platform.startThread, {
      control: (text) => {
        const message = decodeProxyMessage(text);
        if (message.message !== "problem") this.#relay.heard(place, message);
      },
      arrival: (arrival) => this.#passOn(arrival, worker),
      ended: (code, error) => this.#ended(worker, code, error),
    });
    const place = this.#relay.join((text) => worker.post({ kind: "control", text }));
    this.#workers.push(worker);
  }

  #passOn(arrival: ProbeArrival, from: WorkerThread): void {
    for (const worker of this.#workers) {
      if (worker !== from) worker.post({ kind: "arrival", arrival });
    }
  }

  #ended({ index }: WorkerThread, code: number, error: unknown): void {
    if (this.#isGoing) return;
    const problem = error instanceof Error ? (error.stack ?? error.message) : `code ${code}`;
    this.#platform.workerLost(new Error(`worker ${index} has ended: ${problem}`));
  }

  /** How things stand with the operator, for workers to judge by. */
  #tellWord(): void {
    const { timers } = this.#platform;
    if (this.#wordTimer !== null) timers.clear(this.#wordTimer);
    const { addressSource } = this.#configuration;
    const word = { status: this.#client?.status() ?? null, addressSource };
    for (const worker of this.#workers) worker.post({ kind: "operator", word });
    this.#relay.touch();
    this.#wordTimer = timers.set(WORD_MS, () => this.#tellWord());
  }

  #createClient(): ControlClient | null {
    const { operators, name, namespace } = this.#settings;
    const [first, ...others] = operators;
    if (first === undefined) return null;
    return new ControlClient({
      ...this.#platform,
      addresses: [first, ...others],
      configuration: this.#configuration,
      proxy: { name, version: VERSION },
      namespace,
      changed: () => {
        if (this.#client?.status().state !== "live") this.#relay.sessionEnded();
        this.#tellWord();
      },
    });
  }

  #createAdmin(): Admin {
    const { clock, log, sockets, process, control } = this.#platform;
    const metrics = new Metrics({ clock });
    observeProcess(metrics, process, VERSION);
    watchRefusedConnections(sockets, { metrics, clock, log });
    observeLifecycle(metrics, this.#lifecycle);
    observeControl(metrics, this.#configuration, this.#client);
    const pages = createMainPages({
      lifecycle: this.#lifecycle,
      readiness: this.#readiness,
      control,
      metrics,
      ask: (path, query) => this.#ask(path, query),
      drain: () => this.#drain(),
      ownConfig: () => this.#describe(),
    });
    return new Admin(pages);
  }

  #describe(): Readonly<Record<string, unknown>> {
    const { clock } = this.#platform;
    const configuration = this.#configuration;
    return {
      operator: this.#client?.status() ?? null,
      workload: configuration.workload,
      resources: configuration.entries(),
      addresses: [...configuration.addresses].map((held) => describeAddress(held, clock)),
    };
  }

  async #openAdmin(): Promise<void> {
    const { network, log, clock, inherited } = this.#platform;
    const { admin, limits } = this.#settings;
    const deps = { clock, wheel: this.#wheel, limits: limits.http1, timing: limits.server };
    const service = this.#admin;
    const { connections } = service;
    const given = inherited.sockets.filter(({ name }) => name === "admin");
    for (const fd of given.length === 0 ? [undefined] : given.map((socket) => socket.fd)) {
      const options = {
        ...admin,
        fd,
        backlog: DOOR_BACKLOG,
        refusesOwn: true,
        mayUseReserve: true,
      };
      const listeners = await openListeners(
        network,
        {
          ...options,
          accept: (stream) => {
            const connection = new ServerConnection(stream, service, deps);
            connections.add(connection);
            stream.handler = connection;
          },
        },
        log,
      );
      for (const listener of listeners) {
        this.#lifecycle.add({ name: "admin", listener, connections });
      }
    }
  }

  /** As a worker judges it: the first that needs the engine is taken on trust. */
  #problemOf({ rules }: Destination): string | undefined {
    if (!needsRegexEngine(rules)) return undefined;
    if (this.#regexes === null) {
      void this.#platform.loadRegexes().then(
        (regexes) => {
          this.#regexes = regexes;
        },
        // The workers say so: they need it too.
        () => {},
      );
      return undefined;
    }
    return expressionProblem(rules, this.#regexes);
  }
}
