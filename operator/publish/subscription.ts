/**
 * How one session stands towards one resource. At most one revision is on its way at any time, and
 * none is ever queued: what comes next is looked up when the answer to the last one has come, so
 * that a slow proxy skips whatever was replaced in the meantime.
 *
 *     idle --send--> in flight --ack or nack--> idle
 */
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { Feature, ResourceName, Revision } from "../../mesh/snapshot.ts";
import { type PublishedResource, resourceId, type SessionResource } from "./resources.ts";

/** A revision that was sent and not yet answered. `resource` is null for an absent one. */
export interface InFlight {
  readonly revision: Revision;
  readonly resource: PublishedResource | null;
  readonly sentMs: number;
}

export class Subscription {
  readonly name: ResourceName;
  readonly id: string;
  /** What the proxy has; empty for nothing. */
  held: Revision;
  heldResource: PublishedResource | null = null;
  inFlight: InFlight | null = null;
  refused: { readonly revision: Revision; readonly reason: string } | null = null;
  missing: readonly Feature[] = [];
  /** Something newer has come up while a revision was in flight. */
  isSuperseded = false;
  /** Of a destination: the endpoint sets that the revision sent last names. */
  names: readonly ServiceKey[] = [];

  constructor(name: ResourceName, held: Revision) {
    this.name = name;
    this.id = resourceId(name);
    this.held = held;
  }

  /** The proxy has said anew what it holds: whatever was known or on its way counts no more. */
  restart(held: Revision): void {
    this.held = held;
    this.heldResource = null;
    this.inFlight = null;
    this.refused = null;
    this.isSuperseded = false;
  }

  /** Whether the revision is the one in flight; if so it is now held. */
  acked(revision: Revision): InFlight | null {
    const { inFlight } = this;
    if (inFlight === null || inFlight.revision !== revision) return null;
    this.held = revision;
    this.heldResource = inFlight.resource;
    this.inFlight = null;
    this.refused = null;
    return inFlight;
  }

  /** Whether the revision is the one in flight; if so it is not sent again. */
  nacked(revision: Revision, reason: string): boolean {
    if (this.inFlight?.revision !== revision) return false;
    this.inFlight = null;
    this.refused = { revision, reason };
    return true;
  }

  state(): SessionResource {
    const { name, refused, missing } = this;
    return { name, held: this.heldResource, refused, missing };
  }
}
