/**
 * Flags as data. One table per command says what each flag is; parsing, help and the shells'
 * completion all follow from it, so that none of them can tell a different story.
 */
import { parseArgs } from "node:util";
import { type Address, parseAddress } from "./address.ts";
import { parseDuration } from "./duration.ts";
import { nearest } from "./nearest.ts";
import { type Environment, UsageError } from "./program.ts";

interface FlagBase {
  /** What it does, as help shows it: no capital, no full stop, the default is added by itself. */
  readonly help: string;
  /** One letter. `h` is taken by help. */
  readonly short?: string;
  /** What stands for the value in help: `FILE`. The kind's own word if absent. */
  readonly value?: string;
  /** As it would be typed. A repeatable flag defaults to none. */
  readonly default?: string;
  /** An environment variable that counts where the flag is not given. */
  readonly env?: string;
  readonly repeatable?: boolean;
  readonly required?: boolean;
  /** Others of the table without which it means nothing; one of them is enough. */
  readonly needs?: readonly string[];
  /** Others of the table beside which it means nothing. */
  readonly excludes?: readonly string[];
  /** Left out of help and completion. */
  readonly hidden?: boolean;
}

export type Flag =
  | (FlagBase & { readonly kind: "string"; readonly completes?: "files" | "folders" })
  | (FlagBase & { readonly kind: "integer"; readonly min?: number; readonly max?: number })
  /** Milliseconds, from `300ms` or `1h30m`. */
  | (FlagBase & { readonly kind: "duration" })
  | (FlagBase & { readonly kind: "boolean" })
  | (FlagBase & { readonly kind: "address" })
  | (FlagBase & { readonly kind: "enum"; readonly values: readonly string[] });

/** By name as typed without its dashes: `operator-admin`. */
export type FlagTable = Readonly<Record<string, Flag>>;

type Single<F extends Flag> = F extends { kind: "enum"; values: readonly (infer V)[] }
  ? V
  : F extends { kind: "integer" | "duration" }
    ? number
    : F extends { kind: "boolean" }
      ? boolean
      : F extends { kind: "address" }
        ? Address
        : string;

type FlagValue<F extends Flag> = F extends { repeatable: true }
  ? readonly Single<F>[]
  : F extends { kind: "boolean" } | { default: string } | { required: true }
    ? Single<F>
    : Single<F> | undefined;

export type FlagValues<T extends FlagTable> = { readonly [Name in keyof T]: FlagValue<T[Name]> };

export interface Positional {
  /** As help shows it: `DIR`, `KIND`. */
  readonly name: string;
  readonly help?: string;
  readonly optional?: boolean;
  /** Only the last may repeat. */
  readonly repeatable?: boolean;
  readonly values?: readonly string[];
  /** Offered by completion where `values` would refuse other spellings that are taken too. */
  readonly suggests?: readonly string[];
  readonly completes?: "files" | "folders";
}

export interface Example {
  readonly command: string;
  readonly meaning: string;
}

/** All that is to be known about one command's line. */
export interface CommandSpec<T extends FlagTable = FlagTable> {
  /** What is typed before the arguments: `get`, `operator`. */
  readonly name: string;
  readonly summary: string;
  /** Paragraphs for help, below the usage. */
  readonly description?: string;
  readonly positionals?: readonly Positional[];
  readonly flags: T;
  readonly examples?: readonly Example[];
}

export interface ParsedCommand<T extends FlagTable> {
  readonly flags: FlagValues<T>;
  readonly positionals: readonly string[];
  /** `--help` was asked for; nothing else was checked and the flags hold defaults. */
  readonly help: boolean;
}

/** Keeps the literal types of a table, so that its parse is typed. */
export function defineCommand<const T extends FlagTable>(spec: CommandSpec<T>): CommandSpec<T> {
  return spec;
}

