/** An informer at work on a real API server, what it was told, and what it asked. */
import { systemClock, systemTimers } from "../../../base/platform/system.ts";
import { createSeededRandom } from "../../../base/random.ts";
import { Informer, type InformerOptions, type ReadReason } from "../../../kube/informer.ts";
import { KubeClient } from "../../../kube/kube-client.ts";
import type { KubeObject } from "../../../kube/kube-object.ts";
import type { Transport } from "../../../kube/transport.ts";
import { TappedTransport } from "./tapped-transport.ts";

export class FollowedKind {
  readonly transport: TappedTransport;
  readonly informer: Informer;
  readonly reads: ReadReason[] = [];
  readonly failures: string[] = [];
  /** `+a`, `~a`, `-a` with names, in order. */
  readonly told: string[] = [];
  readonly objects = new Map<string, KubeObject>();

  constructor(
    way: Transport,
    options: Pick<InformerOptions, "versions"> & Partial<InformerOptions>,
  ) {
    this.transport = new TappedTransport(way);
    this.informer = new Informer({
      client: new KubeClient({ transport: this.transport, timers: systemTimers }),
      clock: systemClock,
      timers: systemTimers,
      random: createSeededRandom(7),
      observer: {
        read: (_resource, reason) => this.reads.push(reason),
        watched: () => {},
        failed: (_resource, reason) => this.failures.push(reason),
        changed: () => {},
        listenerFailed: (_resource, cause) => this.failures.push(String(cause)),
      },
      stateChanged: () => {},
      ...options,
    });
    this.informer.subscribe(({ before, after }) => {
      if (after === undefined) {
        this.told.push(`-${before?.name}`);
        this.objects.delete(before?.key ?? "");
      } else {
        this.told.push(`${before === undefined ? "+" : "~"}${after.name}`);
        this.objects.set(after.key, after);
      }
    });
    this.informer.start();
  }

  get names(): readonly string[] {
    return [...this.objects.values()].map(({ name }) => name).sort();
  }
}
