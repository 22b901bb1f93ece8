/** What the operator writes into the status of its own kinds. */
import { Type } from "typebox";
import { closed, listOf } from "./schema-parts.ts";

const condition = closed({
  type: Type.String({
    maxLength: 64,
    description: "Accepted, ResolvedRefs, Conflicted, Programmed.",
  }),
  status: Type.Enum(["True", "False", "Unknown"], { description: "Whether it is so." }),
  reason: Type.String({ maxLength: 64, description: "Why, in one word." }),
  message: Type.String({ maxLength: 32_768, description: "Why, for people." }),
  observedGeneration: Type.Optional(
    Type.Integer({ minimum: 0, description: "The generation that this is about." }),
  ),
  lastTransitionTime: Type.String({
    maxLength: 40,
    format: "date-time",
    description: "When the status last changed.",
  }),
});

export const objectStatus = closed(
  {
    observedGeneration: Type.Optional(
      Type.Integer({ minimum: 0, description: "The generation that was last judged." }),
    ),
    conditions: Type.Optional(
      listOf(condition, 16, "What the mesh says about the object.", {
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
      }),
    ),
    proxies: Type.Optional(
      Type.String({ maxLength: 32, description: "Proxies that hold it, of those that should." }),
    ),
    summary: Type.Optional(Type.String({ maxLength: 1024, description: "One line for a table." })),
  },
  { description: "What the mesh says about the object." },
);