/** Throws `UsageError` naming the first thing that is wrong, and the nearest right one. */
export function parseCommand<T extends FlagTable>(
  spec: CommandSpec<T>,
  args: readonly string[],
  env: Environment = {},
): ParsedCommand<T> {
  const { given, positionals, help } = readArguments(spec.flags, args);
  const values: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(spec.flags)) {
    values[name] = settle(name, flag, given.get(name), help ? {} : env, help);
  }
  if (!help) {
    checkPositionals(spec, positionals);
    checkCompany(spec.flags, given, values);
  }
  // The table's own types say what `settle` returned for each kind.
  return { flags: values as FlagValues<T>, positionals, help };
}

interface Arguments {
  readonly given: ReadonlyMap<string, readonly string[]>;
  readonly positionals: readonly string[];
  readonly help: boolean;
}

function readArguments(table: FlagTable, args: readonly string[]): Arguments {
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  let help = false;
  for (const token of tokenize(table, args)) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    if (token.name === "help" || token.rawName === "-h") {
      help = true;
      continue;
    }
    const flag = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
    if (flag === undefined) {
      if (help) continue;
      throw new UsageError(unknownFlag(table, token.rawName));
    }
    const text = flagText(flag, token.rawName, token.value, token.inlineValue === true);
    const texts = given.get(token.name) ?? [];
    if (texts.length > 0 && flag.repeatable !== true) {
      throw new UsageError(`--${token.name} was given twice`);
    }
    texts.push(text);
    given.set(token.name, texts);
  }
  return { given, positionals, help };
}

function tokenize(table: FlagTable, args: readonly string[]) {
  const options: Record<string, { type: "string" | "boolean"; short?: string }> = {
    help: { type: "boolean", short: "h" },
  };
  for (const [name, flag] of Object.entries(table)) {
    options[name] = {
      type: flag.kind === "boolean" ? "boolean" : "string",
      ...(flag.short === undefined ? {} : { short: flag.short }),
    };
  }
  return parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    allowNegative: true,
    tokens: true,
  }).tokens;
}

function flagText(flag: Flag, rawName: string, value: string | undefined, inline: boolean): string {
  if (flag.kind === "boolean") return value ?? (rawName.startsWith("--no-") ? "false" : "true");
  const missing = value === undefined || (!inline && value.startsWith("-") && value.length > 1);
  if (!missing) return value;
  throw new UsageError(`${rawName} needs a value: ${rawName} ${valueName(flag)}`);
}

function unknownFlag(table: FlagTable, rawName: string): string {
  const names = Object.keys(table).filter((name) => table[name]?.hidden !== true);
  const near = rawName.startsWith("--") ? nearest(rawName.slice(2), names) : undefined;
  return near === undefined
    ? `there is no flag ${rawName}`
    : `there is no flag ${rawName}; did you mean --${near}?`;
}

function settle(
  name: string,
  flag: Flag,
  texts: readonly string[] | undefined,
  env: Environment,
  lenient: boolean,
): unknown {
  const parse = (text: string, source: string): unknown => parseFlagValue(flag, text, source);
  if (texts !== undefined && !lenient) {
    const values = texts.map((text) => parse(text, `--${name}`));
    return flag.repeatable === true ? values : values[0];
  }
  const fromEnv = flag.env === undefined ? undefined : env[flag.env];
  if (fromEnv !== undefined && fromEnv !== "") {
    const source = flag.env ?? name;
    if (flag.repeatable !== true) return parse(fromEnv, source);
    return fromEnv.split(",").map((text) => parse(text.trim(), source));
  }
  if (flag.repeatable === true) return [];
  if (flag.default !== undefined) return parse(flag.default, `--${name}`);
  if (flag.required === true && !lenient) {
    throw new UsageError(`--${name} ${valueName(flag)} is needed: ${flag.help}`);
  }
  return flag.kind === "boolean" ? false : undefined;
}

