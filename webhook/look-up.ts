/**
 * Questions to the API server that a pod waits for: bounded in time and number, and asked once
 * however many pods want the answer. Whoever cannot be answered in time has to do without.
 */
import type { Timers } from "../base/timers.ts";
import type { KubeClient } from "../kube/kube-client.ts";
import { KubeError, OWN_REASONS } from "../kube/kube-error.ts";

export type LookUpOutcome = "found" | "absent" | "failed" | "crowded";

export interface LookUpOptions {
  readonly client: KubeClient;
  readonly timers: Timers;
  readonly timeoutMs: number;
  readonly atOnceMax: number;
  readonly ended: (outcome: LookUpOutcome) => void;
}

export class LookUp {
  readonly #options: LookUpOptions;
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(options: LookUpOptions) {
    this.#options = options;
  }

  /** The object at the path, or as much of it as its metadata. Throws `KubeError`. */
  metadata(path: string): Promise<unknown> {
    const underWay = this.#underWay.get(path);
    if (underWay !== undefined) return underWay;
    const { atOnceMax, ended } = this.#options;
    if (this.#underWay.size >= atOnceMax) {
      ended("crowded");
      const message = `${atOnceMax} questions to the API server are under way already`;
      return Promise.reject(new KubeError({ status: 0, reason: OWN_REASONS.silent, message }));
    }
    const asking = this.#ask(path).finally(() => this.#underWay.delete(path));
    this.#underWay.set(path, asking);
    return asking;
  }

  async #ask(path: string): Promise<unknown> {
    const { client, timers, timeoutMs, ended } = this.#options;
    const abort = new AbortController();
    const timer = timers.set(timeoutMs, () => abort.abort());
    try {
      const found = await client.get(path, abort.signal, { metadataOnly: true });
      ended("found");
      return found;
    } catch (cause) {
      const isAbsent = cause instanceof KubeError && cause.status === 404;
      ended(isAbsent ? "absent" : "failed");
      if (!abort.signal.aborted) throw cause;
      const message = `the API server did not answer within ${timeoutMs} ms`;
      throw new KubeError({ status: 0, reason: OWN_REASONS.silent, message, cause });
    } finally {
      timers.clear(timer);
    }
  }
}
