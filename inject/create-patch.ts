/**
 * What has to be done to one value to make it another, as a JSON Patch (RFC 6902). Lists are
 * compared from both ends, so that something put before the rest is one addition, and not a
 * change to all that comes after it.
 */
import { isRecord } from "../base/shape.ts";

export type PatchOperation =
  | { readonly op: "add" | "replace"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string };

/** Both values must be JSON; empty when they are equal. Operations hold one after another. */
export function createPatch(before: unknown, after: unknown): readonly PatchOperation[] {
  const operations: PatchOperation[] = [];
  compare(before, after, "", operations);
  return operations;
}

function compare(before: unknown, after: unknown, path: string, into: PatchOperation[]): void {
  if (isSame(before, after)) return;
  if (Array.isArray(before) && Array.isArray(after)) compareLists(before, after, path, into);
  else if (isRecord(before) && isRecord(after)) compareMaps(before, after, path, into);
  else into.push({ op: "replace", path, value: after });
}

function compareMaps(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  path: string,
  into: PatchOperation[],
): void {
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) into.push({ op: "remove", path: child(path, key) });
  }
  for (const [key, value] of Object.entries(after)) {
    const at = child(path, key);
    if (Object.hasOwn(before, key)) compare(before[key], value, at, into);
    else into.push({ op: "add", path: at, value });
  }
}

function compareLists(
  before: readonly unknown[],
  after: readonly unknown[],
  path: string,
  into: PatchOperation[],
): void {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && isSame(before[head], after[head])) head += 1;
  let tail = 0;
  while (tail < shorter - head && isSame(before.at(-1 - tail), after.at(-1 - tail))) tail += 1;
  const [beforeEnd, afterEnd] = [before.length - tail, after.length - tail];
  const bothEnd = Math.min(beforeEnd, afterEnd);
  for (let index = head; index < bothEnd; index += 1) {
    compare(before[index], after[index], child(path, index), into);
  }
  // From the end, so that no removal moves what another one names.
  for (let index = beforeEnd - 1; index >= bothEnd; index -= 1) {
    into.push({ op: "remove", path: child(path, index) });
  }
  for (let index = bothEnd; index < afterEnd; index += 1) {
    into.push({ op: "add", path: child(path, index), value: after[index] });
  }
}

/** RFC 6901, section 3. */
function child(path: string, key: string | number): string {
  return `${path}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one)) {
    return (
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item, index) => isSame(item, other[index]))
    );
  }
  if (!isRecord(one) || !isRecord(other)) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isSame(one[key], other[key]))
  );
}
