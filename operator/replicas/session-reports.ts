/**
 * What has changed about the sessions of this replica since the leader was told last. It keeps
 * names and looks at what is true when something is sent: however fast proxies answer, there is
 * never more to tell than there are resources.
 *
 * Destinations alone are told of, and whatever a proxy refused or lacks: from nothing else follows
 * the status of an object that is written.
 */
import type { ResourceName } from "../../mesh/snapshot.ts";
import {
  type HeldRevision,
  type ProgrammedSink,
  resourceId,
  type SessionId,
  type SessionInfo,
  type SessionResource,
} from "../publish/resources.ts";
import type { ProgrammedTable } from "../status/programmed-table.ts";
import {
  type DroppedResource,
  type OpenedSession,
  REPLICA_LIMITS,
  type SessionsMessage,
  type ToldResource,
  type ToldRevision,
} from "./replica-messages.ts";
import { RevisionMemory } from "./revision-memory.ts";

/** What was told of one session. */
interface ToldSession {
  /** Ids of its resources that the leader knows. */
  readonly resources: Set<string>;
}

interface Dirty {
  /** By id, those to look at. */
  readonly resources: Map<string, ResourceName>;
}

/** One message while it is filled. */
interface Draft {
  readonly revisions: ToldRevision[];
  readonly opened: OpenedSession[];
  readonly resources: ToldResource[];
  readonly dropped: DroppedResource[];
  readonly closed: SessionId[];
}

export class SessionReports implements ProgrammedSink {
  readonly #table: ProgrammedTable;
  readonly #own = new Set<SessionId>();
  readonly #dirty = new Map<SessionId, Dirty>();
  #told = new Map<SessionId, ToldSession>();
  #memory = new RevisionMemory();
  #isTelling = false;
  /** Also where there is nothing, the leader is told so once. */
  #isFresh = false;
  /** Called when there is something to tell. */
  changed: () => void = () => {};

  constructor(options: { readonly table: ProgrammedTable }) {
    this.#table = options.table;
  }

  sessionOpened(session: SessionInfo): void {
    this.#own.add(session.id);
    this.#table.sessionOpened(session);
    this.#mark(session.id);
  }

  resourceChanged(session: SessionId, state: SessionResource): void {
    this.#table.resourceChanged(session, state);
    this.#mark(session, state.name);
  }

  resourceDropped(session: SessionId, name: ResourceName): void {
    this.#table.resourceDropped(session, name);
    this.#mark(session, name);
  }

  sessionClosed(session: SessionId): void {
    this.#own.delete(session);
    this.#table.sessionClosed(session);
    this.#mark(session);
  }

  /** There is a leader who knows nothing yet. */
  begin(): void {
    this.end();
    this.#isTelling = true;
    this.#isFresh = true;
    for (const id of this.#own) {
      this.#mark(id);
      for (const { name } of this.#table.get(id)?.resources.values() ?? []) this.#mark(id, name);
    }
  }

  /** There is nobody to tell. */
  end(): void {
    this.#isTelling = false;
    this.#dirty.clear();
    this.#told = new Map();
    this.#memory = new RevisionMemory();
  }

  /** The next part of what is to be told; undefined when that is nothing. */
  take(): SessionsMessage | undefined {
    if (this.#dirty.size === 0 && !this.#isFresh) return undefined;
    this.#isFresh = false;
    const draft: Draft = { revisions: [], opened: [], resources: [], dropped: [], closed: [] };
    let room = REPLICA_LIMITS.entriesMax;
    for (const [id, dirty] of this.#dirty) {
      room -= this.#tell(id, dirty, draft, room);
      if (dirty.resources.size > 0 || room <= 0) break;
      this.#dirty.delete(id);
    }
    return { message: "sessions", ...draft, isWhole: this.#dirty.size === 0 };
  }

  #mark(id: SessionId, name?: ResourceName): void {
    if (!this.#isTelling) return;
    if (name !== undefined && !this.#isOfInterest(id, name)) return;
    const dirty = this.#dirty.get(id) ?? { resources: new Map<string, ResourceName>() };
    if (name !== undefined) dirty.resources.set(resourceId(name), name);
    this.#dirty.set(id, dirty);
    this.changed();
  }

  #isOfInterest(id: SessionId, name: ResourceName): boolean {
    if (name.type === "destination") return true;
    const key = resourceId(name);
    if (this.#told.get(id)?.resources.has(key) === true) return true;
    const state = this.#table.get(id)?.resources.get(key);
    return state !== undefined && (state.refused !== null || state.missing.length > 0);
  }

  /** How many entries it took of `room`. */
  #tell(id: SessionId, dirty: Dirty, draft: Draft, room: number): number {
    const session = this.#table.get(id);
    let told = this.#told.get(id);
    if (session === undefined) {
      dirty.resources.clear();
      if (told !== undefined) draft.closed.push(id);
      this.#told.delete(id);
      return 1;
    }
    let count = 0;
    if (told === undefined) {
      const openedAtWallMs = Math.floor(session.openedAtWallMs);
      draft.opened.push({ info: session.info, openedAtWallMs });
      told = { resources: new Set() };
      this.#told.set(id, told);
      count += 1;
    }
    for (const [key, name] of dirty.resources) {
      if (count >= room) break;
      dirty.resources.delete(key);
      const state = session.resources.get(key);
      if (state !== undefined) {
        told.resources.add(key);
        this.#tellResource(id, state, draft);
      } else if (told.resources.delete(key)) {
        draft.dropped.push({ session: id, name });
      }
      count += 1;
    }
    return count;
  }

  #tellResource(session: SessionId, state: SessionResource, draft: Draft): void {
    const { name, held, refused, missing } = state;
    if (held !== null) this.#tellRevision(name, held, draft);
    draft.resources.push({ session, name, held: held?.revision ?? "", refused, missing });
  }

  /** The same revision may be made of newer objects than before. */
  #tellRevision(name: ResourceName, held: HeldRevision, draft: Draft): void {
    const { revision, objects } = held;
    if (this.#memory.get(name, revision)?.objects === objects) return;
    this.#memory.put(name, { revision, objects });
    const some = objects.slice(0, REPLICA_LIMITS.objectsMax);
    draft.revisions.push({ name, revision, objects: some });
  }
}
