/** The injecting half of the webhook beside an API server in memory, on a clock of the test's. */
import { type LogFields, silentLog } from "../../base/log.ts";
import { createSeededRandom } from "../../base/random.ts";
import { ManualTimers } from "../../base/timers.ts";
import type { InjectionPolicy } from "../../inject/decide-injection.ts";
import { SAMPLE_POLICY } from "../../inject/sample-pod.ts";
import { EventRecorder } from "../../kube/events.ts";
import { Informer } from "../../kube/informer.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import { InjectionNews } from "../../webhook/injection/injection-news.ts";
import { Injector } from "../../webhook/injection/injector.ts";
import {
  NAMESPACE_LIMITS,
  NAMESPACE_SELECTION,
  NAMESPACES,
  NamespaceLookup,
} from "../../webhook/injection/namespace-lookup.ts";
import { OWNER_LIMITS, OwnerLookup } from "../../webhook/injection/owner-lookup.ts";
import { LookUp, type LookUpOutcome } from "../../webhook/look-up.ts";
import { FakeApiServer } from "./fake-api-server.ts";

export const NAMESPACES_PATH = "/api/v1/namespaces";
export const EVENTS_PATH = "/apis/events.k8s.io/v1/events";
export const REPLICA_SETS_PATH = "/apis/apps/v1/replicasets";
export const JOBS_PATH = "/apis/batch/v1/jobs";

export class InjectionScene {
  readonly timers = new ManualTimers();
  readonly server = new FakeApiServer(this.timers);
  readonly counted: string[] = [];
  readonly lookUps: LookUpOutcome[] = [];
  readonly logged: { readonly message: string; readonly fields: LogFields | undefined }[] = [];
  readonly informer: Informer;
  readonly namespaces: NamespaceLookup;
  readonly owners: OwnerLookup;
  readonly recorder: EventRecorder;
  readonly injector: Injector;
  policy: InjectionPolicy = SAMPLE_POLICY;

  constructor() {
    const { timers, server } = this;
    const { clock } = timers;
    for (const path of [NAMESPACES_PATH, EVENTS_PATH, REPLICA_SETS_PATH, JOBS_PATH]) {
      server.serve(path);
    }
    const client = new KubeClient({ transport: server, timers });
    const shared = { client, clock, timers, random: createSeededRandom(3) };
    const nothing = () => {};
    const quiet = { read: nothing, watched: nothing, failed: nothing, listenerFailed: nothing };
    this.informer = new Informer({
      ...shared,
      ...{ versions: [NAMESPACES], selection: NAMESPACE_SELECTION, isBuiltIn: true },
      ...{ observer: quiet, stateChanged: nothing },
    });
    const ended = (outcome: LookUpOutcome) => this.lookUps.push(outcome);
    const lookUp = (timeoutMs: number, atOnceMax: number) =>
      new LookUp({ client, timers, timeoutMs, atOnceMax, ended });
    this.namespaces = new NamespaceLookup({
      informer: this.informer,
      lookUp: lookUp(NAMESPACE_LIMITS.timeoutMs, NAMESPACE_LIMITS.askedAtOnceMax),
      clock,
    });
    const { timeoutMs, patientTimeoutMs, askedAtOnceMax } = OWNER_LIMITS;
    this.owners = new OwnerLookup({
      hurried: lookUp(timeoutMs, askedAtOnceMax),
      patient: lookUp(patientTimeoutMs, askedAtOnceMax),
      clock,
    });
    this.recorder = new EventRecorder({
      ...shared,
      ...{ controller: "heddle.mesh/webhook", instance: "one" },
      ...{ dropped: nothing, failed: nothing },
    });
    this.injector = new Injector({
      ...{ namespaces: this.namespaces, owners: this.owners, clock },
      policy: () => this.policy,
      news: new InjectionNews({ owners: this.owners, recorder: this.recorder }),
      observer: { injected: (outcome, reason) => this.counted.push(`${outcome} ${reason}`.trim()) },
      log: {
        ...silentLog,
        error: (message, fields) => void this.logged.push({ message, fields }),
      },
    });
  }

  putNamespace(name: string, annotations: Readonly<Record<string, string>>, labels = {}): void {
    this.server.put(NAMESPACES_PATH, { metadata: { name, annotations, labels } });
  }

  async start(): Promise<void> {
    this.informer.start();
    await this.settle();
  }

  /** Everything is in memory: when the loop turns, all that could go on has gone on. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    this.timers.advance(0);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  async stop(): Promise<void> {
    await this.recorder.stop();
    await this.informer.stop();
  }

  events(): readonly {
    readonly regarding: object;
    readonly reason: string;
    readonly note: string;
  }[] {
    return this.server.objects(EVENTS_PATH) as never;
  }
}
