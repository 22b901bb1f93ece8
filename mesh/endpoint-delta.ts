/**
 * The difference between two revisions of one endpoint set, and how to apply it. Both sides use
 * this file, so that what the operator takes away and what the proxy puts together again agree.
 */
import type { EndpointDelta } from "./control-messages.ts";
import type { Endpoint, EndpointSet } from "./endpoint-set.ts";

/** One pass over two sorted lists. */
export function diffEndpointSets(base: EndpointSet, next: EndpointSet): EndpointDelta {
  const upsert: Endpoint[] = [];
  const remove: string[] = [];
  let at = 0;
  for (const endpoint of next.endpoints) {
    let old = base.endpoints[at];
    while (old !== undefined && old.id < endpoint.id) {
      remove.push(old.id);
      at += 1;
      old = base.endpoints[at];
    }
    if (old === undefined || old.id !== endpoint.id) {
      upsert.push(endpoint);
      continue;
    }
    if (!isSameEndpoint(old, endpoint)) upsert.push(endpoint);
    at += 1;
  }
  for (; at < base.endpoints.length; at += 1) remove.push(base.endpoints[at]?.id ?? "");
  return { service: next.service, source: next.source, synced: next.synced, upsert, remove };
}

/** Undefined when the delta does not fit: it removes what the base does not have. */
export function applyEndpointDelta(
  base: EndpointSet,
  delta: EndpointDelta,
): EndpointSet | undefined {
  const endpoints: Endpoint[] = [];
  let upsertAt = 0;
  let removeAt = 0;
  for (const old of base.endpoints) {
    let fresh = delta.upsert[upsertAt];
    while (fresh !== undefined && fresh.id < old.id) {
      endpoints.push(fresh);
      upsertAt += 1;
      fresh = delta.upsert[upsertAt];
    }
    const isRemoved = delta.remove[removeAt] === old.id;
    if (isRemoved) removeAt += 1;
    if (fresh?.id === old.id) {
      if (isRemoved) return undefined;
      endpoints.push(fresh);
      upsertAt += 1;
    } else if (!isRemoved) {
      endpoints.push(old);
    }
  }
  if (removeAt !== delta.remove.length) return undefined;
  for (; upsertAt < delta.upsert.length; upsertAt += 1) {
    const fresh = delta.upsert[upsertAt];
    if (fresh !== undefined) endpoints.push(fresh);
  }
  const { service, source, synced } = delta;
  // In the order of the canonical encoding, which is the order that parsed snapshots have too:
  // so the text of any set that a proxy holds is its canonical encoding.
  return { endpoints, service, source, synced };
}

/**
 * Most endpoints of a set are the same object from one revision to the next. Where they are not,
 * text is compared rather than fields, so that a field added later cannot be forgotten here.
 */
function isSameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
