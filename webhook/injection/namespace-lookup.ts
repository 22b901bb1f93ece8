/**
 * What the namespaces of a cluster say of injection. It is followed, so that a pod waits for
 * nobody; a namespace that is not known yet is asked for. While nothing can be followed, what was
 * known last goes on to count: the age is in the metrics of the informer.
 */
import type { Clock } from "../../base/clock.ts";
import type { NamespaceFacts } from "../../inject/decide-injection.ts";
import { type Fields, mapAt, type Texts } from "../../inject/pod.ts";
import type { Informer } from "../../kube/informer.ts";
import { KubeError } from "../../kube/kube-error.ts";
import { collectionPath, type KubeResource } from "../../kube/kube-object.ts";
import type { Selection } from "../../kube/selection.ts";
import type { LookUp } from "../look-up.ts";

export const NAMESPACES: KubeResource = {
  ...{ group: "", version: "v1", kind: "Namespace", plural: "namespaces" },
};

export const NAMESPACE_SELECTION: Selection = { metadataOnly: true };

export const NAMESPACE_LIMITS = {
  /** A pod waits for it. */
  timeoutMs: 1_000,
  askedAtOnceMax: 64,
  /** Remembered of those that the informer does not know; the watch brings the others. */
  keptMax: 1_000,
  keptMs: 5_000,
} as const;

interface Kept {
  readonly facts: NamespaceFacts;
  readonly untilMs: number;
}

export interface NamespaceLookupOptions {
  readonly informer: Informer;
  readonly lookUp: LookUp;
  readonly clock: Clock;
}

export class NamespaceLookup {
  readonly #options: NamespaceLookupOptions;
  readonly #followed = new Map<string, NamespaceFacts>();
  readonly #kept = new Map<string, Kept>();

  constructor(options: NamespaceLookupOptions) {
    this.#options = options;
    options.informer.subscribe(({ before, after }) => {
      if (after !== undefined) this.#followed.set(after.name, readFacts(after.name, after.raw));
      else if (before !== undefined) this.#followed.delete(before.name);
    });
  }

  get size(): number {
    return this.#followed.size;
  }

  /** Undefined when it has to be asked for. */
  find(name: string): NamespaceFacts | undefined {
    const followed = this.#followed.get(name);
    if (followed !== undefined) return followed;
    const kept = this.#kept.get(name);
    if (kept === undefined || kept.untilMs <= this.#options.clock.nowMs()) return undefined;
    return kept.facts;
  }

  /** Throws `KubeError` when the API server does not say. */
  async ask(name: string): Promise<NamespaceFacts> {
    const path = `${collectionPath(NAMESPACES)}/${encodeURIComponent(name)}`;
    const facts = readFacts(name, await this.#read(path));
    this.#keep(facts);
    return facts;
  }

  /** Nobody can make a pod in a namespace that is not there: nothing is asked for in it. */
  async #read(path: string): Promise<unknown> {
    try {
      return await this.#options.lookUp.metadata(path);
    } catch (cause) {
      if (cause instanceof KubeError && cause.status === 404) return {};
      throw cause;
    }
  }

  #keep(facts: NamespaceFacts): void {
    const kept = this.#kept;
    kept.delete(facts.name);
    const { keptMs, keptMax } = NAMESPACE_LIMITS;
    kept.set(facts.name, { facts, untilMs: this.#options.clock.nowMs() + keptMs });
    const [oldest] = kept.keys();
    if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
  }
}

function readFacts(name: string, object: unknown): NamespaceFacts {
  const metadata = mapAt({ object }, "object").metadata;
  const fields = mapAt({ metadata }, "metadata");
  return { name, labels: textsAt(fields, "labels"), annotations: textsAt(fields, "annotations") };
}

function textsAt(fields: Fields, key: string): Texts {
  const texts = Object.entries(mapAt(fields, key)).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(texts);
}
