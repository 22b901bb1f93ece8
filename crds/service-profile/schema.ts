/**
 * The one definition of `ServiceProfile`: the routes of one service, and how calls to it behave.
 * Its names follow Linkerd's where the meaning is the same, so that a profile moves by changing
 * its `apiVersion`.
 */
import { type Static, Type } from "typebox";
import {
  closed,
  cookieName,
  count,
  duration,
  headerName,
  listOf,
  quantity,
  serviceReference,
  share,
} from "../schema-parts.ts";
import { profileRoute } from "./route-schema.ts";

const ROUTES_MAX = 1000;

const text = (description: string, maxLength: number) => Type.String({ description, maxLength });

const retryBudget = closed(
  {
    retryRatio: Type.Number({
      description: "Retries as a share of requests.",
      minimum: 0,
      maximum: 1000,
    }),
    minRetriesPerSecond: count("Retries that are always allowed.", 0, 1_000_000),
    ttl: duration("How long a request counts, 1s to 60s."),
  },
  { description: "How many retries there may be, for all routes together." },
);

const override = closed(
  {
    authority: text("Where traffic goes: a service, with a port if it differs.", 260),
    weight: quantity("Its share of the traffic, beside the other weights."),
  },
  { description: "A service that serves in place of this one." },
);

const loadBalancer = closed(
  {
    policy: Type.Optional(
      Type.Enum(["peak-ewma", "least-request", "round-robin", "random", "consistent-hash"], {
        description: "How an endpoint is chosen (default peak-ewma).",
      }),
    ),
    peakEwma: Type.Optional(
      closed(
        {
          decay: Type.Optional(duration("How fast an old latency is forgotten (10s).")),
          defaultRtt: Type.Optional(duration("What an untried endpoint is taken to need (30ms).")),
        },
        { description: "Settings of the policy peak-ewma." },
      ),
    ),
    hash: Type.Optional(
      closed(
        {
          header: Type.Optional(headerName("Hashes this header's value.")),
          cookie: Type.Optional(cookieName("Hashes this cookie's value.")),
          source: Type.Optional(Type.Boolean({ description: "Hashes the caller's address." })),
        },
        { description: "What consistent-hash hashes." },
      ),
    ),
    slowStart: Type.Optional(duration("A new endpoint gets its full share after this time (0).")),
    zone: Type.Optional(
      Type.Enum(["any", "prefer", "only"], {
        description:
          "How far the caller's zone counts (default prefer). Where every endpoint has hints, " +
          "prefer goes by those.",
      }),
    ),
    subset: Type.Optional(count("How many endpoints one proxy uses at most.", 1, 10_000)),
  },
  { description: "How calls spread over the service's endpoints." },
);

const circuitBreaker = closed(
  {
    consecutiveFailures: Type.Optional(count("Failures in a row that evict (7).", 1, 10_000)),
    successRate: Type.Optional(
      closed(
        {
          threshold: share("Below this share of successes an endpoint is evicted, 0 to 1."),
          window: Type.Optional(duration("Over how long it is measured (10s).")),
          minRequests: Type.Optional(count("Fewer requests say nothing (5).", 1, 1_000_000)),
        },
        { description: "Evicts by the share of successes." },
      ),
    ),
    backoff: Type.Optional(
      closed(
        {
          base: Type.Optional(duration("The first time out (1s).")),
          max: Type.Optional(duration("The longest time out (60s).")),
          jitter: Type.Optional(share("How far times differ by chance, 0 to 1 (0.5).")),
        },
        { description: "How long an endpoint stays out; it doubles each time." },
      ),
    ),
    maxEvictedShare: Type.Optional(share("More than this share is never evicted, 0 to 1 (0.5).")),
  },
  { description: "Takes endpoints that keep failing out, and probes them later." },
);

const concurrency = closed(
  {
    limit: Type.Optional(count("Requests at a time, from one proxy.", 1, 1_000_000)),
    queue: Type.Optional(
      closed(
        {
          length: Type.Optional(count("Requests that may wait (100).", 0, 100_000)),
          timeout: Type.Optional(duration("How long one may wait (1s).")),
        },
        { description: "Where requests wait that are beyond the limit." },
      ),
    ),
    adaptive: Type.Optional(
      Type.Boolean({
        description: "Finds the limit from how latency answers to load, up to limit if it is set.",
      }),
    ),
    importanceHeader: Type.Optional(
      headerName("A caller's header that says critical, normal or sheddable, before the route."),
    ),
  },
  { description: "Bounds how much one proxy asks of the service at a time." },
);

const discovery = closed(
  {
    trust: Type.Optional(
      Type.Enum(["advisory", "strict"], {
        description: "Advisory, the default: what the proxy sees itself may outweigh it.",
      }),
    ),
    grace: Type.Optional(duration("How long an endpoint that vanished may still be used (60s).")),
  },
  { description: "How far discovery is believed." },
);

const opaquePort = Type.Unsafe<number | string>({
  "x-kubernetes-int-or-string": true,
  description: "A port, or a range such as 4000-4010.",
  maxLength: 11,
  pattern: "^[0-9]{1,5}(-[0-9]{1,5})?$",
  meaning: 'a port or a range, such as 3306 or "4000-4010"',
});

export const serviceProfileSpec = closed(
  {
    service: Type.Optional(
      serviceReference("The service. Without it, the object's name is the service's full name."),
    ),
    routes: Type.Optional(
      listOf(profileRoute, ROUTES_MAX, "The kinds of requests, first match first.", {
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
      }),
    ),
    retryBudget: Type.Optional(retryBudget),
    dstOverrides: Type.Optional(
      listOf(override, 64, "Where the service's traffic goes instead; it beats a TrafficSplit.", {
        "x-kubernetes-list-type": "atomic",
      }),
    ),
    opaquePorts: Type.Optional(
      listOf(opaquePort, 64, "Ports whose traffic is passed on without being understood.", {
        "x-kubernetes-list-type": "atomic",
      }),
    ),
    loadBalancer: Type.Optional(loadBalancer),
    circuitBreaker: Type.Optional(circuitBreaker),
    concurrency: Type.Optional(concurrency),
    discovery: Type.Optional(discovery),
  },
  { description: "The routes and behaviour of one service." },
);

export type ServiceProfileSpec = Static<typeof serviceProfileSpec>;
