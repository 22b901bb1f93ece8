/**
 * Looks past what is wrong. A kind stops at the first level that fails, its shape, because what
 * comes after trusts the shape; but whoever mends a file wants to hear of everything at once. So
 * the parts that failed are cut out, and the rest is read again, until nothing new is found.
 */
import { isRecord, type Path, pathKeys, ROOT } from "../base/shape.ts";

/** Each round finds at least one thing, or is the last. */
const ROUNDS_MAX = 8;

export interface Finding {
  readonly path: Path;
  readonly code: string;
}

/**
 * `first` is what the whole value failed by. `read` reads what is left of it, and reports each
 * error that it finds; for one that is new it gets back its path in the whole value.
 */
export function readAround(
  whole: unknown,
  first: readonly Finding[],
  read: (value: unknown, report: (finding: Finding) => Path | undefined) => void,
): void {
  const cuts = new Cuts();
  for (const finding of first) cuts.add(finding);
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const copy = cuts.apply(whole);
    if (copy === undefined) return;
    const before = cuts.size;
    read(copy.value, ({ path, code }) => {
      const finding = { path: copy.originalPath(path), code };
      const isEffect = cuts.isEffect(finding);
      const isNew = cuts.add(finding);
      return isNew && !isEffect ? finding.path : undefined;
    });
    if (cuts.size === before) return;
  }
}

interface Copy {
  readonly value: unknown;
  /** Entries of lists move up when others are cut. */
  originalPath(path: Path): Path;
}

/** What was cut out so far, by its path in the whole value. */
class Cuts {
  readonly #cut = new Set<string>();
  /** Containers that lack a part of their own. */
  readonly #touched = new Set<string>();
  /** Those, and what contains them: what they are accused of may follow from the cut. */
  readonly #above = new Set<string>();

  get size(): number {
    return this.#cut.size;
  }

  /** False when the same was cut before. */
  add({ path, code }: Finding): boolean {
    // What lacks a part goes whole.
    const at = code === "required" ? (path.parent ?? ROOT) : path;
    const key = textOf(at);
    if (this.#cut.has(key)) return false;
    this.#cut.add(key);
    if (at.parent !== null) this.#touched.add(textOf(at.parent));
    for (let above = at.parent; above !== null; above = above.parent) {
      this.#above.add(textOf(above));
    }
    return true;
  }

  /** Whether a finding only says that something was cut out. */
  isEffect({ path, code }: Finding): boolean {
    if (this.#above.has(textOf(path))) return true;
    return code === "required" && path.parent !== null && this.#touched.has(textOf(path.parent));
  }

  /** Undefined when nothing is left that could be read. */
  apply(whole: unknown): Copy | undefined {
    const places = new Map<object, readonly number[]>();
    const value = this.#copy(whole, ROOT, places);
    if (!isRecord(value) || value.metadata === undefined) return undefined;
    return { value, originalPath: (path) => originalPath(value, path, places) };
  }

  #copy(value: unknown, path: Path, places: Map<object, readonly number[]>): unknown {
    if (this.#cut.has(textOf(path))) return undefined;
    if (Array.isArray(value)) {
      const kept: unknown[] = [];
      const indexes: number[] = [];
      for (const [index, item] of value.entries()) {
        const copy = this.#copy(item, { parent: path, key: index }, places);
        if (copy === undefined) continue;
        kept.push(copy);
        indexes.push(index);
      }
      places.set(kept, indexes);
      return kept;
    }
    if (!isRecord(value)) return value;
    const entries = Object.entries(value).map(
      ([key, inner]) => [key, this.#copy(inner, { parent: path, key }, places)] as const,
    );
    return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
  }
}

function originalPath(
  value: unknown,
  path: Path,
  places: ReadonlyMap<object, readonly number[]>,
): Path {
  let original = ROOT;
  let at = value;
  for (const key of pathKeys(path)) {
    const container: object = typeof at === "object" && at !== null ? at : [];
    const place = typeof key === "number" ? places.get(container)?.[key] : undefined;
    original = { parent: original, key: place ?? key };
    at = Reflect.get(container, key);
  }
  return original;
}

function textOf(path: Path): string {
  return JSON.stringify(pathKeys(path));
}
