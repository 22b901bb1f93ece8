/**
 * What holds for all pods: flags, and over them the defaults file, which may change meanwhile. A
 * file with a mistake changes nothing. The webhook injects by it, and the operator finds by it what
 * was missed.
 */
import type { InjectionPolicy } from "./decide-injection.ts";
import type { Texts } from "./pod.ts";
import { readDefaults } from "./read-defaults.ts";

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

  /** Options by their names, or what is wrong with the file that they were to be in. */
  take(given: Texts | string): void {
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
