/** What the three shells' scripts are written from: verbs and their lines, without behaviour. */
import { type CommandSpec, type Flag, type Positional, valueName } from "../../base/flags.ts";

export interface CompletedVerb {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly CompletedFlag[];
  /** What may stand at each place; the last may repeat. */
  readonly places: readonly CompletedPlace[];
}

export interface CompletedFlag {
  readonly name: string;
  /** Empty when it has none. */
  readonly short: string;
  readonly help: string;
  /** False for a switch. */
  readonly takesValue: boolean;
  /** What stands for the value in help. */
  readonly valueName: string;
  readonly value: CompletedValue;
  readonly repeatable: boolean;
}

export interface CompletedPlace {
  readonly name: string;
  readonly value: CompletedValue;
  readonly repeatable: boolean;
}

/** Words of a closed set, a path, or something that only the user knows. */
export type CompletedValue =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "files" }
  | { readonly kind: "folders" }
  | { readonly kind: "free" };

const FREE: CompletedValue = { kind: "free" };

export function describeVerb(spec: CommandSpec): CompletedVerb {
  const flags = Object.entries(spec.flags)
    .filter(([, flag]) => flag.hidden !== true)
    .map(([name, flag]) => describeFlag(name, flag));
  flags.push({
    name: "help",
    short: "h",
    help: "show help",
    takesValue: false,
    valueName: "",
    value: FREE,
    repeatable: false,
  });
  return {
    name: spec.name,
    summary: spec.summary,
    flags,
    places: (spec.positionals ?? []).map(describePlace),
  };
}

function describeFlag(name: string, flag: Flag): CompletedFlag {
  return {
    name,
    short: flag.short ?? "",
    help: flag.help,
    takesValue: flag.kind !== "boolean",
    valueName: valueName(flag),
    value: completedValue(flag),
    repeatable: flag.repeatable === true,
  };
}

function completedValue(flag: Flag): CompletedValue {
  if (flag.kind === "enum") return { kind: "words", words: flag.values };
  if (flag.kind === "string" && flag.completes !== undefined) return { kind: flag.completes };
  return FREE;
}

function describePlace(place: Positional): CompletedPlace {
  let value = FREE;
  const words = place.values ?? place.suggests;
  if (words !== undefined) value = { kind: "words", words };
  else if (place.completes !== undefined) value = { kind: place.completes };
  return { name: place.name, value, repeatable: place.repeatable === true };
}
