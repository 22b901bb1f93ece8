/**
 * Linkerd's `ServiceProfile` as Linkerd defines it: read so that moving to this mesh needs no
 * edit. Conditions nest without end there, which is why this schema refers to itself.
 */
import { type Static, Type } from "typebox";
import { closed, count, duration, listOf, methodName, quantity } from "../schema-parts.ts";

const LIST_MAX = 1000;
const BRANCHES_MAX = 256;
/** As much as a proxy takes of one route: kept equal to its limits by a test. */
const BACKENDS_MAX = 100;
const CLASSES_MAX = 100;
const NAME_MAX = 256;

const requestMatch = Type.Cyclic(
  {
    RequestMatch: closed({
      pathRegex: Type.Optional(
        Type.String({ description: "Regular expression for the path.", maxLength: 4096 }),
      ),
      method: Type.Optional(methodName("The method.")),
      all: Type.Optional(Type.Array(Type.Ref("RequestMatch"), { maxItems: BRANCHES_MAX })),
      any: Type.Optional(Type.Array(Type.Ref("RequestMatch"), { maxItems: BRANCHES_MAX })),
      not: Type.Optional(Type.Ref("RequestMatch")),
    }),
  },
  "RequestMatch",
);

const responseMatch = Type.Cyclic(
  {
    ResponseMatch: closed({
      status: Type.Optional(
        closed({
          min: Type.Optional(count("The lowest status.", 100, 599)),
          max: Type.Optional(count("The highest status.", 100, 599)),
        }),
      ),
      all: Type.Optional(Type.Array(Type.Ref("ResponseMatch"), { maxItems: BRANCHES_MAX })),
      any: Type.Optional(Type.Array(Type.Ref("ResponseMatch"), { maxItems: BRANCHES_MAX })),
      not: Type.Optional(Type.Ref("ResponseMatch")),
    }),
  },
  "ResponseMatch",
);

const route = closed({
  name: Type.String({ minLength: 1, maxLength: NAME_MAX }),
  condition: requestMatch,
  responseClasses: Type.Optional(
    listOf(
      closed({ condition: responseMatch, isFailure: Type.Optional(Type.Boolean()) }),
      CLASSES_MAX,
      "What counts as a failure.",
    ),
  ),
  isRetryable: Type.Optional(Type.Boolean()),
  timeout: Type.Optional(duration("The time for the whole call.")),
});

export const linkerdProfileSpec = closed({
  routes: Type.Optional(listOf(route, LIST_MAX, "The kinds of requests.")),
  retryBudget: Type.Optional(
    closed({
      retryRatio: Type.Number({ minimum: 0, maximum: 1000 }),
      minRetriesPerSecond: count("Retries that are always allowed.", 0, 4_294_967_295),
      ttl: duration("How long a request counts."),
    }),
  ),
  dstOverrides: Type.Optional(
    listOf(
      closed({
        authority: Type.String({ minLength: 1, maxLength: 260 }),
        weight: quantity("Its share.", { whole: false }),
      }),
      BACKENDS_MAX,
      "Where the traffic goes instead.",
    ),
  ),
  opaquePorts: Type.Optional(
    listOf(
      Type.Unsafe<number | string>({
        "x-kubernetes-int-or-string": true,
        maxLength: 11,
        pattern: "^[0-9]{1,5}(-[0-9]{1,5})?$",
        meaning: "a port",
      }),
      BRANCHES_MAX,
      "Ports that are not understood.",
    ),
  ),
});

export type LinkerdProfileSpec = Static<typeof linkerdProfileSpec>;
export type LinkerdRequestMatch = Static<typeof requestMatch>;
export type LinkerdResponseMatch = Static<typeof responseMatch>;
