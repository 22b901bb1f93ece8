/**
 * What stands between the two halves of the operator. The index fills a table of resources and
 * says what changed; the publisher brings them to the proxies and says who holds what. Neither
 * half knows how the other works, so that each can be tested with a fake of the other.
 */
import type { ObjectRef } from "../../mesh/destination.ts";
import type {
  Feature,
  ResourceBodies,
  ResourceName,
  ResourceType,
  Revision,
} from "../../mesh/snapshot.ts";
import type { ProxyIdentity } from "./peer.ts";

/** One resource at one revision. Immutable: a change makes a new one. */
export interface PublishedAs<T extends ResourceType> {
  readonly type: T;
  readonly key: string;
  readonly revision: Revision;
  readonly body: ResourceBodies[T];
  /** Canonical JSON of `body`, whose hash is the revision. Made once, shared by all receivers. */
  readonly encoded: string;
  /** What a proxy must be able to do to take it; in the order of `FEATURES`. */
  readonly requires: readonly Feature[];
  /**
   * Every object that had a part in it, at its generation. Two resources of one revision may
   * differ here, when an object changed without changing what follows from it.
   */
  readonly objects: readonly ObjectRef[];
}

export type PublishedResource = { [T in ResourceType]: PublishedAs<T> }[ResourceType];

export interface ResourceTable {
  /**
   * What a client in that namespace gets; undefined when there is no such resource. Cheap, and
   * gives the same reference until the resource changes. What is one proxy's own follows from
   * `identity`; null where nothing proves who it is.
   */
  lookup(
    name: ResourceName,
    clientNamespace: string,
    identity?: ProxyIdentity | null,
  ): PublishedResource | undefined;
  /**
   * Calls back after each change of the table with the names whose answer may differ from before,
   * for at least one client namespace; each name once. The table is already new then. Returns
   * what ends the subscription.
   */
  subscribe(listener: (changed: readonly ResourceName[]) => void): () => void;
  /** False until the sources have told everything once: until then nothing may be called absent. */
  readonly synced: boolean;
}

/** Unique among the sessions of this process, never used again. */
export type SessionId = string;

export interface SessionInfo {
  readonly id: SessionId;
  /** As its credential names it; what it says itself where nothing proves more. */
  readonly proxyName: string;
  readonly proxyVersion: string;
  /** Likewise. */
  readonly namespace: string;
  /** Null on this machine, where it is believed what it says. */
  readonly identity: ProxyIdentity | null;
  readonly features: readonly Feature[];
  /** `address:port` of the other side. */
  readonly remote: string;
}

/** What a proxy holds of a resource, as far as anybody looks at it. */
export type HeldRevision = Pick<PublishedResource, "revision" | "objects">;

/** How one session stands towards one resource that it is subscribed to, named or implied. */
export interface SessionResource {
  readonly name: ResourceName;
  /**
   * What the proxy acked last, or resumed with. Null while it holds nothing, something that this
   * operator has never published, or the knowledge that the resource is absent.
   */
  readonly held: HeldRevision | null;
  /** Set while the newest thing it was sent is one that it refused. */
  readonly refused: { readonly revision: Revision; readonly reason: string } | null;
  /** What the proxy lacks to take the current revision, which was then not sent. */
  readonly missing: readonly Feature[];
}

/** Takes what the publisher learns about its sessions; `Programmed` and `/proxies` follow. */
export interface ProgrammedSink {
  sessionOpened(session: SessionInfo): void;
  /** On subscribing and on every change; the state replaces what was said before. */
  resourceChanged(session: SessionId, state: SessionResource): void;
  resourceDropped(session: SessionId, name: ResourceName): void;
  /** All that the session held is gone with it. */
  sessionClosed(session: SessionId): void;
}

/** Counts for the operator's metrics. */
export interface PublishObserver {
  /** `bytes` of the whole message. */
  sent(type: ResourceType, bytes: number): void;
  acked(type: ResourceType, sinceSentMs: number): void;
  refused(type: ResourceType): void;
  /** A newer revision took the place of one that still waited for its turn. */
  superseded(type: ResourceType): void;
  /** A connection or a message was turned away; `reason` from a closed set of the publisher's. */
  turnedAway(reason: string): void;
}

/** One text for a `ResourceName`, for use as a key of maps. */
export function resourceId(name: ResourceName): string {
  return `${name.type}:${name.key}`;
}
