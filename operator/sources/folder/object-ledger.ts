/**
 * Keeps account of objects over readings of their files: counts generations, holds the last
 * accepted version of each while a newer one is refused or its file cannot be read, and says
 * which objects changed. No I/O: what is to be kept over a restart goes to `remember`.
 */
import { encodeCanonical, revisionOf } from "../../../base/canonical-json.ts";
import type { IntentObject } from "../../../mesh/intent.ts";
import type { Problem } from "../../../mesh/problem.ts";
import type { AcceptedVersion, RememberedObject } from "../../state/remembered-object.ts";
import { type ObjectId, objectId, type SourceObject } from "../object-source.ts";
import type { ManifestReading, ReadManifests, ReadObject } from "./manifest-reading.ts";

/** One file as it was read last. */
export interface LedgerFile {
  /** Below the folder. */
  readonly path: string;
  readonly reading: ManifestReading;
}

export interface LedgerInput {
  /** Sorted by path: where two files have the same object, the first one counts. */
  readonly files: readonly LedgerFile[];
  /** Whether objects of this file that are not seen may still be there. */
  readonly uncertain: (path: string) => boolean;
}

export interface LedgerResult {
  readonly changed: readonly ObjectId[];
  /** Of files and of objects that were written twice; those of objects are with the objects. */
  readonly problems: readonly Problem[];
}

interface Entry {
  readonly remembered: RememberedObject;
  readonly read: ReadObject | null;
  readonly source: SourceObject;
}

export class ObjectLedger {
  readonly #entries = new Map<ObjectId, Entry>();
  /** From before the start, until the first reading has said which of them still exist. */
  #inherited: Map<ObjectId, RememberedObject>;
  readonly #readManifests: ReadManifests;
  readonly #remember: (id: ObjectId, object: RememberedObject | null) => void;
  readonly #wallMs: () => number;

  constructor(options: {
    readonly inherited: ReadonlyMap<ObjectId, RememberedObject>;
    readonly readManifests: ReadManifests;
    readonly remember: (id: ObjectId, object: RememberedObject | null) => void;
    readonly wallMs: () => number;
  }) {
    this.#inherited = new Map(options.inherited);
    this.#readManifests = options.readManifests;
    this.#remember = options.remember;
    this.#wallMs = options.wallMs;
  }

