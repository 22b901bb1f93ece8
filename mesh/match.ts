/**
 * What a rule asks of a request. A tree of predicates, as it travels in a snapshot; the proxy
 * compiles it once when the snapshot arrives.
 */
export type Match =
  | { readonly kind: "method"; readonly method: string }
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "pathPrefix"; readonly prefix: string }
  /** Always anchored at both ends, matched against the path without the query. RE2 syntax. */
  | { readonly kind: "pathRegex"; readonly regex: string }
  | { readonly kind: "header"; readonly name: string; readonly value: StringMatch }
  | { readonly kind: "all"; readonly of: readonly Match[] }
  | { readonly kind: "any"; readonly of: readonly Match[] }
  | { readonly kind: "not"; readonly of: Match };

/** A header name is in lower case here; a repeated header matches if any of its values does. */
export type StringMatch =
  | { readonly kind: "present" }
  | { readonly kind: "exact"; readonly text: string }
  | { readonly kind: "prefix"; readonly text: string }
  | { readonly kind: "suffix"; readonly text: string }
  | { readonly kind: "regex"; readonly regex: string };

/** `all` of nothing is true, `any` of nothing is false. */
export const MATCH_EVERYTHING: Match = { kind: "all", of: [] };

/** Nesting deeper than any kind can produce is refused when a snapshot is read. */
export const MATCH_DEPTH_MAX = 16;
