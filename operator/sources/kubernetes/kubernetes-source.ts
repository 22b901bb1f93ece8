/**
 * The objects of a cluster as an `ObjectSource`: an informer for each kind, and the same reading of
 * objects as anywhere else. An edit that is not accepted leaves the version before it in force.
 */
import type { Clock } from "../../../base/clock.ts";
import type { Random } from "../../../base/random.ts";
import type { TimerHandle, Timers } from "../../../base/timers.ts";
import { NOWHERE, readKnownFields } from "../../../crds/read-known-fields.ts";
import type { ObjectIdentity, ReadOptions } from "../../../crds/read-object.ts";
import type { JsonValue } from "../../../crds/yaml-value.ts";
import { INFORMER_LIMITS, Informer, type InformerObserver } from "../../../kube/informer.ts";
import type { KubeClient } from "../../../kube/kube-client.ts";
import type { KubeObject, KubeResource } from "../../../kube/kube-object.ts";
import type { ObjectChange } from "../../../kube/object-store.ts";
import { EVERYTHING } from "../../../kube/selection.ts";
import type { IntentObject } from "../../../mesh/intent.ts";
import type { Problem } from "../../../mesh/problem.ts";
import type { RevisionStore } from "../../state/revision-store.ts";
import type { AcceptedVersion } from "../../state/revision-writer.ts";
import type { EndpointSourceHealth } from "../endpoint-source.ts";
import { type ObjectId, type ObjectSource, objectId, type SourceObject } from "../object-source.ts";
import { kindProblem } from "./kind-problem.ts";
import { type Newest, VersionsInForce } from "./versions-in-force.ts";
import { type WatchedKind, watchedKinds } from "./watched-kinds.ts";

/** Changes closer together than this are told at once: a rollout changes many objects. */
const TELL_DELAY_MS = 10;

/**
 * When all else has been read, a foreign kind that cannot be is waited for so long: what converts
 * its versions may be gone, and the mesh must not wait for that. Longer than its informer pauses.
 */
export const FOREIGN_WAIT_MS = 2 * INFORMER_LIMITS.retryMaxMs;

export interface KubernetesSourceOptions {
  readonly client: KubeClient;
  readonly readOptions: ReadOptions;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly observer: InformerObserver;
  /** What was accepted last of objects; nothing is kept over a restart where it is absent. */
  readonly kept?: RevisionStore;
  /** What is read of the cluster besides: what is wrong with it is told with the rest. */
  readonly beside?: {
    problems(): readonly Problem[];
    subscribe(listener: () => void): () => void;
  };
}

/** What stands in an object now beside what was wanted of it. */
interface Present {
  readonly uid: string;
  readonly version: string;
  readonly status: unknown;
}

interface KindInformer {
  readonly kind: WatchedKind;
  readonly informer: Informer;
}

export class KubernetesSource implements ObjectSource {
  readonly name = "kubernetes";
  readonly #options: KubernetesSourceOptions;
  readonly #kinds: readonly KindInformer[];
  readonly #objects = new Map<ObjectId, SourceObject>();
  readonly #present = new Map<ObjectId, Present>();
  readonly #inForce: VersionsInForce;
  readonly #listeners = new Set<(changed: readonly ObjectId[]) => void>();
  readonly #changed = new Set<ObjectId>();
  #timer: TimerHandle | undefined;
  #synced = false;
  #foreignTimer: TimerHandle | undefined;
  #waitsForForeign = true;
  #begun: (() => void) | undefined;

