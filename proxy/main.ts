/** `heddle proxy`: reads the command line, takes the platform's capabilities, and runs. */
import { hostname } from "node:os";
import { resolve } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { type Address, formatAddress, parseAddress } from "../base/address.ts";
import { createProgram } from "../base/command-program.ts";
import { defineCommand, type FlagValues } from "../base/flags.ts";
import { createLog } from "../base/log.ts";
import { keepHeapSmall } from "../base/platform/heap.ts";
import { readOpenFilesMax } from "../base/platform/open-files.ts";
import { readOwnFamilies } from "../base/platform/own-addresses.ts";
import { openParentLink } from "../base/platform/parent-link.ts";
import { readProcessFigures } from "../base/platform/process-figures.ts";
import { createSystemRandom, systemClock, systemTimers } from "../base/platform/system.ts";
import { EXIT, ProgramError, type ProgramIo, UsageError, whenAborted } from "../base/program.ts";
import {
  accessLogFlag,
  appLimitFlags,
  logFormatFlag,
  logLevelFlag,
  workersFlag,
} from "../base/program-flags.ts";
import { WORKER_VARIABLE } from "../base/worker-variable.ts";
import { ProxyApp, type ProxyPlatform } from "./app.ts";
import { parseLimits } from "./app-limits.ts";
import { parseControlAddress } from "./control/control-address.ts";
import type { OperatorFiles } from "./control/operator-credentials.ts";
import { createWebSocketConnector } from "./control/web-socket.ts";
import { DEFAULT_OPAQUE_PORTS, parseOpaquePorts } from "./detect/opaque-ports.ts";
import { askAdmin } from "./lifecycle/ask-admin.ts";
import { askForRestart } from "./lifecycle/ask-for-restart.ts";
import { type Inherited, parseInherited } from "./lifecycle/inherited-sockets.ts";
import type { DoorName } from "./lifecycle/lifecycle.ts";
import { Succeeding } from "./lifecycle/succeeding.ts";
import { Succession } from "./lifecycle/succession.ts";
import { type ProcessControl, RestartError, type StartSuccessor } from "./lifecycle/successor.ts";
import { tellWhenReady } from "./lifecycle/tell-supervisor.ts";
import { duplicateDescriptor } from "./net/duplicate-descriptor.ts";
import { createNodeNetwork } from "./net/node-network.ts";
import { notifySupervisor } from "./net/notify-supervisor.ts";
import { OpenSockets } from "./net/open-sockets.ts";
import { loadSocketCalls } from "./net/socket-calls.ts";
import type { AppSetting, ProxySettings } from "./settings.ts";
import type { ProcessFigures } from "./telemetry/process-metrics.ts";
import type { MainThread, OpenDoor } from "./workers/main-thread.ts";

