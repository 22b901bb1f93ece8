/**
 * Which sessions hold what: fed by the publisher, and on the replica that leads by the others;
 * asked by `Programmed` and by `/proxies`. A proxy counts for an object while it is subscribed to
 * something that the object is part of now, and counts as programmed when what it holds carries the
 * object at its live generation. One that has gone from one replica to another may be in both for a
 * while: the session that was opened last counts.
 */
import type { ObjectRef } from "../../mesh/destination.ts";
import type { ResourceName } from "../../mesh/snapshot.ts";
import {
  type HeldRevision,
  type ProgrammedSink,
  type PublishedResource,
  type ResourceTable,
  resourceId,
  type SessionId,
  type SessionInfo,
  type SessionResource,
} from "../publish/resources.ts";
import { type ObjectId, objectId } from "../sources/object-source.ts";

export interface SessionState {
  readonly info: SessionInfo;
  readonly openedAtWallMs: number;
  readonly resources: ReadonlyMap<string, SessionResource>;
  /** False where another replica told of it, and so not of all that it holds. */
  readonly isOwn: boolean;
}

/** How the sessions stand towards one object. */
export interface ProgrammedCount {
  readonly subscribed: number;
  readonly programmed: number;
  /** One of the proxies that refused, as `name: reason`; null when none did. */
  readonly refused: string | null;
  /** One of the proxies that are too old, as `name lacks a, b`; null when none is. */
  readonly tooOld: string | null;
}

/** Where a session of another replica is. */
export interface SessionOrigin {
  /** What it is known by there. */
  readonly key: string;
  readonly openedAtWallMs: number;
}

interface OpenSession {
  readonly info: SessionInfo;
  readonly openedAtWallMs: number;
  readonly resources: Map<string, SessionResource>;
  /** Whose it is: sessions of one proxy share it. */
  readonly proxy: string;
  readonly isOwn: boolean;
}

export class ProgrammedTable implements ProgrammedSink {
  readonly #table: ResourceTable;
  readonly #wallMs: () => number;
  readonly #sessions = new Map<SessionId, OpenSession>();
  /** By resource, the sessions that are subscribed to it. */
  readonly #subscribed = new Map<string, Set<OpenSession>>();
  /** By proxy, its sessions; the one that counts is last. */
  readonly #ofProxy = new Map<string, OpenSession[]>();
  readonly #listeners = new Set<(changed: ResourceName) => void>();
  #ownCount = 0;

  constructor(options: { readonly table: ResourceTable; readonly wallMs: () => number }) {
    this.#table = options.table;
    this.#wallMs = options.wallMs;
  }

  sessions(): Iterable<SessionState> {
    return this.#sessions.values();
  }

  /** Of this replica. */
  get sessionCount(): number {
    return this.#ownCount;
  }

  get(id: SessionId): SessionState | undefined {
    return this.#sessions.get(id);
  }

  /** Calls back with a resource whenever a session comes to stand differently towards it. */
  subscribe(listener: (changed: ResourceName) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  sessionOpened(info: SessionInfo, origin?: SessionOrigin): void {
    this.sessionClosed(info.id);
    const podUid = info.identity?.podUid ?? "";
    const session: OpenSession = {
      info,
      openedAtWallMs: origin?.openedAtWallMs ?? this.#wallMs(),
      resources: new Map(),
      proxy: podUid === "" ? (origin?.key ?? info.id) : podUid,
      isOwn: origin === undefined,
    };
    this.#sessions.set(info.id, session);
    if (session.isOwn) this.#ownCount += 1;
    const others = this.#ofProxy.get(session.proxy) ?? [];
    const before = others.at(-1);
    const later = others.findIndex(({ openedAtWallMs }) => openedAtWallMs > session.openedAtWallMs);
    others.splice(later < 0 ? others.length : later, 0, session);
    this.#ofProxy.set(session.proxy, others);
    if (before !== undefined && later < 0) this.#tellAll(before);
  }

  resourceChanged(id: SessionId, state: SessionResource): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    const key = resourceId(state.name);
    session.resources.set(key, state);
    const subscribed = this.#subscribed.get(key);
    if (subscribed === undefined) this.#subscribed.set(key, new Set([session]));
    else subscribed.add(session);
    this.#tell(state.name);
  }

