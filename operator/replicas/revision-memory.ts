/**
 * The last revisions of each resource that were spoken of on a link. Both ends keep one, put the
 * same into it in the same order, and so forget the same.
 */
import type { ResourceName } from "../../mesh/snapshot.ts";
import { type HeldRevision, resourceId } from "../publish/resources.ts";
import { REPLICA_LIMITS } from "./replica-messages.ts";

export class RevisionMemory {
  readonly #ofResource = new Map<string, readonly HeldRevision[]>();

  get(name: ResourceName, revision: string): HeldRevision | undefined {
    return this.#ofResource.get(resourceId(name))?.find((one) => one.revision === revision);
  }

  put(name: ResourceName, held: HeldRevision): void {
    const key = resourceId(name);
    const others = this.#ofResource.get(key)?.filter(({ revision }) => revision !== held.revision);
    const kept = [...(others ?? []), held].slice(-REPLICA_LIMITS.revisionsKept);
    this.#ofResource.set(key, kept);
  }
}
