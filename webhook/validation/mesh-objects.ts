/**
 * The objects beside which a new one will stand: those of our kinds, and the services that they
 * name. They are read as everywhere else, and only those that can be used count.
 */
import { resourcesOf } from "../../crds/kind-resources.ts";
import { KINDS } from "../../crds/kinds.ts";
import { readKnownFields } from "../../crds/read-known-fields.ts";
import type { ReadOptions } from "../../crds/read-object.ts";
import type { JsonValue } from "../../crds/yaml-value.ts";
import type { Informer, InformerOptions } from "../../kube/informer.ts";
import type { KubeResource } from "../../kube/kube-object.ts";
import type { ObjectChange } from "../../kube/object-store.ts";
import type { Selection } from "../../kube/selection.ts";
import type { IntentObject } from "../../mesh/intent.ts";

const GROUPS: readonly string[] = ["", "heddle.mesh"];

/** Nothing here depends on how an object fares. */
const WITHOUT_STATUS: Selection = { reduce: ({ status: _status, ...rest }) => rest };

export class MeshObjects {
  readonly informers: readonly Informer[];
  readonly #readOptions: ReadOptions;
  readonly #objects = new Map<string, IntentObject>();

  constructor(
    readOptions: ReadOptions,
    follow: (of: Pick<InformerOptions, "versions" | "selection">) => Informer,
  ) {
    this.#readOptions = readOptions;
    this.informers = KINDS.filter(({ group }) => GROUPS.includes(group)).flatMap((kind) => {
      const versions = resourcesOf(kind);
      if (versions === null) return [];
      const informer = follow({ versions, selection: WITHOUT_STATUS });
      informer.subscribe((change) => this.#take(versions[0], change));
      return [informer];
    });
  }

  /** While it is false, what is missing may only not have been read yet. */
  get isComplete(): boolean {
    return this.informers.every(({ isSettled }) => isSettled);
  }

  /**
   * `object` in the place of what it is a new version of, with those that it may have something to
   * do with: all services, for what it names, and what is said of the same service.
   */
  beside(object: IntentObject): readonly IntentObject[] {
    const { kind, namespace, name } = object.ref;
    const own = keyOf(kind, namespace, name);
    const service = serviceOf(object);
    const found = [object];
    for (const [key, other] of this.#objects) {
      if (key === own) continue;
      if (other.intent.type === "service" || serviceOf(other) === service) found.push(other);
    }
    return found;
  }

  #take({ kind }: KubeResource, { before, after }: ObjectChange): void {
    const changed = after ?? before;
    if (changed === undefined) return;
    const key = keyOf(kind, changed.namespace, changed.name);
    this.#objects.delete(key);
    if (after === undefined) return;
    // It came out of JSON.
    const read = readKnownFields(after.raw as JsonValue, this.#readOptions);
    const object = read.found === "object" ? read.read.object : null;
    if (object === null) return;
    const { createdAtWallMs } = after;
    this.#objects.set(key, { ...object, createdAtWallMs });
  }
}

/** Whom it speaks of; empty where it speaks of no other. */
function serviceOf({ intent }: IntentObject): string {
  return "service" in intent ? `${intent.service.namespace}/${intent.service.name}` : "";
}

function keyOf(kind: string, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}