  constructor(options: KubernetesSourceOptions) {
    this.#options = options;
    const { kept, readOptions } = options;
    this.#inForce = new VersionsInForce({ kept, readOptions });
    this.#kinds = watchedKinds().map((kind) => ({ kind, informer: this.#createInformer(kind) }));
    options.beside?.subscribe(() => this.#schedule());
  }

  get informers(): readonly Informer[] {
    const { kept } = this.#options;
    const informers = this.#kinds.map(({ informer }) => informer);
    return kept === undefined ? informers : [...informers, kept.informer];
  }

  get synced(): boolean {
    return this.#synced;
  }

  /** Of the kinds that endpoints come from. */
  get health(): EndpointSourceHealth {
    const builtIn = this.#kinds.filter(({ kind }) => kind.isBuiltIn);
    const bad = builtIn.find(({ informer }) => informer.message !== "");
    return {
      synced: this.#synced,
      reachable: this.#synced && bad === undefined,
      heardAtWallMs: Math.min(...builtIn.map(({ informer }) => informer.heardAtWallMs)),
      message: bad?.informer.message ?? (this.#synced ? "" : "not everything has been read yet"),
    };
  }

  list(): Iterable<SourceObject> {
    return this.#objects.values();
  }

  get(id: ObjectId): SourceObject | undefined {
    return this.#objects.get(id);
  }

  resourceOf(id: ObjectId): KubeResource | undefined {
    const ofKind = ({ kind }: KindInformer) =>
      id.startsWith(`${kind.versions[0].group}/${kind.versions[0].kind}/`);
    return this.#kinds.find(ofKind)?.kind.versions[0];
  }

  /** What others, and we before, wrote into it. */
  presentStatus(id: ObjectId): unknown {
    return this.#present.get(id)?.status;
  }

  /** Of the object as it was seen last; empty when it is gone. */
  versionOf(id: ObjectId): string {
    return this.#present.get(id)?.version ?? "";
  }

  /** Empty when it is gone. */
  uidOf(id: ObjectId): string {
    return this.#present.get(id)?.uid ?? "";
  }

  /** What is to be kept of it. */
  acceptedOf(id: ObjectId): AcceptedVersion | undefined {
    return this.#inForce.get(id);
  }

  problems(): readonly Problem[] {
    const { kept } = this.#options;
    const revisions = kept === undefined ? [] : [{ informer: kept.informer, isRequired: false }];
    const kinds = this.#kinds.map(({ kind, informer }) => ({ informer, ...kind }));
    const own = [...kinds, ...revisions].flatMap((one) => kindProblem(one) ?? []);
    return [...own, ...(this.#options.beside?.problems() ?? [])];
  }

  subscribe(listener: (changed: readonly ObjectId[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when every kind was read, or was found not to be readable now. */
  async start(): Promise<void> {
    const begun = new Promise<void>((resolve) => {
      this.#begun = resolve;
    });
    this.#startKept();
    await begun;
  }

  /** What was accepted is known before anything that is refused is met. */
  #startKept(): void {
    const { kept } = this.#options;
    if (kept === undefined) {
      for (const { informer } of this.#kinds) informer.start();
      return;
    }
    kept.subscribe((changed) => this.#keptChanged(changed));
    const unsubscribe = kept.subscribeState(() => {
      if (kept.informer.state === "failing") this.#begun?.();
      if (!kept.isSettled) return;
      unsubscribe();
      for (const { informer } of this.#kinds) informer.start();
    });
    kept.start();
  }

  async stop(): Promise<void> {
    for (const timer of [this.#timer, this.#foreignTimer]) {
      if (timer !== undefined) this.#options.timers.clear(timer);
    }
    this.#timer = undefined;
    this.#listeners.clear();
    await this.#options.kept?.stop();
    await Promise.all(this.#kinds.map(({ informer }) => informer.stop()));
    this.#begun?.();
  }

  #createInformer({ versions, isBuiltIn, selection = EVERYTHING }: WatchedKind): Informer {
    const { client, clock, timers, random, observer } = this.#options;
    const stateChanged = (): void => this.#stateChanged();
    const shared = { client, clock, timers, random, observer };
    const informer = new Informer({ ...shared, versions, isBuiltIn, selection, stateChanged });
    informer.subscribe((change) => this.#take(versions[0], change));
    return informer;
  }

  #stateChanged(): void {
    const isRead = (one: KindInformer): boolean => this.#isRead(one);
    this.#synced ||= this.#kinds.every(isRead);
    if (this.#kinds.every(({ informer }) => informer.state !== "starting")) this.#begun?.();
    const isOwnRead = this.#kinds.filter(({ kind }) => kind.isRequired).every(isRead);
    if (isOwnRead && !this.#synced) {
      this.#foreignTimer ??= this.#options.timers.set(FOREIGN_WAIT_MS, () => {
        this.#waitsForForeign = false;
        this.#stateChanged();
      });
    }
    this.#schedule();
  }

  #isRead({ kind: { isBuiltIn, isRequired }, informer }: KindInformer): boolean {
    if (informer.isSettled || (!isBuiltIn && informer.state === "forbidden")) return true;
    return !isRequired && !this.#waitsForForeign && informer.state === "failing";
  }

  #take({ group, kind }: KubeResource, { before, after }: ObjectChange): void {
    const object = after ?? before;
    if (object === undefined) return;
    const { namespace, name } = object;
    const identity = { group, kind, namespace, name };
    const id = objectId(identity);
    if (after === undefined) {
      this.#objects.delete(id);
      this.#present.delete(id);
      this.#inForce.forget(id);
    } else {
      this.#objects.set(id, this.#read(id, identity, after));
      const { uid, resourceVersion: version, raw } = after;
      this.#present.set(id, { uid, version, status: raw.status });
    }
    this.#changed.add(id);
    this.#schedule();
  }

  #read(id: ObjectId, identity: ObjectIdentity, object: KubeObject): SourceObject {
    // It came out of JSON.
    const raw = object.raw as JsonValue;
    const result = readKnownFields(raw, this.#options.readOptions);
    // Services do not count theirs.
    const generation = Math.max(1, object.generation);
    const ref = { ...identity, generation };
    const about = { id, ref, location: NOWHERE };
    const { apiVersion, spec, problems, live } =
      result.found === "object"
        ? { ...result.read, spec: specOf(object.raw), live: result.read.object }
        : { apiVersion: "", spec: null, problems: [], live: null };
    const { createdAtWallMs } = object;
    const newest: Newest = { id, ref, uid: object.uid, createdAtWallMs };
    const accepted: IntentObject | null = live === null ? null : { ...live, ref, createdAtWallMs };
    return {
      ...{ ...about, createdAtWallMs, apiVersion, spec, problems },
      live:
        accepted === null
          ? this.#inForce.fallBack(newest, this.#objects.get(id)?.live ?? null)
          : this.#inForce.accept(newest, apiVersion, raw, accepted),
    };
  }

  #keptChanged(ids: readonly ObjectId[]): void {
    for (const id of ids) {
      const object = this.#objects.get(id);
      if (object === undefined || object.live?.ref.generation === object.ref.generation) continue;
      const live = this.#inForce.fallBack({ ...object, uid: this.uidOf(id) }, object.live);
      if (live === object.live) continue;
      this.#objects.set(id, { ...object, live });
      this.#changed.add(id);
      this.#schedule();
    }
  }

  #schedule(): void {
    this.#timer ??= this.#options.timers.set(TELL_DELAY_MS, () => {
      this.#timer = undefined;
      const changed = [...this.#changed];
      this.#changed.clear();
      for (const listener of this.#listeners) listener(changed);
    });
  }
}

function specOf({ spec, ...raw }: Readonly<Record<string, unknown>>): unknown {
  if (spec !== undefined) return spec;
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...rest } = raw;
  return rest;
}
