/** Files that import each other in a ring cannot be loaded or tested one at a time. */
import { resolveImport, type SourceFile, type Violation } from "./source-file.ts";

/**
 * One violation for each ring that a walk over the imports closes. Types and lazy imports do not
 * count: neither is there when a file is loaded.
 */
export function findImportRings(sources: readonly SourceFile[]): readonly Violation[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const finished = new Set<string>();
  const rings: Violation[] = [];

  const walk = (source: SourceFile, trail: readonly string[]): void => {
    if (finished.has(source.path)) return;
    for (const one of source.imports) {
      if (one.lazy || one.typeOnly) continue;
      const path = resolveImport(source.path, one.specifier);
      const target = path === undefined ? undefined : byPath.get(path);
      if (target === undefined) continue;
      const start = target === source ? trail.length : trail.indexOf(target.path);
      if (start === -1) walk(target, [...trail, source.path]);
      else rings.push(describeRing(source, one.line, [...trail.slice(start), source.path]));
    }
    finished.add(source.path);
  };

  for (const source of sources) walk(source, []);
  return rings;
}

function describeRing(source: SourceFile, line: number, ring: readonly string[]): Violation {
  return {
    path: source.path,
    line,
    problem: `imports in a ring: ${[...ring, ring[0] ?? ""].join(" -> ")}`,
    mend: "move what both need into a file of its own",
  };
}