export const proxyCommand = defineCommand({
  name: "proxy",
  summary: "run a proxy: the data plane, one for each pod or host",
  description:
    "Applications send their requests to --outbound and name the service in Host. With " +
    "--inbound and --app it also stands in front of applications of this machine.\n\n" +
    "What it knows comes from an operator, and is asked for when a service is first named. " +
    "While no operator answers, it goes on with what it has.",
  flags: {
    operator: {
      kind: "string",
      value: "wss://HOST:PORT|ws://HOST:PORT|unix:PATH",
      repeatable: true,
      help: "where an operator serves proxies; of several, any that answers",
    },
    "operator-ca": {
      kind: "string",
      value: "FILE",
      completes: "files",
      needs: ["operator"],
      env: "HEDDLE_OPERATOR_CA_FILE",
      help: "for wss: certificates of the authority by which an operator is known, PEM",
    },
    "operator-token": {
      kind: "string",
      value: "FILE",
      completes: "files",
      needs: ["operator"],
      env: "HEDDLE_OPERATOR_TOKEN_FILE",
      help: "for wss: the token by which operators know this proxy; read anew each time",
    },
    outbound: {
      kind: "address",
      default: "localhost:4140",
      help: "where applications send requests; localhost is both of IPv4 and IPv6",
    },
    inbound: {
      kind: "address",
      help: "where requests for --app arrive; with --transparent [::]:4143 if absent",
    },
    app: {
      kind: "string",
      value: "SERVICE=HOST:PORT",
      repeatable: true,
      help: "an application behind --inbound, and the service that it is",
    },
    ...appLimitFlags,
    admin: {
      kind: "address",
      default: "127.0.0.1:4191",
      help: "where it answers questions (metrics, readiness, explain)",
    },
    namespace: {
      kind: "string",
      short: "n",
      value: "NAME",
      default: "default",
      help: "its own, where short names of services are looked for",
    },
    name: { kind: "string", help: "how it is shown to people; the host's name if absent" },
    egress: { kind: "boolean", help: "let names that the mesh does not know out, by DNS" },
    transparent: {
      kind: "boolean",
      help: "serve connections that the kernel redirects here (see heddle init)",
    },
    "opaque-ports": {
      kind: "string",
      value: "PORTS",
      default: DEFAULT_OPAQUE_PORTS,
      needs: ["transparent"],
      help: "intercepted ports whose bytes are never looked at; an object's word comes first",
    },
    zone: {
      kind: "string",
      value: "NAME",
      help: "where it runs; backends may prefer endpoints of the same zone",
    },
    snapshot: {
      kind: "string",
      value: "FILE",
      completes: "files",
      help: "keep what the operator said last in this file, and start from it",
    },
    "start-without-operator-after": {
      kind: "duration",
      default: "10s",
      help: "say that it is ready although no operator was heard",
    },
    "grace-time": {
      kind: "duration",
      default: "10s",
      env: "HEDDLE_GRACE_TIME",
      help: "how long what is under way may take when it is told to stop",
    },
    limit: {
      kind: "string",
      value: "NAME=NUMBER",
      repeatable: true,
      help: "move a bound, such as headBytesMax=131072; a wrong name lists them",
    },
    "access-log": accessLogFlag,
    "log-level": logLevelFlag,
    "log-format": logFormatFlag,
    workers: workersFlag,
    restart: {
      kind: "boolean",
      help: "replace the proxy that runs at --admin by a new process, and lose no request",
    },
    "measure-loop": { kind: "boolean", hidden: true, help: "measure turns of the event loop" },
  },
  examples: [
    {
      command: "heddle proxy --operator ws://127.0.0.1:4190",
      meaning: "the way out for applications of this machine",
    },
    {
      command:
        "heddle proxy --operator ws://127.0.0.1:4190 --inbound 127.0.0.1:8080 " +
        "--app web=127.0.0.1:3000",
      meaning: "also in front of web, which listens on port 3000",
    },
  ],
});

/** Where `heddle init` redirects to. Callers come by all addresses of the machine. */
const TRANSPARENT_INBOUND: Address = { host: "::", port: 4_143 };

/** In place of a link that only the main thread has: this one takes another's place as well. */
const OF_MAIN_THREAD = -1;

/** For its own pages. */
const ADMIN_WITHIN_MS = 10_000;

type Flags = FlagValues<(typeof proxyCommand)["flags"]>;

export const proxy = createProgram(proxyCommand, async ({ flags }, io) => {
  if (flags.restart) return await askForRestart(flags.admin, io);
  if (io.env[WORKER_VARIABLE] !== undefined) return await serveAsWorker(flags, io);
  keepHeapSmall();
  return await serve(flags, io);
});

/** Runs until the proxy has ended, whether it was this process that served to the end or not. */
async function serve(flags: Flags, io: ProgramIo): Promise<number> {
  const inherited = readInherited(io);
  const settings = readSettings(flags, io);
  let role: Succession | Succeeding | null = null;
  const platform = await createPlatform(flags, io, inherited, {
    shutdown: () => role?.shutdown(),
    restart: () => role?.restart() ?? Promise.reject(new RestartError("it is starting")),
  });
  const { log } = platform;
  const workerLost = Promise.withResolvers<never>();
  const app =
    flags.workers === 1
      ? new ProxyApp(settings, platform)
      : await createMainThread(settings, platform, flags.workers, workerLost.reject);
  const { graceMs } = settings;
  const { linkFd } = inherited;
  role =
    linkFd === null
      ? new Succession({ own: app, start: startSuccessor(io), timers: systemTimers, log, graceMs })
      : new Succeeding(app, openParentLink(linkFd));
  const { ended } = role;
  void whenAborted(io.stop).then(() => {
    log.info("told to stop", { signal: String(io.stop.reason) });
    role.shutdown();
  });
  process.on("SIGUSR2", () => {
    // What became of it is in the log.
    void role.restart().catch(() => {});
  });
  const started = app.start().catch((error: unknown) => {
    throw new ProgramError(describeListenError(error), EXIT.failed, error);
  });
  // It may be told to stop before it has started.
  await Promise.race([started, ended, workerLost.promise]);
  if (app.doors.length > 0) logStart(app.doors, platform);
  if (role instanceof Succeeding) role.ready();
  else tellSupervisor(app.doors, platform, io);
  return await Promise.race([ended, workerLost.promise]);
}

