/**
 * Which trailer fields may be believed. A trailer that frames, routes, authorises or describes the
 * content comes too late to be checked by anyone who read the head, so it is dropped from view
 * (RFC 9110 section 6.5.1).
 */
import { FIELD_ORDINARY, FieldName } from "./field-name.ts";
import { FIELD_STRIDE, HEAD_TRAILERS_DROPPED, type Head, NAME_END } from "./head.ts";

const FORBIDDEN: readonly FieldName[] = [
  "authorization",
  "cache-control",
  "content-encoding",
  "content-range",
  "content-type",
  "cookie",
  "max-forwards",
  "proxy-authenticate",
  "proxy-authorization",
  "range",
  "set-cookie",
  "trailer",
  "www-authenticate",
].map((text) => new FieldName(text));

/** Takes the forbidden fields out of `trailers`, and sets its flag if there were any. */
export function dropForbiddenTrailers(trailers: Head): void {
  const { positions, kinds } = trailers;
  let kept = 0;
  for (let index = 0; index < trailers.fieldCount; index++) {
    if (isForbidden(trailers, index)) continue;
    if (kept !== index) {
      kinds[kept] = kinds[index]!;
      const from = index * FIELD_STRIDE;
      positions.copyWithin(kept * FIELD_STRIDE, from, from + FIELD_STRIDE);
    }
    kept++;
  }
  if (kept !== trailers.fieldCount) trailers.flags |= HEAD_TRAILERS_DROPPED;
  trailers.fieldCount = kept;
}

function isForbidden(trailers: Head, index: number): boolean {
  // Every name that the codec itself knows frames, routes, or ends at this hop.
  if (trailers.kinds[index] !== FIELD_ORDINARY) return true;
  const at = index * FIELD_STRIDE;
  const start = trailers.positions[at]!;
  const end = trailers.positions[at + NAME_END]!;
  for (const name of FORBIDDEN) {
    if (name.equals(trailers.bytes, start, end)) return true;
  }
  return false;
}
