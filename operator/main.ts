/**
 * The operator, standalone: composes its parts over one folder, starts them in order and stops
 * them in the reverse order. The composition root of `heddle operator`.
 */
import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { formatAddress } from "../base/address.ts";
import { revisionOf } from "../base/canonical-json.ts";
import { formatCommandHelp } from "../base/command-help.ts";
import { defineCommand, parseCommand } from "../base/flags.ts";
import { createLog } from "../base/log.ts";
import { systemClock, systemTimers } from "../base/platform/system.ts";
import {
  type Environment,
  EXIT,
  type Program,
  ProgramError,
  type ProgramIo,
  UsageError,
  whenAborted,
} from "../base/program.ts";
import { logFormatFlag, logLevelFlag } from "../base/program-flags.ts";
import { formatControlPlace, parseControlPlace } from "./publish/control-place.ts";
import { startOperator } from "./start-operator.ts";

export const operatorCommand = defineCommand({
  name: "operator",
  summary: "read the mesh's objects and bring them to the proxies",
  description:
    "Reads the manifests in a folder and everything below it, watches them, and serves what " +
    "follows from them to proxies. An invalid edit is reported and changes nothing: the last " +
    "accepted version of each object stays in force, also over a restart.",
  positionals: [{ name: "DIR", help: "folder with manifests, YAML or JSON", completes: "folders" }],
  flags: {
    control: {
      kind: "string",
      value: "HOST:PORT|unix:PATH",
      help: "where proxies connect; this machine only, as there is no TLS yet",
      default: "127.0.0.1:4190",
    },
    "operator-admin": {
      kind: "address",
      help: "where it answers questions: metrics, readiness, objects, services, proxies, stats",
      default: "127.0.0.1:4192",
    },
    state: {
      kind: "string",
      value: "DIR",
      completes: "folders",
      help: "where accepted versions are kept; by default below XDG_STATE_HOME, by folder",
    },
    "cluster-domain": { kind: "string", help: "what ends a full name", default: "cluster.local" },
    "log-level": logLevelFlag,
    "log-format": logFormatFlag,
  },
  examples: [
    { command: "heddle operator mesh/", meaning: "serve the manifests below mesh/" },
    {
      command: "heddle operator mesh/ --control 127.0.0.1:0 --operator-admin 127.0.0.1:0",
      meaning: "on ports that the system chooses; the log says which",
    },
    {
      command: "heddle operator mesh/ --control unix:/run/heddle/operator.sock",
      meaning: "for proxies in other network namespaces of this machine",
    },
  ],
});

export const operator: Program = {
  name: operatorCommand.name,
  summary: operatorCommand.summary,
  run: runOperator,
};

async function runOperator(args: readonly string[], io: ProgramIo): Promise<number> {
  const { flags, positionals, help } = parseCommand(operatorCommand, args, io.env);
  if (help) {
    io.stdout.write(formatCommandHelp(operatorCommand, io.stdout.columns));
    return EXIT.ok;
  }
  const folder = positionals[0] ?? "";
  await checkFolder(folder, resolve(io.workingFolder, folder));
  const control = parseControlPlace(flags.control);
  if (typeof control === "string") throw new UsageError(`--control ${flags.control}: ${control}`);
  const log = createLog({
    level: flags["log-level"],
    format: flags["log-format"],
    wallMs: () => systemClock.wallMs(),
    write: (line) => void io.stderr.write(line),
  });
  const running = await startOperator({
    folder: resolve(io.workingFolder, folder),
    shownFolder: folder,
    stateFolder: resolve(io.workingFolder, flags.state ?? defaultState(folder, io)),
    control,
    admin: flags["operator-admin"],
    clusterDomain: flags["cluster-domain"],
    clock: systemClock,
    timers: systemTimers,
    log,
  });
  log.info("the operator is ready", {
    control: formatControlPlace(running.control),
    admin: formatAddress(running.admin),
    folder,
  });
  await whenAborted(io.stop);
  log.info("the operator stops", { signal: String(io.stop.reason) });
  await running.stop();
  return EXIT.ok;
}

async function checkFolder(shown: string, path: string): Promise<void> {
  try {
    if ((await stat(path)).isDirectory()) return;
  } catch (error) {
    throw new ProgramError(`the folder ${shown} cannot be read`, EXIT.failed, error);
  }
  throw new UsageError(`${shown} is not a folder`);
}

/** One for each folder, so that two meshes on one machine do not share generations. */
function defaultState(folder: string, { env, workingFolder }: ProgramIo): string {
  const name = revisionOf(resolve(workingFolder, folder)).slice(0, 16);
  return join(stateHome(env), "heddle", name);
}

/** As the XDG base directory specification has it: a relative path there counts for nothing. */
function stateHome({ XDG_STATE_HOME: given, HOME: home }: Environment): string {
  if (given?.startsWith("/") === true) return given;
  return join(home === undefined || home === "" ? homedir() : home, ".local", "state");
}
