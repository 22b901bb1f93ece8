/** The one definition of `RetryPolicy`: when and how often a request is tried again. */
import { type Static, Type } from "typebox";
import {
  byteSize,
  closed,
  count,
  duration,
  headerName,
  listOf,
  methodName,
  namespaceName,
  objectName,
  rule,
  share,
} from "../schema-parts.ts";
import { RETRY_ON_WORDS } from "./retry-on.ts";

const targetRef = closed(
  {
    group: Type.Optional(
      Type.Enum(["", "core", "heddle.mesh", "linkerd.io"], {
        description: "The target's group; it follows from its kind.",
      }),
    ),
    kind: Type.Enum(["Service", "ServiceProfile"], { description: "What the target is." }),
    name: objectName("The target's name."),
    namespace: Type.Optional(
      namespaceName(
        "The target's namespace, if it is another: then only this policy's own namespace's " +
          "clients are bound.",
      ),
    ),
    routes: Type.Optional(
      listOf(
        Type.String({ description: "The name of a route.", minLength: 1, maxLength: 128 }),
        64,
        "Only these routes; without them all.",
        { minItems: 1, "x-kubernetes-list-type": "set" },
      ),
    ),
  },
  { description: "What the policy is for." },
);

const retryOn = Type.Unsafe<number | string>({
  "x-kubernetes-int-or-string": true,
  description:
    "A status (503), a range (502-504, 5xx), a gRPC code (unavailable), connect-failure, " +
    "reset, refused-stream or per-try-timeout.",
  maxLength: 24,
  pattern: `^([1-5]xx|[1-5][0-9]{2}(-[1-5][0-9]{2})?|${RETRY_ON_WORDS.join("|")})$`,
  meaning: 'a status, a range or a reason, such as 503, "502-504", "5xx" or "connect-failure"',
});

const backoff = closed(
  {
    base: Type.Optional(duration("The pause before the first retry (25ms).")),
    max: Type.Optional(duration("The longest pause (250ms).")),
    jitter: Type.Optional(share("How far pauses differ by chance, 0 to 1 (1).")),
  },
  {
    description: "Pauses between tries; they double.",
    ...rule(
      "!has(self.base) || !has(self.max) || self.base == '0' || self.max == '0' || " +
        "duration(self.base) <= duration(self.max)",
      "base is above max",
    ),
  },
);

const budget = closed(
  {
    ratio: Type.Optional(
      Type.Number({
        description: "Retries as a share of requests (0.2).",
        minimum: 0,
        maximum: 1000,
      }),
    ),
    minRetriesPerSecond: Type.Optional(
      count("Retries that are always allowed (10).", 0, 1_000_000),
    ),
    ttl: Type.Optional(duration("How long a request counts, 1s to 60s (10s).")),
  },
  { description: "How many retries there may be, for the whole service." },
);

const hedge = closed(
  {
    after: Type.Optional(duration("Sends a second try when no answer came for this long.")),
    percentile: Type.Optional(
      Type.Number({
        description: "The same, after this percentile of the observed latency.",
        minimum: 50,
        maximum: 99.99,
      }),
    ),
    max: Type.Optional(count("Further tries at the same time (1).", 1, 3)),
  },
  {
    description: "A second try while the first still runs.",
    ...rule("has(self.after) != has(self.percentile)", "give either after or percentile"),
  },
);

export const retryPolicySpec = closed(
  {
    targetRef,
    maxRetries: Type.Optional(count("Tries after the first, at most (1).", 0, 10)),
    retryOn: Type.Optional(
      listOf(
        retryOn,
        32,
        "What is tried again, beside requests that never left; without it, the route decides.",
        {
          "x-kubernetes-list-type": "atomic",
        },
      ),
    ),
    methods: Type.Optional(
      listOf(methodName("The method."), 16, "Methods that may be tried again (idempotent ones).", {
        "x-kubernetes-list-type": "atomic",
      }),
    ),
    idempotencyKeyHeader: Type.Optional(
      headerName("A request that carries this header may be tried again whatever its method."),
    ),
    perTryTimeout: Type.Optional(duration("The time for each try, within the route's timeout.")),
    backoff: Type.Optional(backoff),
    budget: Type.Optional(budget),
    bodyLimit: Type.Optional(byteSize("A request with a longer body is not tried again (64Ki).")),
    retryAfterMax: Type.Optional(
      duration(
        "The longest Retry-After or grpc-retry-pushback-ms that is waited for (10s); " +
          "an answer that asks for more is not tried again.",
      ),
    ),
    hedge: Type.Optional(hedge),
  },
  { description: "When and how often requests to a service are tried again." },
);

export type RetryPolicySpec = Static<typeof retryPolicySpec>;
