/**
 * A described API as a ServiceProfile that lint has nothing against: names are unique and short
 * enough, and there are not more routes than a profile may have.
 */
import type { DescribedRoute, StatusRange } from "./described-api.ts";
import { conditionOf } from "./path-template.ts";

/** As the schema of ServiceProfile has them. */
const NAME_CHARACTERS_MAX = 128;
const CLASSES_MAX = 16;
const PATH_CHARACTERS_MAX = 2_048;
export const ROUTES_MAX = 1_000;

const FAILURE_MIN = 500;

export interface ProfileName {
  readonly name: string;
  readonly namespace: string;
}

export interface Profile {
  readonly object: object;
  /** What was done for the sake of the limits; for people. */
  readonly notes: readonly string[];
}

/** Undefined where there are too many routes, however they are joined. */
export function toProfile(
  { name, namespace }: ProfileName,
  described: readonly DescribedRoute[],
): Profile | undefined {
  const notes: string[] = [];
  const fitting = described.filter((route) => {
    const [text = ""] = Object.values(conditionOf(route.path));
    const isFitting = text.length <= PATH_CHARACTERS_MAX;
    if (!isFitting) notes.push(`${shorten(route.name)}: its path is too long for a route`);
    return isFitting;
  });
  const isTooMany = fitting.length > ROUTES_MAX;
  if (isTooMany) notes.push(`methods of one path are one route: a profile has ${ROUTES_MAX}`);
  const routes = isTooMany ? joinMethods(fitting) : fitting.map((route) => [route] as const);
  if (routes.length > ROUTES_MAX) return undefined;
  const names = uniqueNames(routes.map(nameOf));
  const spec = {
    service: name,
    ...(routes.length === 0
      ? {}
      : { routes: routes.map((group, index) => toRoute(group, names[index] ?? "")) }),
  };
  const object = {
    apiVersion: "heddle.mesh/v1alpha1",
    kind: "ServiceProfile",
    metadata: { name, namespace },
    spec,
  };
  return { object, notes };
}

/** At least one. */
type Group = readonly [DescribedRoute, ...DescribedRoute[]];

/** Those of one path, where all that is said of them is the same. */
function joinMethods(routes: readonly DescribedRoute[]): readonly Group[] {
  const groups = new Map<string, [DescribedRoute, ...DescribedRoute[]]>();
  for (const route of routes) {
    const { path, isRetryable, timeout } = route;
    const key = JSON.stringify([path, isRetryable ?? null, timeout]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [route]);
    else group.push(route);
  }
  return [...groups.values()];
}

function nameOf(group: Group): string {
  const [first] = group;
  if (group.length === 1) return first.name;
  const path = first.name.slice(first.name.indexOf(" ") + 1);
  return `${group.map(({ method }) => method).join("|")} ${path}`;
}

function toRoute(group: Group, name: string): object {
  const [first] = group;
  const path = conditionOf(first.path);
  const any = group.map(({ method }) => ({ method }));
  const condition = group.length === 1 ? { method: first.method, ...path } : { ...path, any };
  const classes = group.length === 1 ? toClasses(first.statuses) : [];
  return {
    name,
    condition,
    ...(classes.length === 0 ? {} : { responseClasses: classes }),
    ...(first.isRetryable === undefined ? {} : { isRetryable: first.isRetryable }),
    ...(first.timeout === "" ? {} : { timeout: first.timeout }),
  };
}

/** Single statuses before ranges that hold them: the first class that matches decides. */
function toClasses(statuses: readonly StatusRange[]): readonly object[] {
  const width = ({ min, max }: StatusRange): number => max - min;
  return statuses
    .toSorted((a, b) => width(a) - width(b) || a.min - b.min)
    .slice(0, CLASSES_MAX)
    .map(({ min, max }) => ({
      condition: { status: min === max ? { min } : { min, max } },
      isFailure: min >= FAILURE_MIN,
    }));
}

/** One line without control characters, told apart by a number where it stands twice. */
function uniqueNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const plain = shorten(name);
    let unique = plain;
    for (let copy = 2; taken.has(unique); copy += 1) unique = numbered(plain, copy);
    taken.add(unique);
    return unique;
  });
}

function shorten(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly what is replaced
  const plain = name.replace(/[\u0000-\u001f\u007f]/g, "?");
  return plain.length > NAME_CHARACTERS_MAX ? cut(plain, NAME_CHARACTERS_MAX - 1) : plain;
}

function numbered(name: string, copy: number): string {
  const suffix = ` (${copy})`;
  const room = NAME_CHARACTERS_MAX - suffix.length;
  return name.length > room ? `${cut(name, room - 1)}${suffix}` : `${name}${suffix}`;
}

/** Never within a pair of code units. */
function cut(text: string, length: number): string {
  const end = /[\ud800-\udbff]$/.test(text.slice(0, length)) ? length - 1 : length;
  return `${text.slice(0, end)}…`;
}
