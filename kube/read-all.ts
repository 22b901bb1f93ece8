/**
 * All objects of a kind at one version: as a stream where the server offers that, which costs
 * neither side a copy of the whole list, and page by page elsewhere.
 */

import type { KubeClient } from "./kube-client.ts";
import { KubeError, OWN_REASONS } from "./kube-error.ts";
import type { KubeObject, KubeResource } from "./kube-object.ts";
import type { Selection } from "./selection.ts";

const PAGE_OBJECTS_MAX = 500;
/** Of large ones, of which a page is still a megabyte: a page is parsed in one turn of the loop. */
const PAGE_LARGE_OBJECTS_MAX = 100;

/** Reading may outlast what the server keeps of a version; then it begins again. */
const RESTARTS_MAX = 3;

export interface Reading {
  readonly objects: ReadonlyMap<string, KubeObject>;
  readonly resourceVersion: string;
}

/** What is read, and of whom. */
export interface ReadFrom {
  readonly client: KubeClient;
  readonly resource: KubeResource;
  readonly selection: Selection;
}

export async function readStream(
  { client, resource, selection }: ReadFrom,
  timeoutSeconds: number,
  signal: AbortSignal,
): Promise<Reading> {
  const objects = new Map<string, KubeObject>();
  const query = { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan", timeoutSeconds };
  for await (const event of client.watch(resource, query, signal, selection)) {
    if (event.type === "bookmark") {
      if (event.endsInitial) return { objects, resourceVersion: event.resourceVersion };
    } else if (event.type === "deleted") objects.delete(event.object.key);
    else if (event.type !== "opened") objects.set(event.object.key, event.object);
  }
  throw new KubeError({ status: 0, ...NO_STREAM });
}

const NO_STREAM = {
  reason: OWN_REASONS.malformed,
  message: "a watch ended before all that exists was told",
} as const;

/**
 * Whether the server cannot do that: those that do not know it refuse the query (400, 422), and
 * very old ones leave it aside and tell what exists without saying where it ends.
 */
export function isStreamUnknown(error: unknown): boolean {
  if (!(error instanceof KubeError)) return false;
  if (error.status === 400 || error.status === 422) return true;
  return error.message === NO_STREAM.message || error.reason === OWN_REASONS.silent;
}

/**
 * `atLeast` "any" takes what the server has at hand, which may be a little old; "newest" never goes
 * back behind what was seen before. What is at hand comes in one page, and so large objects, of
 * which all together would fill the memory, are always read as they are now.
 */
export async function readPages(
  from: ReadFrom,
  atLeast: "any" | "newest",
  signal: AbortSignal,
): Promise<Reading> {
  const isAnyGood = atLeast === "any" && from.selection.reduce === undefined;
  let first = isAnyGood ? { resourceVersion: "0" } : {};
  for (let restarts = 0; ; restarts++) {
    try {
      return await readPagesOnce(from, first, signal);
    } catch (error) {
      const isExpired = error instanceof KubeError && error.isExpired;
      if (!isExpired || restarts >= RESTARTS_MAX) throw error;
      first = {};
    }
  }
}

async function readPagesOnce(
  { client, resource, selection }: ReadFrom,
  first: { readonly resourceVersion?: string },
  signal: AbortSignal,
): Promise<Reading> {
  const objects = new Map<string, KubeObject>();
  const limit = selection.reduce === undefined ? PAGE_OBJECTS_MAX : PAGE_LARGE_OBJECTS_MAX;
  let page = await client.list(resource, { limit, ...first }, signal, selection);
  for (;;) {
    for (const object of page.items) objects.set(object.key, object);
    if (page.continueToken === "") return { objects, resourceVersion: page.resourceVersion };
    const query = { limit, continue: page.continueToken };
    page = await client.list(resource, query, signal, selection);
  }
}