  list(): Iterable<SourceObject> {
    return [...this.#entries.values()].map(({ source }) => source);
  }

  get(id: ObjectId): SourceObject | undefined {
    return this.#entries.get(id)?.source;
  }

  /** Takes what all files say now. */
  take({ files, uncertain }: LedgerInput): LedgerResult {
    const changed: ObjectId[] = [];
    const problems: Problem[] = [];
    const seen = new Map<ObjectId, ReadObject>();
    const broken = new Set<string>();
    for (const { path, reading } of files) {
      problems.push(...reading.problems);
      if (reading.broken) broken.add(path);
      for (const read of reading.objects) {
        const id = objectId(read.identity);
        const first = seen.get(id);
        if (first !== undefined) {
          problems.push(duplicate(read, first));
          continue;
        }
        seen.set(id, read);
        if (this.#update(id, path, read)) changed.push(id);
      }
    }
    for (const [id, remembered] of [...this.#unseen(seen)]) {
      const kept = broken.has(remembered.file) || uncertain(remembered.file);
      if (kept ? this.#keep(id, remembered) : this.#forget(id)) changed.push(id);
    }
    this.#inherited = new Map();
    return { changed, problems };
  }

  #update(id: ObjectId, path: string, read: ReadObject): boolean {
    const entry = this.#entries.get(id);
    if (entry?.read === read && entry.remembered.file === path) return false;
    const before = entry?.remembered ?? this.#inherited.get(id);
    const contentHash = hashContent(read.raw);
    const same = before?.contentHash === contentHash;
    const generation = same ? before.generation : (before?.generation ?? 0) + 1;
    const valid = read.object !== null && !read.problems.some((one) => one.severity === "error");
    const object = valid ? atGeneration(read.object, generation) : null;
    const accepted: AcceptedVersion | null = valid
      ? { generation, raw: read.raw, location: read.location }
      : (before?.accepted ?? null);
    const remembered: RememberedObject = {
      id,
      generation,
      contentHash,
      file: path,
      createdAtWallMs: before?.createdAtWallMs ?? this.#wallMs(),
      accepted,
    };
    const source: SourceObject = {
      id,
      ref: { ...read.identity, generation },
      apiVersion: read.apiVersion,
      location: read.location,
      live: object ?? entry?.source.live ?? this.#restore(accepted),
      problems: read.problems,
      createdAtWallMs: remembered.createdAtWallMs,
      spec: specOf(read.raw),
    };
    this.#entries.set(id, { remembered, read, source });
    this.#remember(id, remembered);
    return true;
  }

  /** The file says nothing for certain: what was accepted stays, and says why. */
  #keep(id: ObjectId, remembered: RememberedObject): boolean {
    const entry = this.#entries.get(id);
    if (entry !== undefined && entry.read === null) return false;
    const live = entry?.source.live ?? this.#restore(remembered.accepted);
    if (live === null) return this.#forget(id);
    const source: SourceObject = {
      id,
      ref: { ...live.ref, generation: remembered.generation },
      apiVersion: live.apiVersion,
      location: live.location,
      live,
      problems: [kept(live)],
      createdAtWallMs: remembered.createdAtWallMs,
      spec: specOf(remembered.accepted?.raw),
    };
    this.#entries.set(id, { remembered, read: null, source });
    return true;
  }

  #forget(id: ObjectId): boolean {
    this.#remember(id, null);
    return this.#entries.delete(id);
  }

  *#unseen(seen: ReadonlyMap<ObjectId, unknown>): Iterable<[ObjectId, RememberedObject]> {
    for (const [id, { remembered }] of this.#entries) if (!seen.has(id)) yield [id, remembered];
    for (const [id, remembered] of this.#inherited) if (!seen.has(id)) yield [id, remembered];
  }

  /** Reads an accepted version again; null when this version of Heddle no longer accepts it. */
  #restore(accepted: AcceptedVersion | null): IntentObject | null {
    if (accepted === null) return null;
    const { objects } = this.#readManifests(JSON.stringify(accepted.raw), accepted.location.file);
    const object = objects[0]?.object ?? null;
    if (object === null || objects.length !== 1) return null;
    return { ...atGeneration(object, accepted.generation), location: accepted.location };
  }
}

function atGeneration(object: IntentObject, generation: number): IntentObject {
  return { ...object, ref: { ...object.ref, generation } };
}

/** Where it stands does not belong to its content, nor does what others write into it. */
function hashContent(raw: unknown): string {
  if (!isRecord(raw)) return "";
  const { status: _status, metadata, ...content } = raw;
  const { labels, annotations } = isRecord(metadata) ? metadata : {};
  try {
    return revisionOf(encodeCanonical({ ...content, metadata: { labels, annotations } }));
  } catch {
    // Not representable, thus not valid either; any fixed text will do.
    return "unencodable";
  }
}

function specOf(raw: unknown): unknown {
  if (!isRecord(raw)) return null;
  if ("spec" in raw) return raw.spec;
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...rest } = raw;
  return rest;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kept({ ref, location }: IntentObject): Problem {
  return {
    severity: "warning",
    code: "kept",
    file: location.file,
    line: 0,
    column: 0,
    object: `${ref.kind} ${ref.namespace}/${ref.name}`,
    field: "",
    message: `its file cannot be read now; generation ${ref.generation} stays live`,
    hint: "",
  };
}

function duplicate(second: ReadObject, first: ReadObject): Problem {
  const { kind, namespace, name } = second.identity;
  return {
    severity: "error",
    code: "duplicate-object",
    file: second.location.file,
    line: second.location.line,
    column: second.location.column,
    object: `${kind} ${namespace}/${name}`,
    field: "metadata.name",
    message: `already written at ${first.location.file}:${first.location.line}, which counts`,
    hint: "remove one of the two, or rename it",
  };
}
