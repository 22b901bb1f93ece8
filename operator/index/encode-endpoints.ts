/**
 * The canonical text of endpoint sets, put together from the texts of parts of them. Of a set of
 * ten thousand one endpoint changes and the others are the same objects as before: to encode all
 * of them anew, or only to join all their texts, would hold up the loop for many times as long.
 */
import { encodeCanonical } from "../../base/canonical-json.ts";
import type { Endpoint, EndpointSet } from "../../mesh/endpoint-set.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";

/** One that changes is encoded with so many beside it; a set has the fewer parts to join. */
const PART_LENGTH = 64;

/** Some endpoints beside each other, in the order of the set, and what stands for them. */
interface Part {
  readonly endpoints: readonly Endpoint[];
  readonly text: string;
}

export class EndpointEncoder {
  /** Of the last text of each large set. */
  readonly #parts = new Map<ServiceKey, readonly Part[]>();

  /** What `encodeCanonical` makes of the set. */
  encode({ endpoints, ...rest }: EndpointSet): string {
    const parts = divide(endpoints, this.#parts.get(rest.service) ?? []);
    if (endpoints.length > PART_LENGTH) this.#parts.set(rest.service, parts);
    else this.#parts.delete(rest.service);
    // "endpoints" is the first of its keys, in the order of the canonical text. Text is copied
    // twice where the ends are put on afterwards.
    const tail = `],${encodeCanonical(rest).slice(1)}`;
    const texts = parts.map(({ text }, at) => (at === 0 ? `{"endpoints":[${text}` : `,${text}`));
    if (texts.length === 0) return `{"endpoints":[${tail}`;
    texts.push(tail);
    return texts.join("");
  }

  /** The set is gone. */
  forget(service: ServiceKey): void {
    this.#parts.delete(service);
  }
}

/** Parts of `before` are kept where nothing in them has changed. */
function divide(endpoints: readonly Endpoint[], before: readonly Part[]): readonly Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const [index, part] of before.entries()) {
    if (startsWith(endpoints, at, part.endpoints)) {
      parts.push(part);
      at += part.endpoints.length;
      continue;
    }
    // Up to where the next part begins, or would begin.
    const next = before[index + 1]?.endpoints[0];
    let end = at;
    while (end < endpoints.length && isBefore(endpoints[end], next)) end += 1;
    encodeParts(endpoints, at, end, parts);
    at = end;
  }
  encodeParts(endpoints, at, endpoints.length, parts);
  return parts;
}

function startsWith(all: readonly Endpoint[], at: number, part: readonly Endpoint[]): boolean {
  for (let index = 0; index < part.length; index += 1) {
    if (all[at + index] !== part[index]) return false;
  }
  return true;
}

function isBefore(endpoint: Endpoint | undefined, next: Endpoint | undefined): boolean {
  return endpoint !== undefined && (next === undefined || endpoint.id < next.id);
}

/** In parts of one length, so that none is left with a few as others come and go. */
function encodeParts(all: readonly Endpoint[], from: number, to: number, parts: Part[]): void {
  const length = Math.ceil((to - from) / Math.ceil((to - from) / PART_LENGTH));
  for (let at = from; at < to; at += length) {
    const endpoints = all.slice(at, Math.min(to, at + length));
    parts.push({ endpoints, text: endpoints.map(encodeEndpoint).join(",") });
  }
}

/** All of its members, in the order of the canonical text. */
function inOrder(one: Endpoint): { readonly [K in keyof Required<Endpoint>]: Endpoint[K] } {
  const { address, id, identity, node, port, protocol, proxied, state, weight, zone, zoneHints } =
    one;
  return { address, id, identity, node, port, protocol, proxied, state, weight, zone, zoneHints };
}

/** What `encodeCanonical` makes of it, in a fifth of the time. */
function encodeEndpoint(one: Endpoint): string {
  const text = JSON.stringify(inOrder(one));
  // The only texts that the two write differently have one: lone surrogates.
  return text.includes("\\") ? encodeCanonical(one) : text;
}
