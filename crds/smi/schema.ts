/**
 * The Service Mesh Interface's `TrafficSplit` and `HTTPRouteGroup`, in the shape of each version:
 * weights were quantities first and whole numbers later, a group's matches stood beside
 * `metadata` first and in `spec` later, its headers were a list first and a map later.
 */
import { type Static, Type } from "typebox";
import { closed, count, listOf, objectName, quantity, serviceReference } from "../schema-parts.ts";

const BACKENDS_MAX = 256;

const root = serviceReference("The service that callers name.");
const backendService = serviceReference("The service that serves, in the split's namespace.");

const groupReference = closed({
  apiGroup: Type.Optional(
    Type.Union([Type.Literal("specs.smi-spec.io"), Type.Literal("")], {
      description: "The group's API group.",
    }),
  ),
  kind: Type.Literal("HTTPRouteGroup", { description: "Only HTTPRouteGroup." }),
  name: objectName("The name of the group."),
});

const quantityBackend = closed({
  service: backendService,
  weight: quantity("Its share.", { whole: false }),
});

const wholeBackend = closed({
  service: backendService,
  weight: count("Its share.", 0, Number.MAX_SAFE_INTEGER),
});

/** v1alpha1. */
export const quantitySplitSpec = closed({
  service: root,
  backends: listOf(quantityBackend, BACKENDS_MAX, "Who serves."),
});

/** v1alpha2. */
export const wholeSplitSpec = closed({
  service: root,
  backends: listOf(wholeBackend, BACKENDS_MAX, "Who serves."),
});

/** v1alpha3 and v1alpha4. */
export const matchedSplitSpec = closed({
  service: root,
  backends: listOf(wholeBackend, BACKENDS_MAX, "Who serves."),
  matches: Type.Optional(listOf(groupReference, 64, "Only what these groups match is split.")),
});

const headerMap = Type.Record(
  Type.String(),
  Type.String({ description: "A regular expression for the value.", maxLength: 4096 }),
  { maxProperties: 64 },
);

const matchParts = {
  name: Type.String({ minLength: 1, maxLength: 253 }),
  pathRegex: Type.Optional(Type.String({ maxLength: 4096 })),
  methods: Type.Optional(
    listOf(
      Type.String({
        minLength: 1,
        maxLength: 32,
        pattern: "^(\\*|[!#$%&'+.^_`|~0-9A-Za-z-]+)$",
        meaning: 'an HTTP method, or "*" for all',
      }),
      64,
      "The methods.",
    ),
  ),
};

const matchesOf = <T extends Parameters<typeof listOf>[0]>(match: T) =>
  listOf(match, 256, "What requests may be like.");

/** v1alpha1 and v1alpha2: headers as a list, in a manifest without `spec`. */
export const listedMatches = matchesOf(
  closed({ ...matchParts, headers: Type.Optional(listOf(headerMap, 64, "Headers.")) }),
);

/** v1alpha3 and v1alpha4. */
export const routeGroupSpec = closed({
  matches: matchesOf(closed({ ...matchParts, headers: Type.Optional(headerMap) })),
});

export type QuantitySplitSpec = Static<typeof quantitySplitSpec>;
export type WholeSplitSpec = Static<typeof wholeSplitSpec>;
export type MatchedSplitSpec = Static<typeof matchedSplitSpec>;
export type ListedMatches = Static<typeof listedMatches>;
export type RouteGroupSpec = Static<typeof routeGroupSpec>;
