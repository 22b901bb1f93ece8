/**
 * What somebody chose of an installation: what was chosen before, a file of values, `--set`, and
 * the flags that stand for the options that most people choose, each over the one before it.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ProgramError, type ProgramIo, UsageError } from "../../base/program.ts";
import { readFailure } from "../../base/read-failure.ts";
import { isRecord } from "../../base/shape.ts";
import type { InstallOptions } from "../../install/options.ts";
import {
  type InstallValues,
  mergeValues,
  type OptionProblem,
  readInstallOptions,
  readSetting,
} from "../../install/read-install-options.ts";
import { printable } from "../output/printable.ts";

/** A file of values with more is none. */
const VALUES_BYTES_MAX = 1024 * 1024;

export interface ChoosingFlags {
  readonly namespace: string | undefined;
  readonly ha: boolean;
  readonly set: readonly string[];
  readonly values: string | undefined;
}

export interface Chosen {
  readonly options: InstallOptions;
  /** Only what was chosen: what is kept, so that an upgrade chooses the same. */
  readonly values: InstallValues;
}

/** Throws `UsageError` or `ProgramError` that name everything that is wrong. */
export async function chooseOptions(
  before: InstallValues,
  flags: ChoosingFlags,
  io: ProgramIo,
): Promise<Chosen> {
  const problems: OptionProblem[] = [];
  const settings = flags.set.map((text): InstallValues => {
    const read = readSetting(text);
    if (!isProblem(read)) return read;
    problems.push(read);
    return {};
  });
  if (problems.length > 0) throw new UsageError(`--set: ${problems.map(describe).join("; ")}`);
  const fromFile = flags.values === undefined ? {} : await readValues(flags.values, io);
  const short = {
    ...(flags.ha ? { ha: true } : {}),
    ...(flags.namespace === undefined ? {} : { namespace: flags.namespace }),
  };
  const values = mergeValues(before, fromFile, ...settings, short);
  const read = readInstallOptions(values);
  if (read.problems.length > 0) throw new UsageError(read.problems.map(describe).join("; "));
  return { options: read.options, values };
}

function isProblem(read: InstallValues | OptionProblem): read is OptionProblem {
  return typeof read.message === "string" && typeof read.option === "string";
}

function describe({ option, message, hint }: OptionProblem): string {
  const about = option === "" ? message : `${option} ${message}`;
  return printable(hint === "" ? about : `${about}: ${hint}`);
}

async function readValues(file: string, io: ProgramIo): Promise<InstallValues> {
  const text = file === "-" ? await io.readStdin(VALUES_BYTES_MAX) : await readText(file, io);
  const { parse } = await import("../output/yaml-text.ts");
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 100 });
  } catch (error) {
    const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw new ProgramError(printable(`${file} is no YAML: ${line}`));
  }
  if (value === null || value === undefined) return {};
  if (isRecord(value)) return value;
  throw new ProgramError(`${file} is no map of options`);
}

async function readText(file: string, { workingFolder }: ProgramIo): Promise<string> {
  try {
    return await readFile(resolve(workingFolder, file), "utf8");
  } catch (error) {
    throw new ProgramError(`cannot read ${file}: ${readFailure(error)}`);
  }
}
