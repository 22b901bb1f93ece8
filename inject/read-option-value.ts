/**
 * The text of one annotation to the value of one option. Strict: what another program would take
 * in some way of its own is refused here, with what to write instead.
 */
import { parseDuration } from "../base/duration.ts";
import { nearest } from "../base/nearest.ts";
import { formatPortRanges, parsePortRanges } from "../base/port-ranges.ts";
import { parseQuantityMilli } from "../base/quantity.ts";
import { isRecord, quote } from "../base/shape.ts";
import { formatSubnet, parseSubnet } from "../base/subnet.ts";
import type { EnvironmentVariable } from "./inject-options.ts";
import { LIMIT_RANGES } from "./proxy-limits.ts";

/** What is wrong with a value, and what to write instead; the hint may be empty. */
export interface Misread {
  readonly problem: string;
  readonly hint: string;
}

export type Reading<T> = { readonly value: T } | Misread;

/** Rules are walked once for each new connection: `heddle init` takes no more. */
const SUBNETS_MAX = 64;
const VARIABLES_MAX = 64;
const LIMITS_MAX = 32;
const IMAGE = /^[\w][\w.\-:/@]{0,511}$/;
/** As the API server takes them for containers. */
const VARIABLE_NAME = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;

export function readWord<W extends string>(text: string, words: readonly W[]): Reading<W> {
  const found = words.find((word) => word === text);
  if (found !== undefined) return { value: found };
  const near = nearest(text, words);
  const hint = near === undefined ? "" : `did you mean "${near}"?`;
  return { problem: `must be ${list(words)}, not ${quote(text)}`, hint };
}

export function readInteger(text: string, min: number, max: number): Reading<number> {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return { value };
  return { problem: `must be a number from ${min} to ${max}, not ${quote(text)}`, hint: "" };
}

export function readPort(text: string): Reading<number> {
  return readInteger(text, 1, 65_535);
}

/** In the form in which the programs take them. */
export function readPorts(text: string): Reading<string> {
  const parsed = parsePortRanges(text);
  if ("ranges" in parsed) return { value: formatPortRanges(parsed.ranges) };
  return { problem: parsed.problem, hint: "write ports and ranges such as 3306,9000-9010" };
}

export function readSubnets(text: string): Reading<string> {
  const parts = splitList(text);
  if (parts.length > SUBNETS_MAX) {
    return { problem: `these are ${parts.length} subnets, at most ${SUBNETS_MAX}`, hint: "" };
  }
  const subnets: string[] = [];
  for (const part of parts) {
    const subnet = parseSubnet(part);
    if (subnet === undefined) {
      return { problem: `${quote(part)} is no subnet`, hint: "write 10.0.0.0/8 or fd00::/16" };
    }
    if (subnet.prefixBits === 0) {
      const hint = 'to be left out of the mesh, write heddle.mesh/inject: "disabled"';
      return { problem: `${part} is every address, and nothing would be left`, hint };
    }
    subnets.push(formatSubnet(subnet));
  }
  return { value: subnets.join(",") };
}

export function readDuration(text: string): Reading<string> {
  if (parseDuration(text) !== undefined) return { value: text };
  const hint = /^\d+$/.test(text) ? `add a unit: "${text}s"` : "";
  return { problem: `must be a duration such as 300ms or 1m30s, not ${quote(text)}`, hint };
}

export function readQuantity(text: string): Reading<string> {
  const milli = parseQuantityMilli(text);
  if (milli !== undefined && milli > 0) return { value: text };
  return { problem: `must be a quantity such as 100m or 64Mi, not ${quote(text)}`, hint: "" };
}

export function readImage(text: string): Reading<string> {
  if (IMAGE.test(text)) return { value: text };
  return { problem: `must be the name of an image, not ${quote(text)}`, hint: "" };
}

/** `NAME=NUMBER` each, as the proxy takes them. */
export function readLimits(text: string): Reading<readonly string[]> {
  const parts = splitList(text);
  if (parts.length > LIMITS_MAX) {
    return { problem: `these are ${parts.length} limits, at most ${LIMITS_MAX}`, hint: "" };
  }
  for (const part of parts) {
    const misread = describeLimit(part);
    if (misread !== undefined) return misread;
  }
  return { value: parts };
}

function describeLimit(text: string): Misread | undefined {
  const [, name = "", digits = ""] = /^(\w+)=(\d{1,12})$/.exec(text) ?? [];
  const range = Object.hasOwn(LIMIT_RANGES, name) ? LIMIT_RANGES[name] : undefined;
  if (name === "") {
    return { problem: `${quote(text)} is not NAME=NUMBER`, hint: "write headBytesMax=131072" };
  }
  if (range === undefined) {
    const names = Object.keys(LIMIT_RANGES);
    const near = nearest(name, names);
    const hint = near === undefined ? `there is ${list(names)}` : `did you mean "${near}"?`;
    return { problem: `there is no limit ${quote(name)}`, hint };
  }
  const [min, max] = range;
  const value = Number(digits);
  if (value >= min && value <= max) return undefined;
  return { problem: `${name} can be ${min} to ${max}, not ${digits}`, hint: "" };
}

/** A JSON list of what Kubernetes calls EnvVar. */
export function readEnvironment(text: string): Reading<readonly EnvironmentVariable[]> {
  const hint = 'write [{"name": "NODE_OPTIONS", "value": "--trace-warnings"}]';
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { problem: "must be a list in JSON", hint };
  }
  if (!Array.isArray(parsed)) return { problem: "must be a list in JSON", hint };
  if (parsed.length > VARIABLES_MAX) {
    return { problem: `has ${parsed.length} variables, at most ${VARIABLES_MAX}`, hint: "" };
  }
  const variables: EnvironmentVariable[] = [];
  for (const [index, variable] of parsed.entries()) {
    const problem = isVariable(variable) ? describeVariable(variable, variables) : "has no name";
    if (problem !== undefined) return { problem: `its entry ${index + 1} ${problem}`, hint };
    if (isVariable(variable)) variables.push(variable);
  }
  return { value: variables };
}

function isVariable(value: unknown): value is EnvironmentVariable {
  return isRecord(value) && typeof value.name === "string";
}

function describeVariable(
  variable: EnvironmentVariable,
  before: readonly EnvironmentVariable[],
): string | undefined {
  const { name, value, valueFrom, ...rest } = variable;
  if (!VARIABLE_NAME.test(name)) return `has the name ${quote(name)}, which is none`;
  if (name.startsWith("HEDDLE_")) return `sets ${name}, which is set for the proxy already`;
  if (before.some((one) => one.name === name)) return `sets ${name} a second time`;
  const [other] = Object.keys(rest);
  if (other !== undefined) return `has ${quote(other)}, which means nothing there`;
  if (valueFrom !== undefined) {
    if (value !== undefined) return `sets ${name} by value and by valueFrom`;
    return isRecord(valueFrom) ? undefined : "has a valueFrom that is no map";
  }
  return typeof value === "string" ? undefined : `must set ${name} to a text`;
}

/** Parts between commas, without the blanks round them and the empty ones. */
function splitList(text: string): readonly string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** `a, b or c`. */
function list(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} or ${last}`;
}
