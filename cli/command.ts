/**
 * What one verb of the command line is. Its line is described by data, from which help and
 * completion follow; what it needs of the world comes in as a context, so that tests run whole
 * verbs without a process, a network or a clock.
 */
import type { Clock } from "../base/clock.ts";
import { formatCommandHelp } from "../base/command-help.ts";
import {
  type CommandSpec,
  defineCommand,
  type FlagTable,
  type FlagValues,
  parseCommand,
} from "../base/flags.ts";
import { EXIT, type ProgramIo } from "../base/program.ts";
import type { Random } from "../base/random.ts";
import type { Timers } from "../base/timers.ts";
import type { HttpGet, HttpPost } from "./api/http.ts";
import type { Clusters } from "./cluster/cluster.ts";
import type { ProductSpecs } from "./products.ts";
import type { Listen } from "./run/reserve-ports.ts";
import type { Spawn, SpawnOptions } from "./run/spawn.ts";

/** The world, as far as verbs may touch it. */
export interface CommandContext {
  readonly io: ProgramIo;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly get: HttpGet;
  readonly post: HttpPost;
  readonly clusters: Clusters;
  readonly listen: Listen;
  readonly createSpawn: (options: SpawnOptions) => Spawn;
  /** All verbs, for help and completion. */
  readonly verbs: readonly Verb[];
  readonly products: ProductSpecs;
}

export interface Verb {
  readonly spec: CommandSpec;
  /** Resolves to the exit code. */
  run(args: readonly string[], context: CommandContext): Promise<number>;
}

export interface Invocation<T extends FlagTable> {
  readonly flags: FlagValues<T>;
  readonly positionals: readonly string[];
}

/** A verb that parses its line, answers `--help`, and then does its work. */
export function defineVerb<const T extends FlagTable>(
  spec: CommandSpec<T>,
  work: (invocation: Invocation<T>, context: CommandContext) => Promise<number>,
): Verb {
  const checked = defineCommand(spec);
  return {
    spec: checked,
    async run(args, context) {
      const parsed = parseCommand(checked, args, context.io.env);
      if (parsed.help) {
        context.io.stdout.write(formatCommandHelp(checked, context.io.stdout.columns));
        return EXIT.ok;
      }
      return await work(parsed, context);
    },
  };
}