/** One of several threads that serve; what there is one of is the main thread's. */
async function serveAsWorker(flags: Flags, io: ProgramIo): Promise<number> {
  const threads = await import("../base/platform/worker-threads.ts");
  const { readSeat, WorkerPart } = await import("./workers/worker-part.ts");
  const { port, data } = threads.openThread();
  const seat = readSeat(data);
  const linkFd = seat.takesOver ? OF_MAIN_THREAD : null;
  const platform = await createPlatform(
    flags,
    io,
    { sockets: [], linkFd },
    { shutdown: () => {}, restart: () => Promise.reject(new RestartError("it is a worker")) },
    seat.closedDoors,
  );
  const behindMs = threads.steadyOffsetMs() - seat.clockOffsetMs;
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + behindMs };
  const log = platform.log.with({ worker: seat.index });
  const worker = new WorkerPart(seat, { port, clock, log });
  const settings = { ...readSettings(flags, io), snapshotFile: null };
  await worker.serve(new ProxyApp(settings, { ...platform, clock, log, worker }));
  return EXIT.ok;
}

async function createMainThread(
  settings: ProxySettings,
  platform: ProxyPlatform,
  count: number,
  workerLost: (error: Error) => void,
): Promise<MainThread> {
  const threads = await import("../base/platform/worker-threads.ts");
  const { MainThread } = await import("./workers/main-thread.ts");
  return new MainThread(settings, count, {
    ...platform,
    startThread: threads.startThread,
    clockOffsetMs: threads.steadyOffsetMs(),
    workerLost: (error) => {
      workerLost(new ProgramError(error.message, EXIT.internal, error));
    },
  });
}

function logStart(doors: readonly OpenDoor[], { log, sockets }: ProxyPlatform): void {
  const at = (name: DoorName): string | undefined => {
    const open = doors.filter((door) => door.name === name);
    // Workers share their places.
    const places = new Set(open.map(({ listener }) => formatAddress(listener)));
    return [...places].join(" ") || undefined;
  };
  const connectionsMax = Number.isFinite(sockets.max) ? sockets.max : undefined;
  const places = { outbound: at("outbound"), inbound: at("inbound"), admin: at("admin") };
  log.info("proxy started", { ...places, connectionsMax });
}

/** The first process alone is the one that a supervisor knows. */
function tellSupervisor(
  doors: readonly { readonly name: DoorName; readonly listener: Address }[],
  { log, timers }: Pick<ProxyPlatform, "log" | "timers">,
  { env }: ProgramIo,
): void {
  const place = env.NOTIFY_SOCKET;
  const admin = doors.find(({ name }) => name === "admin")?.listener;
  if (place === undefined || admin === undefined) return;
  const isReady = async (): Promise<boolean> =>
    (await askAdmin(admin, "GET", "/ready", ADMIN_WITHIN_MS)).status === 200;
  const notify = (text: string): Promise<void> => notifySupervisor(place, text);
  void tellWhenReady({ timers, log, notify, isReady });
}

function readInherited({ env }: ProgramIo): Inherited {
  const inherited = parseInherited(env, process.pid);
  if (typeof inherited === "string") throw new UsageError(inherited);
  return inherited;
}

/** What it needs is loaded for the first restart: most proxies never see one. */
function startSuccessor({ env }: ProgramIo): StartSuccessor {
  return async (sockets, events) => {
    const { spawnSelf } = await import("../base/platform/spawn-self.ts");
    return await spawnSelf({ env, sockets, ...events });
  };
}

