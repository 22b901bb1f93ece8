/**
 * From what somebody chose, as a file of values or as `--set KEY=VALUE`, to the options of an
 * installation. All problems are told, each with the mend; nothing is half taken.
 */
import { nearest } from "../base/nearest.ts";
import { isRecord, kindOf, quote } from "../base/shape.ts";
import { defaultInjectOptions } from "../inject/inject-options.ts";
import type { Texts } from "../inject/pod.ts";
import { readDefaults } from "../inject/read-defaults.ts";
import type { Option } from "./option-kinds.ts";
import { defaultInstallOptions, INSTALL_OPTIONS, type InstallOptions } from "./options.ts";

/** By the option's name; what is not here is left at its default. */
export type InstallValues = Readonly<Record<string, unknown>>;

export interface OptionProblem {
  /** `nodeSelector.disk`; empty when the whole is meant. */
  readonly option: string;
  readonly message: string;
  /** May be empty. */
  readonly hint: string;
}

/** Without problems the options hold. */
export interface InstallOptionsRead {
  readonly options: InstallOptions;
  readonly problems: readonly OptionProblem[];
}

type Judged = { readonly value: unknown } | Omit<OptionProblem, "option">;

const TABLE: Readonly<Record<string, Option>> = INSTALL_OPTIONS;

/** A later value goes over an earlier one; entries of maps go over entries. */
export function mergeValues(...layers: readonly InstallValues[]): InstallValues {
  const merged: Record<string, unknown> = {};
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer)) {
      const before = Object.hasOwn(merged, name) ? merged[name] : undefined;
      merged[name] = isRecord(before) && isRecord(value) ? { ...before, ...value } : value;
    }
  }
  return merged;
}

/** One `KEY=VALUE`, to be merged with others and read with them. */
export function readSetting(text: string): InstallValues | OptionProblem {
  const equals = text.indexOf("=");
  if (equals <= 0) {
    const message = `${quote(text)} is not KEY=VALUE`;
    return { option: "", message, hint: "write for example ha=true" };
  }
  const key = text.slice(0, equals);
  const value = text.slice(equals + 1);
  const dot = key.indexOf(".");
  const name = dot < 0 ? key : key.slice(0, dot);
  const option = optionNamed(name);
  if (option === undefined) return unknownOption(name);
  const entry = dot < 0 ? null : key.slice(dot + 1);
  if (option.kind === "map") {
    if (entry !== null && entry !== "") return { [name]: { [entry]: value } };
    return { option: name, message: "is a map", hint: `write ${name}.KEY=VALUE for each entry` };
  }
  if (entry !== null) return { option: key, message: `${name} is no map`, hint: "" };
  const judged = valueOfText(option, value);
  return "value" in judged ? { [name]: judged.value } : { option: name, ...judged };
}

/** `values` is what a file said, or the merged settings. */
export function readInstallOptions(values: unknown): InstallOptionsRead {
  const defaults = defaultInstallOptions();
  if (values === undefined || values === null) return { options: defaults, problems: [] };
  if (!isRecord(values)) {
    const message = `is ${kindOf(values)} and should be a map of options`;
    return { options: defaults, problems: [{ option: "", message, hint: "" }] };
  }
  const problems: OptionProblem[] = [];
  const chosen: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const option = optionNamed(name);
    if (option === undefined) {
      problems.push(unknownOption(name));
      continue;
    }
    const judged = judge(option, value);
    if ("value" in judged) chosen[name] = judged.value;
    else problems.push({ option: name, ...judged });
  }
  // `judge` let through what the table says of each.
  const options: InstallOptions = { ...defaults, ...chosen };
  if (problems.length === 0) problems.push(...checkTogether(options));
  return { options, problems };
}

function optionNamed(name: string): Option | undefined {
  return Object.hasOwn(TABLE, name) ? TABLE[name] : undefined;
}

function unknownOption(name: string): OptionProblem {
  const near = nearest(name, Object.keys(TABLE));
  const list = '"heddle install --options" lists them';
  const hint = near === undefined ? list : `did you mean ${quote(near)}?`;
  return { option: name, message: "is no option", hint };
}

