/** What every condition may have, whatever it asks: `all`, `any` and `not` of others like it. */
import type { Path } from "../base/shape.ts";

interface Branching<C> {
  readonly all?: readonly C[];
  readonly any?: readonly C[];
  readonly not?: C;
}

interface AllOf<T> {
  readonly kind: "all";
  readonly of: readonly T[];
}

type Branch<T> =
  | AllOf<T>
  | { readonly kind: "any"; readonly of: readonly T[] }
  | { readonly kind: "not"; readonly of: T };

/** `read` is given each of the conditions below, with its path. */
export function readBranches<C, T>(
  { all, any, not }: Branching<C>,
  path: Path,
  read: (condition: C, path: Path) => T,
): readonly Branch<T>[] {
  const parts: Branch<T>[] = [];
  const each = (list: readonly C[], key: string): readonly T[] => {
    const parent = { parent: path, key };
    return list.map((one, index) => read(one, { parent, key: index }));
  };
  if (all !== undefined) parts.push({ kind: "all", of: each(all, "all") });
  if (any !== undefined) parts.push({ kind: "any", of: each(any, "any") });
  if (not !== undefined) parts.push({ kind: "not", of: read(not, { parent: path, key: "not" }) });
  return parts;
}

/** Fields side by side must all hold. */
export function allOf<T>(parts: readonly T[]): T | AllOf<T> {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind: "all", of: parts };
}