  resourceDropped(id: SessionId, name: ResourceName): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) this.#drop(session, resourceId(name), name);
  }

  sessionClosed(id: SessionId): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#sessions.delete(id);
    if (session.isOwn) this.#ownCount -= 1;
    const left = this.#ofProxy.get(session.proxy)?.filter((one) => one !== session) ?? [];
    if (left.length === 0) this.#ofProxy.delete(session.proxy);
    else this.#ofProxy.set(session.proxy, left);
    for (const [key, { name }] of session.resources) this.#drop(session, key, name);
    const next = left.at(-1);
    if (next !== undefined) this.#tellAll(next);
  }

  /** `names` are the resources that the object has a part in. */
  count(object: ObjectId, names: Iterable<ResourceName>): ProgrammedCount {
    const subscribed = new Set<OpenSession>();
    const behind = new Set<OpenSession>();
    let refused: string | null = null;
    let tooOld: string | null = null;
    // Thousands of sessions share a few resources.
    const parts = new Map<HeldRevision | undefined, ObjectRef | undefined>();
    const partOf = (resource: HeldRevision | undefined): ObjectRef | undefined => {
      if (!parts.has(resource)) parts.set(resource, partIn(resource, object));
      return parts.get(resource);
    };
    for (const name of names) {
      const key = resourceId(name);
      for (const session of this.#subscribed.get(key) ?? []) {
        if (this.#ofProxy.get(session.proxy)?.at(-1) !== session) continue;
        const state = session.resources.get(key);
        const { namespace, identity } = session.info;
        const current = this.#table.lookup(name, namespace, identity);
        const part = partOf(current);
        // Its namespace has a variant that the object has no part in.
        if (state === undefined || current === undefined || part === undefined) continue;
        subscribed.add(session);
        if (holds(state.held, current, part, partOf)) continue;
        behind.add(session);
        const { proxyName } = session.info;
        if (state.missing.length > 0) {
          tooOld ??= `${proxyName} lacks ${state.missing.join(", ")}`;
        } else if (state.refused?.revision === current.revision) {
          refused ??= `${proxyName}: ${state.refused.reason}`;
        }
      }
    }
    const programmed = subscribed.size - behind.size;
    return { subscribed: subscribed.size, programmed, refused, tooOld };
  }

  /** Whether a session holds what it should. */
  isCurrent(session: SessionState, state: SessionResource): boolean {
    const { namespace, identity } = session.info;
    const current = this.#table.lookup(state.name, namespace, identity);
    return current?.revision === state.held?.revision;
  }

  #drop(session: OpenSession, key: string, name: ResourceName): void {
    session.resources.delete(key);
    const subscribed = this.#subscribed.get(key);
    subscribed?.delete(session);
    if (subscribed?.size === 0) this.#subscribed.delete(key);
    this.#tell(name);
  }

  #tellAll(session: OpenSession): void {
    for (const { name } of session.resources.values()) this.#tell(name);
  }

  #tell(name: ResourceName): void {
    for (const listener of this.#listeners) listener(name);
  }
}

function partIn(resource: HeldRevision | undefined, object: ObjectId): ObjectRef | undefined {
  return resource?.objects.find((ref) => objectId(ref) === object);
}

/** The same revision is enough: whatever generation it came from, nothing else follows from it. */
function holds(
  held: HeldRevision | null,
  current: PublishedResource,
  part: ObjectRef,
  partOf: (resource: HeldRevision) => ObjectRef | undefined,
): boolean {
  if (held === null) return false;
  return held.revision === current.revision || partOf(held)?.generation === part.generation;
}
