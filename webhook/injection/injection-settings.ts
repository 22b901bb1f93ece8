/**
 * What holds for all pods: the flags of the webhook, and over them the defaults file, which may
 * change while it runs. A file with a mistake changes nothing.
 */
import { isRecord } from "../../base/shape.ts";
import { parseYaml } from "../../crds/parse-yaml.ts";
import { readYamlValue } from "../../crds/yaml-value.ts";
import type { InjectionPolicy } from "../../inject/decide-injection.ts";
import type { Texts } from "../../inject/pod.ts";
import { readDefaults } from "../../inject/read-defaults.ts";

export interface SettingsObserver {
  taken(): void;
  refused(problem: string): void;
}

export class InjectionSettings {
  readonly #flags: InjectionPolicy;
  readonly #observer: SettingsObserver;
  #policy: InjectionPolicy;
  #problem = "";

  constructor(flags: InjectionPolicy, observer: SettingsObserver) {
    this.#flags = flags;
    this.#observer = observer;
    this.#policy = flags;
  }

  get policy(): InjectionPolicy {
    return this.#policy;
  }

  /** What is wrong with the file as it stands; empty when nothing is. */
  get problem(): string {
    return this.#problem;
  }

  /** `text` is YAML: a map from names of options to their values. */
  take(text: string): void {
    const given = parseDefaults(text);
    const read =
      typeof given === "string" ? { problem: given } : readDefaults(given, this.#flags.defaults);
    if ("problem" in read) {
      this.refuse(read.problem);
      return;
    }
    this.#problem = "";
    this.#policy = { ...this.#flags, defaults: read.options };
    this.#observer.taken();
  }

  /** What held before goes on to hold. */
  refuse(problem: string): void {
    this.#problem = problem;
    this.#observer.refused(problem);
  }
}

/** Or what is wrong with it. */
function parseDefaults(text: string): Texts | string {
  const document = parseYaml(text);
  if (typeof document === "string") return document;
  const [error] = document.errors;
  if (error !== undefined) return error.message;
  const read = readYamlValue(document);
  const [finding] = read?.findings ?? [];
  if (finding !== undefined) return finding.message;
  const value = read?.value ?? {};
  if (!isRecord(value)) return "is no map of options";
  const texts: Record<string, string> = {};
  for (const [name, option] of Object.entries(value)) {
    if (typeof option === "object") return `${name} has no plain value`;
    texts[name] = String(option);
  }
  return texts;
}
