/** Files that no program, tool or test of something else ever reaches. */
import { resolveImport, type SourceFile, type Violation } from "./source-file.ts";

/** What somebody starts: programs, tools, and tests of every kind. */
function isRoot({ path }: SourceFile): boolean {
  return (
    /^(?:bin|tools|test|bench|demo)\//.test(path) ||
    path.endsWith("/main.ts") ||
    path.endsWith(".test.ts") ||
    !path.includes("/")
  );
}

/** A file that only its own unit test imports does nothing for anyone. */
export function findDeadFiles(sources: readonly SourceFile[]): readonly Violation[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const alive = new Set<SourceFile>();
  const pending = sources.filter(isRoot);
  for (let source = pending.pop(); source !== undefined; source = pending.pop()) {
    if (alive.has(source)) continue;
    alive.add(source);
    const own = source.path.replace(/\.test\.ts$/, ".ts");
    for (const one of source.imports) {
      const path = resolveImport(source.path, one.specifier);
      const target = path === undefined || path === own ? undefined : byPath.get(path);
      if (target !== undefined) pending.push(target);
    }
  }
  return sources
    .filter((source) => !alive.has(source))
    .map(({ path }) => ({
      path,
      line: 1,
      problem: "nothing but its own test reaches it",
      mend: "use it or remove it",
    }));
}
