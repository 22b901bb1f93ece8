/** A program that is one command, from its description. */
import { formatCommandHelp } from "./command-help.ts";
import { type CommandSpec, type FlagTable, type ParsedCommand, parseCommand } from "./flags.ts";
import { EXIT, type Program, type ProgramIo } from "./program.ts";

/** It prints its help where that is asked for; otherwise `run` gets what it was given. */
export function createProgram<T extends FlagTable>(
  command: CommandSpec<T>,
  run: (given: ParsedCommand<T>, io: ProgramIo) => Promise<number>,
): Program {
  const { name, summary } = command;
  return {
    name,
    summary,
    async run(args, io) {
      const given = parseCommand(command, args, io.env);
      if (!given.help) return await run(given, io);
      io.stdout.write(formatCommandHelp(command, io.stdout.columns));
      return EXIT.ok;
    },
  };
}
