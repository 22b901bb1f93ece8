/**
 * The operator of a cluster as one, whatever the number of its replicas. The one that leads knows
 * what the proxies of all hold; each knows its own proxies and what those reported.
 */
import { EXIT, ProgramError } from "../../base/program.ts";
import type {
  AddressesAnswer,
  ObjectEntry,
  ObjectsAnswer,
  ProblemsAnswer,
  ProxiesAnswer,
  ResourceAnswer,
  ServicesAnswer,
  SessionsAnswer,
  StatsAnswer,
} from "../../mesh/operator-api.ts";
import {
  type ObjectsQuery,
  OperatorApi,
  type OperatorQueries,
  type ResourceQuery,
  type StatGrouping,
} from "../api/operator-api.ts";
import type { Cluster } from "./cluster.ts";
import { joinSessions } from "./join-sessions.ts";
import { listObjects } from "./list-objects.ts";
import { mergeStats } from "./merge-stats.ts";
import { findOperatorPods, type OperatorPod } from "./operator-pods.ts";
import { podGet } from "./pod-get.ts";

/** What the operator has to say of objects, or why it has nothing to. */
interface Said {
  readonly objects: readonly ObjectEntry[];
  readonly missing: string;
}

export class ClusterOperator implements OperatorQueries {
  readonly #cluster: Cluster;
  readonly #namespace: string;
  readonly #note: (text: string) => void;

  constructor(options: {
    readonly cluster: Cluster;
    readonly meshNamespace: string;
    /** Told what is missing in an answer that is given all the same. */
    readonly note: (text: string) => void;
  }) {
    this.#cluster = options.cluster;
    this.#namespace = options.meshNamespace;
    this.#note = options.note;
  }

  /** As the API server has them, with what only the operator knows where it can be asked. */
  async objects(query: ObjectsQuery): Promise<ObjectsAnswer> {
    // At the same time as the API server, which is asked whatever comes of this.
    const saying = this.#said(query);
    const note = this.#note;
    const known = saying.then(({ objects }) => objects);
    const objects = await listObjects(this.#cluster, query, { saying: known, note });
    const { missing } = await saying;
    if (missing !== "") this.#note(`what only the operator knows is missing: ${missing}`);
    return { objects };
  }

  async #said(query: ObjectsQuery): Promise<Said> {
    try {
      const { objects } = await (await this.#leader()).objects(query);
      return { objects, missing: "" };
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      return { objects: [], missing: error.message };
    }
  }

  async problems(): Promise<ProblemsAnswer> {
    return await (await this.#leader()).problems();
  }

  async services(namespace: string | undefined): Promise<ServicesAnswer> {
    return await (await this.#leader()).services(namespace);
  }

  /** The one that leads is told of the others' too; while none does, each knows its own. */
  async proxies(): Promise<ProxiesAnswer> {
    const pods = await this.#pods();
    const [first] = pods;
    if (first?.isLeading === true) return await this.#apiOf(first).proxies();
    const answers = await this.#ofAll((one) => one.proxies());
    const proxies = answers.flatMap((answer) => answer.proxies);
    const key = (one: (typeof proxies)[number]) => `${one.namespace}/${one.name}/${one.id}`;
    return { proxies: proxies.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)) };
  }

  async addresses(
    namespace: string | undefined,
    wanted: readonly string[],
  ): Promise<AddressesAnswer> {
    return await (await this.#leader()).addresses(namespace, wanted);
  }

  async stats(windowMs: number, by: StatGrouping): Promise<StatsAnswer> {
    return mergeStats(await this.#ofAll((one) => one.stats(windowMs, by)), windowMs);
  }

  async sessions(pod: {
    readonly namespace: string;
    readonly name: string;
  }): Promise<SessionsAnswer> {
    return joinSessions(await this.#ofThoseThatAnswer((one) => one.sessions(pod)));
  }

  async resource(query: ResourceQuery): Promise<ResourceAnswer> {
    return await (await this.#leader()).resource(query);
  }

  async metrics(): Promise<string> {
    return await (await this.#leader()).metrics();
  }

  /** With the pod that says so. */
  async version(): Promise<{ readonly version: string; readonly pod: string }> {
    const [first] = await this.#pods();
    if (first === undefined) throw this.#nobody();
    const version = await this.#apiOf(first).version();
    return { version, pod: `${this.#namespace}/${first.name}` };
  }

  /** The one that leads, or any other that is ready. */
  async #leader(): Promise<OperatorApi> {
    const [first] = await this.#someReplicas();
    return first;
  }

  async #ofAll<T>(ask: (one: OperatorApi) => Promise<T>): Promise<readonly T[]> {
    return await Promise.all((await this.#someReplicas()).map(ask));
  }

  /** Throws when none does. */
  async #ofThoseThatAnswer<T>(ask: (one: OperatorApi) => Promise<T>): Promise<readonly T[]> {
    const outcomes = await Promise.allSettled((await this.#someReplicas()).map(ask));
    const answers: T[] = [];
    const failures: ProgramError[] = [];
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") answers.push(outcome.value);
      else if (outcome.reason instanceof ProgramError) failures.push(outcome.reason);
      else throw outcome.reason;
    }
    const [first] = failures;
    if (first !== undefined && answers.length === 0) throw first;
    for (const { message } of failures) this.#note(`one operator does not answer: ${message}`);
    return answers;
  }

  async #someReplicas(): Promise<readonly [OperatorApi, ...OperatorApi[]]> {
    const [first, ...others] = (await this.#pods()).map((pod) => this.#apiOf(pod));
    if (first === undefined) throw this.#nobody();
    return [first, ...others];
  }

  /** Those that are ready, the one that leads first. */
  async #pods(): Promise<readonly OperatorPod[]> {
    const pods = await findOperatorPods(this.#cluster, this.#namespace);
    return pods.filter(({ isReady }) => isReady);
  }

  #apiOf({ name: pod, adminPort: port }: OperatorPod): OperatorApi {
    const namespace = this.#namespace;
    const get = podGet(this.#cluster, { namespace, pod, port });
    return new OperatorApi(get, { host: pod, port }, `in pod ${namespace}/${pod}`);
  }

  #nobody(): ProgramError {
    const { context } = this.#cluster;
    return new ProgramError(
      `no operator is ready in namespace ${this.#namespace} of the cluster (context ${context}); ` +
        '"heddle check" tells what is wrong, "heddle install" prints what to apply where it was ' +
        "never installed, --mesh-namespace names another namespace",
      EXIT.unavailable,
    );
  }
}
