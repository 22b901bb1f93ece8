/** The command line: finds the verb and hands it the world. The composition root of `heddle`. */
import { createSystemRandom, systemClock, systemTimers } from "../base/platform/system.ts";
import { EXIT, type Program, type ProgramIo, runProgram, UsageError } from "../base/program.ts";
import { httpGet, httpPost } from "./api/http.ts";
import { isClusterKnown } from "./cluster/kubeconfig-files.ts";
import type { CommandContext, Verb } from "./command.ts";
import { check } from "./commands/check.ts";
import { completion } from "./commands/completion.ts";
import { diagnostics } from "./commands/diagnostics.ts";
import { drain } from "./commands/drain.ts";
import { explain } from "./commands/explain.ts";
import { get } from "./commands/get.ts";
import { formatOverview, help, unknownVerb } from "./commands/help.ts";
import { inject } from "./commands/inject.ts";
import { install } from "./commands/install.ts";
import { lint } from "./commands/lint.ts";
import { profile } from "./commands/profile.ts";
import { run } from "./commands/run.ts";
import { shutdown } from "./commands/shutdown.ts";
import { stat } from "./commands/stat.ts";
import { uninject } from "./commands/uninject.ts";
import { uninstall } from "./commands/uninstall.ts";
import { upgrade } from "./commands/upgrade.ts";
import { version } from "./commands/version.ts";
import { wait } from "./commands/wait.ts";
import type { ProductSpecs } from "./products.ts";
import { listenOnce } from "./run/reserve-ports.ts";
import { createSpawn } from "./run/spawn.ts";

/** In alphabetical order. */
export const VERBS: readonly Verb[] = [
  check,
  completion,
  diagnostics,
  drain,
  explain,
  get,
  help,
  inject,
  install,
  lint,
  profile,
  run,
  shutdown,
  stat,
  uninject,
  uninstall,
  upgrade,
  version,
  wait,
];

/** What people type for want of knowing the verb. */
const SYNONYMS: Readonly<Record<string, string>> = {
  "--help": "help",
  "-h": "help",
  "--version": "version",
  "-v": "version",
};

/** `heddle` with any verb but those that `bin/` gives to the other products. */
export function createCli(products: ProductSpecs): Program {
  return {
    name: "",
    summary: "traffic between services, managed, seen and controlled",
    run: (args, io) => runVerb(args, createContext(io, products)),
  };
}

function createContext(io: ProgramIo, products: ProductSpecs): CommandContext {
  const machine = { io, clock: systemClock, timers: systemTimers };
  return {
    io,
    clock: systemClock,
    timers: systemTimers,
    random: createSystemRandom(),
    get: httpGet,
    post: httpPost,
    clusters: {
      isKnown: (choice) => isClusterKnown(choice, io),
      connect: async (choice) => {
        const { connectCluster } = await import("./cluster/connect.ts");
        return await connectCluster(choice, machine);
      },
    },
    listen: listenOnce,
    createSpawn,
    verbs: VERBS,
    products,
  };
}

/** Runs the verb that `args` begins with, and tells its failures under its own name. */
export async function runVerb(args: readonly string[], context: CommandContext): Promise<number> {
  const { io } = context;
  const [typed, ...rest] = args;
  if (typed === undefined) {
    io.stderr.write(formatOverview(VERBS, io.stderr.columns));
    return EXIT.usage;
  }
  const name = SYNONYMS[typed] ?? typed;
  const verb = VERBS.find((one) => one.spec.name === name);
  if (verb === undefined) throw new UsageError(unknownVerb(typed, VERBS));
  const { summary } = verb.spec;
  return await runProgram({ name, summary, run: (more) => verb.run(more, context) }, rest, io);
}