/**
 * Refuses what was typed and would be ignored. What comes from the environment or is a default may
 * be there for other programs, or always.
 */
function checkCompany(
  table: FlagTable,
  given: ReadonlyMap<string, readonly string[]>,
  values: Readonly<Record<string, unknown>>,
): void {
  for (const name of given.keys()) {
    const flag = table[name];
    if (flag === undefined || values[name] === false) continue;
    const beside = flag.excludes?.find((one) => given.has(one) && values[one] !== false);
    if (beside !== undefined) {
      throw new UsageError(`--${name} and --${beside} do not go together: leave one of them out`);
    }
    const needed = flag.needs?.filter((one) => Object.hasOwn(table, one)) ?? [];
    if (needed.length === 0 || needed.some((one) => isSet(values[one]))) continue;
    const words = needed.map((one) => `--${one} ${valueName(table[one] ?? flag)}`.trim());
    throw new UsageError(`--${name} needs ${words.join(" or ")}`);
  }
}

function isSet(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
}

function parseFlagValue(flag: Flag, text: string, source: string): unknown {
  const wrong = (expected: string): UsageError =>
    new UsageError(`${source}: ${JSON.stringify(text)} is not ${expected}`);
  switch (flag.kind) {
    case "string":
      return text;
    case "boolean":
      if (text === "true" || text === "1") return true;
      if (text === "false" || text === "0") return false;
      throw wrong("true or false");
    case "integer": {
      const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = flag;
      if (value >= min && value <= max) return value;
      throw wrong(integerRange(flag.min, flag.max));
    }
    case "duration": {
      const value = parseDuration(text);
      if (value !== undefined) return value;
      throw wrong("a duration such as 300ms, 10s or 1h30m");
    }
    case "address": {
      const value = parseAddress(text);
      if (value !== undefined) return value;
      throw wrong("HOST:PORT, for example 127.0.0.1:4140 or [::1]:4140");
    }
    case "enum": {
      const value = flag.values.find((one) => one.toLowerCase() === text.toLowerCase());
      if (value !== undefined) return value;
      const near = nearest(text, flag.values);
      const hint = near === undefined ? "" : `; did you mean ${near}?`;
      throw wrong(`one of ${flag.values.join(", ")}${hint}`);
    }
  }
}

function integerRange(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return `a whole number from ${min} to ${max}`;
  if (min !== undefined) return `a whole number of at least ${min}`;
  return max === undefined ? "a whole number" : `a whole number of at most ${max}`;
}

function checkPositionals(spec: CommandSpec, given: readonly string[]): void {
  const wanted = spec.positionals ?? [];
  const missing = wanted[given.length];
  if (missing !== undefined && missing.optional !== true) {
    const help = missing.help ?? missing.values?.join(", ") ?? "";
    throw new UsageError(`${missing.name} is missing${help === "" ? "" : `: ${help}`}`);
  }
  const last = wanted.at(-1);
  if (given.length > wanted.length && last?.repeatable !== true) {
    throw new UsageError(`${JSON.stringify(given[wanted.length])} is one argument too many`);
  }
  given.forEach((text, index) => {
    const { name, values } = wanted[index] ?? last ?? { name: "", values: undefined };
    if (values === undefined || values.includes(text)) return;
    const near = nearest(text, values);
    const hint = near === undefined ? `one of ${values.join(", ")}` : `did you mean ${near}?`;
    throw new UsageError(`${JSON.stringify(text)} is no ${name}: ${hint}`);
  });
}

/** What stands for a flag's value in help and messages; empty for a switch. */
export function valueName(flag: Flag): string {
  if (flag.value !== undefined) return flag.value;
  switch (flag.kind) {
    case "boolean":
      return "";
    case "integer":
      return "N";
    case "duration":
      return "DURATION";
    case "address":
      return "HOST:PORT";
    case "enum":
      return flag.values.join("|");
    case "string":
      return "TEXT";
  }
}
