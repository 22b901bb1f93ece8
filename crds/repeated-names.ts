/** Finds routes of a profile that have the same name. */
import type { Path } from "../base/shape.ts";

/** Calls back with each whose name an earlier one has, and what to say of it. */
export function findRepeatedNames(
  routes: readonly { readonly name: string }[],
  path: Path,
  found: (at: Path, message: string) => void,
): void {
  const places = new Map<string, number>();
  for (const [index, { name }] of routes.entries()) {
    const first = places.get(name);
    if (first === undefined) places.set(name, index);
    else {
      const at = { parent: { parent: path, key: index }, key: "name" };
      found(at, `${JSON.stringify(name)} is the name of routes[${first}] already`);
    }
  }
}
