/** A `Cluster` over the client of `kube/`: bounds each request, and words its failures. */
import type { Duplex } from "node:stream";
import { ProgramError } from "../../base/program.ts";
import type { Timers } from "../../base/timers.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import { KubeError, OWN_REASONS } from "../../kube/kube-error.ts";
import type { KubeObject, KubeResource } from "../../kube/kube-object.ts";
import { readPages } from "../../kube/read-all.ts";
import { EVERYTHING, type Selection } from "../../kube/selection.ts";
import { getOver, type HttpAnswer, HttpError } from "../api/http.ts";
import { printable } from "../output/printable.ts";
import { CLI_FIELD_MANAGER, type Cluster, ClusterError, type PodDoor } from "./cluster.ts";

/** One request, however large its answer: who asks sits in front of a terminal. */
const REQUEST_MS_MAX = 60_000;
/** What no answer begins within is taken to be unreachable. */
export const ANSWER_MS_MAX = 10_000;

export interface KubeClusterOptions {
  readonly client: KubeClient;
  readonly context: string;
  readonly server: string;
  readonly namespace: string;
  readonly timers: Timers;
  /** Ends whatever is under way. */
  readonly stop: AbortSignal;
  /** Rejects with a `KubeError`. */
  forward(door: PodDoor, signal: AbortSignal): Promise<Duplex>;
  close(): void;
}

export class KubeCluster implements Cluster {
  readonly context: string;
  readonly server: string;
  readonly namespace: string;
  readonly #options: KubeClusterOptions;

  constructor(options: KubeClusterOptions) {
    this.#options = options;
    this.context = options.context;
    this.server = options.server;
    this.namespace = options.namespace;
  }

  get(path: string): Promise<unknown> {
    return this.#ask(ANSWER_MS_MAX, (client, signal) => client.get(path, signal));
  }

  async find(path: string): Promise<unknown> {
    return await orUndefined(this.get(path));
  }

  async list(
    resource: KubeResource,
    selection: Selection = EVERYTHING,
  ): Promise<readonly KubeObject[] | undefined> {
    const reading = this.#ask(REQUEST_MS_MAX, (client, signal) =>
      readPages({ client, resource, selection }, "newest", signal),
    );
    const read = await orUndefined(reading);
    return read === undefined ? undefined : [...read.objects.values()];
  }

  create(path: string, object: object): Promise<unknown> {
    return this.#ask(REQUEST_MS_MAX, (client, signal) => client.create(path, object, signal));
  }

  apply(
    path: string,
    object: object,
    options: { readonly dryRun?: boolean } = {},
  ): Promise<unknown> {
    return this.#ask(REQUEST_MS_MAX, (client, signal) =>
      client.apply(path, object, CLI_FIELD_MANAGER, signal, options),
    );
  }

  patch(path: string, patch: readonly object[]): Promise<unknown> {
    return this.#ask(REQUEST_MS_MAX, (client, signal) => client.patch(path, patch, signal));
  }

  async delete(path: string, options: object = {}): Promise<boolean> {
    const deleting = this.#ask(REQUEST_MS_MAX, async (client, signal) => {
      await client.delete(path, signal, options);
      return true;
    });
    return (await orUndefined(deleting)) ?? false;
  }

  askPod({ namespace, pod, port }: PodDoor, path: string, isLocal: boolean): Promise<string> {
    const pods = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
    const door = `${pods}/${encodeURIComponent(`${pod}:${port}`)}/proxy${path}`;
    const headers = isLocal ? { host: "localhost" } : {};
    return this.#ask(ANSWER_MS_MAX, (client, signal) => client.text(door, signal, headers));
  }

  askWithinPod(door: PodDoor, path: string): Promise<HttpAnswer> {
    return this.#ask(REQUEST_MS_MAX, async (_client, signal) => {
      const stream = await this.#options.forward(door, signal);
      try {
        return await getOver(stream, path);
      } catch (cause) {
        if (!(cause instanceof HttpError)) throw cause;
        const { namespace, pod, port } = door;
        const message = `port ${port} of pod ${namespace}/${pod}: ${cause.message}`;
        throw new KubeError({ status: 0, reason: OWN_REASONS.unreachable, message, cause });
      } finally {
        stream.destroy();
      }
    });
  }

  close(): void {
    this.#options.close();
  }

  async #ask<T>(
    withinMs: number,
    ask: (client: KubeClient, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { client, timers, stop } = this.#options;
    const limit = new AbortController();
    const timer = timers.set(withinMs, () => limit.abort());
    try {
      return await ask(client, AbortSignal.any([limit.signal, stop]));
    } catch (cause) {
      if (cause instanceof ClusterError) throw cause;
      if (stop.aborted) throw new ProgramError("stopped");
      if (limit.signal.aborted) throw this.#silent(withinMs, cause);
      throw this.#explain(cause);
    } finally {
      timers.clear(timer);
    }
  }

  #silent(withinMs: number, cause: unknown): ClusterError {
    const detail = `the API server at ${this.server} did not answer within ${withinMs / 1000} s`;
    return new ClusterError({
      status: 0,
      reason: OWN_REASONS.silent,
      detail,
      advice: this.#checkServer(),
      cause,
    });
  }

  #explain(cause: unknown): unknown {
    if (!(cause instanceof KubeError)) {
      // A kubeconfig whose helper program fails says so in words of its own.
      const text = cause instanceof Error ? cause.message : String(cause);
      const detail = printable(`the credentials of context ${this.context} do not work: ${text}`);
      return new ClusterError({ status: 0, reason: "", detail, advice: "", cause });
    }
    const { status, reason } = cause;
    const detail = printable(cause.message);
    return new ClusterError({ status, reason, detail, advice: this.#advice(cause), cause });
  }

  #advice({ status }: KubeError): string {
    if (status === 0) return this.#checkServer();
    if (status === 401) return `the credentials of context ${this.context} are not accepted`;
    if (status === 403) return `ask for the right, or use another context than ${this.context}`;
    return "";
  }

  #checkServer(): string {
    return `is this the right context? It is ${this.context}; --context names another`;
  }
}

/** Undefined where it is not there. */
async function orUndefined<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ClusterError && error.status === 404) return undefined;
    throw error;
  }
}