function valueOfText(option: Option, text: string): Judged {
  switch (option.kind) {
    case "flag":
      if (text === "true" || text === "false") return { value: text === "true" };
      return { message: `${quote(text)} is neither true nor false`, hint: "" };
    case "number":
      return { value: /^\d{1,9}$/.test(text) ? Number(text) : text };
    case "list":
      return { value: text === "" ? [] : text.split(",").map((part) => part.trim()) };
    case "objects":
      try {
        return { value: JSON.parse(text) };
      } catch {
        return { message: "is no JSON", hint: 'write a list: [{"key": "…"}]' };
      }
    default:
      return { value: text };
  }
}

function judge(option: Option, value: unknown): Judged {
  const isNullable = "default" in option && option.default === null;
  if (value === null) {
    return isNullable ? { value } : { message: "is empty", hint: "leave it away or give a value" };
  }
  switch (option.kind) {
    case "flag":
      return typeof value === "boolean" ? { value } : wrongKind(value, "true or false");
    case "number": {
      const { min, max } = option;
      if (typeof value !== "number" || !Number.isInteger(value))
        return wrongKind(value, "a number");
      if (value >= min && value <= max) return { value };
      return { message: `is ${value}`, hint: `from ${min} to ${max}` };
    }
    case "word": {
      if (typeof value === "string" && option.values.includes(value)) return { value };
      const hint = `one of ${option.values.join(", ")}`;
      return { message: `is ${shown(value)}`, hint };
    }
    case "text":
      if (typeof value !== "string") return wrongKind(value, "a text");
      if (option.pattern === undefined || option.pattern.test(value)) return { value };
      return {
        message: `${shown(value)} is not ${option.meaning ?? "of the right form"}`,
        hint: "",
      };
    case "list":
      return Array.isArray(value) && value.every((part) => typeof part === "string")
        ? { value }
        : wrongKind(value, "a list of texts");
    case "map":
      return isRecord(value) && Object.values(value).every((part) => typeof part === "string")
        ? { value }
        : wrongKind(value, "a map of texts; quote numbers and words such as true");
    case "objects":
      return Array.isArray(value) && value.every(isRecord)
        ? { value }
        : wrongKind(value, "a list of maps");
  }
}

function wrongKind(value: unknown, wanted: string): Judged {
  return { message: `is ${shown(value)} and should be ${wanted}`, hint: "" };
}

function shown(value: unknown): string {
  return typeof value === "string" ? quote(value) : kindOf(value);
}

/** Options that are right one by one and wrong together, and those with a form of their own. */
function checkTogether(options: InstallOptions): readonly OptionProblem[] {
  const problems: OptionProblem[] = [];
  const add = (option: string, message: string, hint = ""): void => {
    problems.push({ option, message, hint });
  };
  const { namespace, certificates, caBundle, image } = options;
  if (namespace === "kube-system" || namespace === "default") {
    add("namespace", `is "${namespace}"`, "the namespace is made, and removed, with Heddle");
  }
  if (certificates === "external" && caBundle === null) {
    add("caBundle", "is missing", "the API server must know whom to trust");
  }
  if (certificates !== "external" && caBundle !== null) {
    add("caBundle", "is only for external certificates", "set certificates=external");
  }
  const problem = proxyDefaultsProblem(options.proxyDefaults, image);
  if (problem !== undefined) add("proxyDefaults", problem);
  for (const subnet of options.adminFrom) {
    if (!CIDR.test(subnet)) add("adminFrom", `${quote(subnet)} is no subnet`, "10.0.0.0/24");
  }
  return problems;
}

/** Its form only; the API server knows what an address is. */
const CIDR = /^[0-9a-fA-F:.]+\/\d{1,3}$/;

function proxyDefaultsProblem(defaults: Texts, image: string): string | undefined {
  const read = readDefaults(defaults, defaultInjectOptions(image, "wss://localhost:1"));
  return "problem" in read ? read.problem : undefined;
}