function readSettings(flags: Flags, io: ProgramIo): ProxySettings {
  const inbound = flags.inbound ?? (flags.transparent ? TRANSPARENT_INBOUND : null);
  if (flags.app.length > 0 && inbound === null) {
    throw new UsageError("--app needs --inbound HOST:PORT, where its requests arrive");
  }
  if (inbound !== null && flags.app.length === 0 && !flags.transparent) {
    throw new UsageError("--inbound needs --app SERVICE=HOST:PORT, the application behind it");
  }
  return {
    name: flags.name ?? hostname(),
    namespace: flags.namespace,
    zone: flags.zone ?? "",
    operators: flags.operator.map(parseOperator),
    snapshotFile: flags.snapshot === undefined ? null : resolve(io.workingFolder, flags.snapshot),
    outbound: flags.outbound,
    inbound,
    apps: flags.app.map(parseApp),
    appConcurrency: {
      limit: flags["app-concurrency"] ?? 0,
      adaptive: flags["app-adaptive"],
      queueLength: flags["app-queue"],
      queueTimeoutMs: flags["app-queue-timeout"],
      // Which header tells how important a request is, is the service's to say.
      importanceHeader: "",
    },
    admin: flags.admin,
    egress: flags.egress,
    transparent: flags.transparent,
    opaquePorts: parseOpaquePorts(flags["opaque-ports"]),
    accessLog: flags["access-log"] === "off" ? null : flags["access-log"],
    graceMs: flags["grace-time"],
    startWithoutOperatorMs: flags["start-without-operator-after"],
    limits: parseLimits(flags.limit, flags.transparent),
  };
}

/** Whether they can be read turns out when an operator is asked: others write them, and later. */
function operatorFiles(flags: Flags, { workingFolder }: ProgramIo): OperatorFiles | null {
  const { operator, "operator-ca": ca, "operator-token": token } = flags;
  if (ca === undefined) {
    const tls = operator.find((text) => text.startsWith("wss:"));
    if (tls === undefined) return null;
    throw new UsageError(
      `--operator ${tls}: --operator-ca FILE is missing, the authority by which it is known`,
    );
  }
  const tokenFile = token === undefined ? null : resolve(workingFolder, token);
  return { caFile: resolve(workingFolder, ca), tokenFile };
}

function parseOperator(text: string): string {
  const parsed = parseControlAddress(text);
  if ("problem" in parsed) throw new UsageError(`--operator: ${text}: ${parsed.problem}`);
  return parsed.address;
}

function parseApp(text: string): AppSetting {
  const at = text.indexOf("=");
  const address: Address | undefined = parseAddress(text.slice(at + 1));
  if (at < 1 || address === undefined) {
    throw new UsageError(`--app: ${text} is not SERVICE=HOST:PORT`);
  }
  return { service: text.slice(0, at), address };
}

async function createPlatform(
  flags: Flags,
  io: ProgramIo,
  inherited: Inherited,
  control: ProcessControl,
  closedDoors: readonly Address[] = [],
): Promise<ProxyPlatform> {
  const openFilesMax = readOpenFilesMax();
  // Workers together have what the process may open; the main thread takes next to nothing.
  const threadCount = io.env[WORKER_VARIABLE] === undefined ? 1 : flags.workers;
  const sockets = new OpenSockets(openFilesMax && Math.floor(openFilesMax / threadCount));
  const calls = flags.transparent ? await loadSocketCalls() : null;
  return {
    clock: systemClock,
    timers: systemTimers,
    random: createSystemRandom(),
    log: createLog({
      level: flags["log-level"],
      format: flags["log-format"],
      wallMs: () => systemClock.wallMs(),
      write: (line) => io.stderr.write(line),
    }),
    network: createNodeNetwork({ sockets, calls, closedDoors }),
    sockets,
    connect: createWebSocketConnector(operatorFiles(flags, io)),
    loadRegexes: async () => (await import("../mesh/re2-regex.ts")).re2Regexes,
    process: processFigures(flags["measure-loop"]),
    writeAccessLog: (line) => io.stdout.write(line),
    inherited,
    duplicateDescriptor,
    control,
    userId: process.getuid?.() ?? null,
    ownFamilies: readOwnFamilies,
    worker: null,
  };
}

function processFigures(measureLoop: boolean): ProcessFigures {
  return {
    ...readProcessFigures(),
    takeLoopDelaySeconds: measureLoop ? createLoopMeter() : null,
  };
}

/** Wakes the process all the time, so it is for benchmarks only. */
function createLoopMeter(): () => number {
  const meter = monitorEventLoopDelay({ resolution: 1 });
  meter.enable();
  return () => {
    const maxSeconds = meter.max / 1e9;
    meter.reset();
    return maxSeconds;
  };
}

function describeListenError(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error)) return String(error);
  const { address, port } = error as Error & { address?: unknown; port?: unknown };
  const place = `${String(address)}:${String(port)}`;
  if (error.code === "EADDRINUSE") {
    return `${place} is in use; choose another with --outbound, --inbound or --admin`;
  }
  if (error.code === "EACCES") return `${place}: this user may not listen on that port`;
  if (error.code === "EADDRNOTAVAIL") return `${place}: this is no address of this machine`;
  return `${place}: ${error.message}`;
}
