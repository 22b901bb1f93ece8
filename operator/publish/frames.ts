/**
 * Messages with a body as bytes, made once however many proxies they go to. The body is put in as
 * the table encoded it, last, so that the receiver can hash exactly what was hashed here.
 */
import { encodeCanonical } from "../../base/canonical-json.ts";
import type { OperatorMessage } from "../../mesh/control-messages.ts";
import { diffEndpointSets } from "../../mesh/endpoint-delta.ts";
import { ENDPOINT_DELTA_THRESHOLD } from "../../mesh/endpoint-set.ts";
import { ABSENT, type ResourceName, type Revision } from "../../mesh/snapshot.ts";
import type { PublishedAs, PublishedResource } from "./resources.ts";

/** Revisions of one endpoint set that a delta can start from. */
export const DELTA_BASES_MAX = 4;

/** A message without a body, or with one that nobody shares. */
export function encodeMessage(message: OperatorMessage): string {
  return JSON.stringify(message);
}

export function absentFrame({ type, key }: ResourceName): string {
  const revision = ABSENT;
  return encodeMessage({ message: "snapshot", type, key, revision, requires: [], body: null });
}

interface SetHistory {
  /** Oldest first. */
  readonly bases: PublishedAs<"endpoints">[];
  /** Deltas to the newest, by the revision that they start from. */
  readonly deltas: Map<Revision, Uint8Array>;
  newest: Revision;
}

export class Frames {
  readonly #snapshots = new WeakMap<PublishedResource, Uint8Array>();
  readonly #histories = new Map<string, SetHistory>();

  snapshot(resource: PublishedResource): Uint8Array {
    let frame = this.#snapshots.get(resource);
    if (frame === undefined) {
      const { type, key, revision, requires, encoded } = resource;
      const head = JSON.stringify({ message: "snapshot", type, key, revision, requires });
      frame = Buffer.from(`${head.slice(0, -1)},"body":${encoded}}`);
      this.#snapshots.set(resource, frame);
    }
    if (resource.type === "endpoints") this.#remember(resource);
    return frame;
  }

  /**
   * The change from `base` to this resource, where it is an endpoint set that is worth it and the
   * base is still known. Otherwise undefined: the whole snapshot is to be sent.
   */
  delta(resource: PublishedResource, base: Revision): Uint8Array | undefined {
    if (resource.type !== "endpoints") return undefined;
    const history = this.#remember(resource);
    if (history === undefined) return undefined;
    const known = history.deltas.get(base);
    if (known !== undefined) return known;
    const from = history.bases.find(({ revision }) => revision === base);
    if (from === undefined) return undefined;
    const body = encodeCanonical(diffEndpointSets(from.body, resource.body));
    // One that saves little is not worth the hash that the receiver has to make of the result.
    if (body.length * 2 > resource.encoded.length) return undefined;
    const { type, key, revision, requires } = resource;
    const head = JSON.stringify({ message: "delta", type, key, revision, base, requires });
    const frame = Buffer.from(`${head.slice(0, -1)},"body":${body}}`);
    history.deltas.set(base, frame);
    return frame;
  }

  /** Nobody is subscribed to the set any more. */
  forget(key: string): void {
    this.#histories.delete(key);
  }

  #remember(resource: PublishedAs<"endpoints">): SetHistory | undefined {
    const { key, revision } = resource;
    if (resource.body.endpoints.length <= ENDPOINT_DELTA_THRESHOLD) return undefined;
    let history = this.#histories.get(key);
    if (history === undefined) {
      history = { bases: [], deltas: new Map(), newest: "" };
      this.#histories.set(key, history);
    }
    if (history.newest === revision) return history;
    history.newest = revision;
    history.deltas.clear();
    const without = history.bases.filter((base) => base.revision !== revision);
    history.bases.splice(0, history.bases.length, ...without, resource);
    if (history.bases.length > DELTA_BASES_MAX) history.bases.shift();
    return history;
  }
}
