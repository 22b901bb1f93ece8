/** What pods and nodes say of endpoints, gathered so that a rollout is one look at its services. */
import type { TimerHandle, Timers } from "../../../base/timers.ts";
import { spiffeId } from "../../../mesh/spiffe-id.ts";
import type { EndpointFacts, Standing } from "../slices/endpoint-facts.ts";
import type { Cluster } from "./cluster.ts";
import type { PodFacts } from "./pods.ts";

/** As long as objects wait for others. */
const TELL_DELAY_MS = 10;

const NOBODY: Standing = { proxied: false, identity: "" };

type Listener = Parameters<EndpointFacts["subscribe"]>[0];

export class ClusterFacts implements EndpointFacts {
  readonly serviceUid: EndpointFacts["serviceUid"];
  readonly #cluster: Cluster;
  readonly #timers: Timers;
  readonly #trustDomain: string;
  readonly #targetUids = new Set<string>();
  readonly #nodes = new Set<string>();
  readonly #listeners = new Set<Listener>();
  #timer: TimerHandle | undefined;

  constructor(options: {
    readonly cluster: Cluster;
    readonly serviceUid: EndpointFacts["serviceUid"];
    readonly trustDomain: string;
    readonly timers: Timers;
  }) {
    this.#cluster = options.cluster;
    this.#timers = options.timers;
    this.#trustDomain = options.trustDomain;
    this.serviceUid = options.serviceUid;
    this.#cluster.pods.subscribe(({ before, after }) => {
      if (saysTheSame(before, after)) return;
      for (const pod of [before, after]) if (pod !== undefined) this.#targetUids.add(pod.uid);
      this.#schedule();
    });
    this.#cluster.nodes.subscribe((node) => {
      this.#nodes.add(node);
      this.#schedule();
    });
    // It may be synced now.
    this.#cluster.subscribe(() => this.#schedule());
  }

  standingOf(targetUid: string): Standing {
    const pod = this.#cluster.pods.podOf(targetUid);
    if (pod?.isProxied !== true) return NOBODY;
    const { namespace, serviceAccount } = pod;
    const trustDomain = this.#trustDomain;
    return { proxied: true, identity: spiffeId({ trustDomain, namespace, serviceAccount }) };
  }

  zoneOf(node: string): string {
    return this.#cluster.nodes.zoneOf(node);
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#timers.clear(this.#timer);
    this.#timer = undefined;
    this.#listeners.clear();
  }

  #schedule(): void {
    if (this.#listeners.size === 0) return;
    this.#timer ??= this.#timers.set(TELL_DELAY_MS, () => {
      this.#timer = undefined;
      const changed = { targetUids: [...this.#targetUids], nodes: [...this.#nodes] };
      this.#targetUids.clear();
      this.#nodes.clear();
      for (const listener of this.#listeners) listener(changed);
    });
  }
}

/** As far as endpoints go: their pods tell of their health all the time. */
function saysTheSame(before: PodFacts | undefined, after: PodFacts | undefined): boolean {
  return (
    before?.uid === after?.uid &&
    before?.isProxied === after?.isProxied &&
    before?.serviceAccount === after?.serviceAccount
  );
}
