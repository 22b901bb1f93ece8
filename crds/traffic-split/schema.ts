/** The one definition of `TrafficSplit`: weights over the services that serve for another. */
import { type Static, Type } from "typebox";
import { requestCondition } from "../condition-schema.ts";
import { closed, count, listOf, rule, serviceReference } from "../schema-parts.ts";

/** As `WEIGHT_MAX` of the mesh: kept equal by a test. */
const WEIGHT_MAX = 1_000_000;

const backend = closed(
  {
    service: serviceReference("The service that serves."),
    port: Type.Optional(count("Its port, where it is not the one that was called.", 1, 65_535)),
    weight: count("Its share of the traffic, beside the other weights.", 0, WEIGHT_MAX),
  },
  { description: "A service and its share." },
);

export const trafficSplitSpec = closed(
  {
    service: serviceReference("The service that callers name."),
    backends: listOf(backend, 64, "Who serves. All weights zero: the service itself.", {
      minItems: 1,
      "x-kubernetes-list-type": "atomic",
    }),
    matches: Type.Optional(
      listOf(
        requestCondition,
        16,
        "Only requests that match one of these are split; the rest goes to the service itself.",
        { "x-kubernetes-list-type": "atomic" },
      ),
    ),
  },
  {
    description: "Spreads the traffic of one service over others.",
    ...rule(
      "self.backends.all(a, self.backends.exists_one(b, b.service == a.service && " +
        "(has(a.port) ? has(b.port) && b.port == a.port : !has(b.port))))",
      "a backend is listed twice",
    ),
  },
);

export type TrafficSplitSpec = Static<typeof trafficSplitSpec>;
