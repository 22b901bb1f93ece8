/**
 * What an option of an installation may be. One table of these makes the parser of `--set`, the
 * schema of the Helm chart's values and a page of the documentation, so that none of them can tell
 * a different story.
 */
import type { Fields, Texts } from "../inject/pod.ts";

interface OptionBase {
  /** What it does: no capital, no full stop, the default is added by itself. */
  readonly help: string;
}

export interface TextOption extends OptionBase {
  readonly kind: "text";
  /** Null: nothing is said, and the help tells what that means. */
  readonly default: string | null;
  readonly pattern?: RegExp;
  /** What the pattern wants, for people: `a label of DNS`. */
  readonly meaning?: string;
}

export interface WordOption extends OptionBase {
  readonly kind: "word";
  readonly values: readonly string[];
  readonly default: string | null;
}

export interface NumberOption extends OptionBase {
  readonly kind: "number";
  readonly min: number;
  readonly max: number;
  readonly default: number | null;
}

export interface FlagOption extends OptionBase {
  readonly kind: "flag";
  readonly default: boolean;
}

/** Texts; with `--set` separated by commas. None unless given. */
export interface ListOption extends OptionBase {
  readonly kind: "list";
}

/** Text by text; with `--set`, one entry each: `nodeSelector.disk=ssd`. None unless given. */
export interface MapOption extends OptionBase {
  readonly kind: "map";
}

/** Objects of Kubernetes's own; with `--set` as JSON. None unless given. */
export interface ObjectsOption extends OptionBase {
  readonly kind: "objects";
}

export type Option =
  | TextOption
  | WordOption
  | NumberOption
  | FlagOption
  | ListOption
  | MapOption
  | ObjectsOption;

export type OptionTable = Readonly<Record<string, Option>>;

type Chosen<O extends Option> = O extends { kind: "word"; values: readonly (infer V)[] }
  ? V
  : O extends { kind: "number" }
    ? number
    : O extends { kind: "flag" }
      ? boolean
      : O extends { kind: "list" }
        ? readonly string[]
        : O extends { kind: "map" }
          ? Texts
          : O extends { kind: "objects" }
            ? readonly Fields[]
            : string;

type OptionValue<O extends Option> = O extends { default: null } ? Chosen<O> | null : Chosen<O>;

export type OptionValues<T extends OptionTable> = {
  readonly [Name in keyof T]: OptionValue<T[Name]>;
};

/** Keeps the literal types of a table, so that its values are typed. */
export function defineOptions<const T extends OptionTable>(table: T): T {
  return table;
}

/** What holds where nothing was chosen. */
export function defaultOf(option: Option): unknown {
  switch (option.kind) {
    case "list":
    case "objects":
      return [];
    case "map":
      return {};
    default:
      return option.default;
  }
}
