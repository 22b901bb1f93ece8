/** An informer of pods over an API server in memory, where time is moved by hand. */
import { createSeededRandom } from "../../base/random.ts";
import { ManualTimers } from "../../base/timers.ts";
import { Informer, type ReadReason } from "../../kube/informer.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import type { KubeResource } from "../../kube/kube-object.ts";
import type { Selection } from "../../kube/selection.ts";
import { FakeApiServer, type FakeObject } from "./fake-api-server.ts";

export const PODS: KubeResource = { group: "", version: "v1", kind: "Pod", plural: "pods" };
export const PODS_PATH = "/api/v1/pods";

export class InformerScene {
  readonly timers = new ManualTimers();
  readonly server = new FakeApiServer(this.timers);
  /** `+a`, `~a`, `-a` with names, in order. */
  readonly told: string[] = [];
  readonly reads: ReadReason[] = [];
  readonly failures: string[] = [];
  readonly states: string[] = [];
  listenerFailures = 0;
  informer: Informer;

  constructor() {
    this.server.serve(PODS_PATH);
    this.informer = this.create([PODS]);
  }

  create(
    versions: readonly [KubeResource, ...KubeResource[]],
    selection: Selection = {},
    isBuiltIn = false,
  ): Informer {
    const { timers, server, told, reads, failures, states } = this;
    const created = new Informer({
      client: new KubeClient({ transport: server, timers }),
      ...{ versions, selection, isBuiltIn, clock: timers.clock, timers },
      random: createSeededRandom(7),
      observer: {
        read: (_resource, reason) => reads.push(reason),
        watched: () => {},
        failed: (_resource, reason) => failures.push(reason),
        changed: (_resource, state, message) => states.push(`${state} ${message}`.trim()),
        listenerFailed: () => {
          this.listenerFailures += 1;
        },
      },
      stateChanged: () => {},
    });
    created.subscribe(({ before, after }) => {
      if (before === undefined) told.push(`+${after?.name}`);
      else told.push(after === undefined ? `-${before.name}` : `~${after.name}`);
    });
    return created;
  }

  /** Another one takes the place of the one that was there. */
  async exchange(...args: Parameters<InformerScene["create"]>): Promise<void> {
    await this.informer.stop();
    this.informer = this.create(...args);
  }

  async start(): Promise<void> {
    this.informer.start();
    await this.settle();
  }

  /** Everything is in memory: when the loop turns, all that could go on has gone on. */
  settle(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  async pass(durationMs: number, stepMs = 250): Promise<void> {
    await this.settle();
    for (let passedMs = 0; passedMs < durationMs; passedMs += stepMs) {
      this.timers.advance(Math.min(stepMs, durationMs - passedMs));
      await this.settle();
    }
  }

  get watches() {
    return this.server.requests.filter(({ query }) => query.get("watch") === "true");
  }

  get lists() {
    return this.server.requests.filter(({ query }) => query.get("watch") !== "true");
  }
}

export function pod(name: string, metadata: object = {}): FakeObject {
  return { metadata: { name, namespace: "shop", ...metadata } };
}
