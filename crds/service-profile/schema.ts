/**
 * The one definition of `ServiceProfile`: the routes of one service, and how calls to it behave.
 * Its names follow Linkerd's where the meaning is the same, so that a profile moves by changing
 * its `apiVersion`.
 */
import { type Static, Type } from "typebox";
import {
  requestCondition,
  responseCondition,
  shallowRequestCondition,
} from "../condition-schema.ts";
import {
  byteSize,
  closed,
  count,
  duration,
  headerName,
  listOf,
  quantity,
  rule,
  serviceReference,
  share,
} from "../schema-parts.ts";

const ROUTES_MAX = 1000;

const text = (description: string, maxLength: number) => Type.String({ description, maxLength });

const timeouts = closed(
  {
    request: Type.Optional(
      duration("From the request's head to the end of the answer, over all tries."),
    ),
    response: Type.Optional(
      duration("From the request's end to the final head of the answer, for each try."),
    ),
    idle: Type.Optional(duration("The longest pause between two movements of bytes.")),
  },
  { description: "Time limits. Zero means none." },
);

const mirror = closed(
  {
    service: serviceReference("The service that gets the copies. Its answers are dropped."),
    share: Type.Optional(share("The share of requests that is copied, 0 to 1.")),
    match: Type.Optional(shallowRequestCondition),
    bodyLimit: Type.Optional(byteSize("A request with a longer body is not copied.")),
    compare: Type.Optional(
      Type.Boolean({ description: "Count answers whose status differs from the primary's." }),
    ),
  },
  {
    description: "Copies requests to a dark service, never delaying or failing the primary.",
    ...rule("has(self.share) != has(self.match)", "give either share or match"),
  },
);

const faults = closed(
  {
    delay: Type.Optional(
      closed(
        {
          share: share("The share of requests that is delayed, 0 to 1."),
          min: duration("The shortest delay."),
          max: Type.Optional(duration("The longest delay; the same as min when absent.")),
        },
        { description: "Holds requests back." },
      ),
    ),
    abort: Type.Optional(
      closed(
        {
          share: share("The share of requests that is answered with a failure, 0 to 1."),
          status: count("The status of the answer.", 200, 599),
        },
        { description: "Answers in place of the service." },
      ),
    ),
  },
  { description: "Failures on purpose, to see how callers take them." },
);

const headerValue = closed(
  { name: headerName("The header."), value: text("Its value.", 4096) },
  { description: "A header and its value." },
);

const headerEdits = (what: string) =>
  closed(
    {
      set: Type.Optional(listOf(headerValue, 32, "Headers that replace those of the same name.")),
      add: Type.Optional(listOf(headerValue, 32, "Headers that are added to what is there.")),
      remove: Type.Optional(listOf(headerName("The header."), 32, "Headers that are taken away.")),
    },
    { description: `Edits the headers of the ${what}.` },
  );

const rewrite = closed(
  {
    path: Type.Optional(text("The whole new path.", 2048)),
    pathPrefix: Type.Optional(text("Takes the place of the prefix that matched.", 2048)),
    host: Type.Optional(text("The new Host.", 253)),
  },
  {
    description: "Changes where a request goes within the service.",
    ...rule("!(has(self.path) && has(self.pathPrefix))", "give path or pathPrefix, not both"),
  },
);

const rateLimit = closed(
  {
    requestsPerSecond: count("Requests that one proxy lets through in a second.", 1, 1_000_000),
    burst: Type.Optional(count("Requests beyond it that may come at once.", 0, 1_000_000)),
    header: Type.Optional(headerName("Counts each value of this header by itself.")),
  },
  { description: "Refuses what is too much, at each server's proxy." },
);

const responseClass = closed(
  {
    condition: responseCondition,
    isFailure: Type.Optional(
      Type.Boolean({ description: "Whether such an answer counts as a failure (default false)." }),
    ),
  },
  { description: "Says which answers are failures. The first class that matches decides." },
);

const route = closed(
  {
    name: Type.String({
      description: "The route's name, in metrics and everywhere else. Unique in the profile.",
      minLength: 1,
      maxLength: 128,
      pattern: "^[^\\x00-\\x1f\\x7f]+$",
      meaning: "one line of text",
    }),
    condition: requestCondition,
    responseClasses: Type.Optional(
      listOf(responseClass, 16, "What counts as a failure; otherwise statuses from 500 do.", {
        "x-kubernetes-list-type": "atomic",
      }),
    ),
    isRetryable: Type.Optional(
      Type.Boolean({
        description: "Whether repeating such a request does no harm (default false).",
      }),
    ),
    timeout: Type.Optional(duration("The same as timeouts.request, in Linkerd's spelling.")),
    timeouts: Type.Optional(timeouts),
    mirror: Type.Optional(mirror),
    faults: Type.Optional(faults),
    headers: Type.Optional(
      closed(
        {
          request: Type.Optional(headerEdits("request")),
          response: Type.Optional(headerEdits("answer")),
        },
        { description: "Edits headers on the way." },
      ),
    ),
    rewrite: Type.Optional(rewrite),
    priority: Type.Optional(
      count("Higher goes first; equal ones keep the order of the list.", -1000, 1000),
    ),
    rateLimit: Type.Optional(rateLimit),
  },
  {
    description: "One kind of request. The first route whose condition holds is taken.",
    ...rule(
      "!(has(self.timeout) && has(self.timeouts) && has(self.timeouts.request))",
      "give timeout or timeouts.request, not both",
    ),
  },
);

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
          cookie: Type.Optional(text("Hashes this cookie's value.", 256)),
          source: Type.Optional(Type.Boolean({ description: "Hashes the caller's address." })),
        },
        { description: "What consistent-hash hashes." },
      ),
    ),
    slowStart: Type.Optional(duration("A new endpoint gets its full share after this time.")),
    zone: Type.Optional(
      Type.Enum(["any", "prefer", "only"], { description: "How far the caller's zone counts." }),
    ),
    subset: Type.Optional(count("How many endpoints one proxy uses at most.", 1, 10_000)),
  },
  { description: "How calls spread over the service's endpoints." },
);

const circuitBreaker = closed(
  {
    consecutiveFailures: Type.Optional(count("Failures in a row that evict.", 1, 10_000)),
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
          jitter: Type.Optional(share("How far times differ by chance, 0 to 1.")),
        },
        { description: "How long an endpoint stays out; it doubles each time." },
      ),
    ),
    maxEvictedShare: Type.Optional(share("More than this share is never evicted, 0 to 1.")),
  },
  { description: "Takes endpoints that keep failing out, and probes them later." },
);

const concurrency = closed(
  {
    limit: Type.Optional(count("Requests at a time, from one proxy.", 1, 1_000_000)),
    queue: Type.Optional(
      closed(
        {
          length: Type.Optional(count("Requests that may wait.", 0, 1_000_000)),
          timeout: Type.Optional(duration("How long one may wait.")),
        },
        { description: "Where requests wait that are beyond the limit." },
      ),
    ),
    adaptive: Type.Optional(
      Type.Boolean({ description: "Finds the limit from how latency answers to load." }),
    ),
  },
  { description: "Bounds how much one proxy asks of the service at a time." },
);

const discovery = closed(
  {
    trust: Type.Optional(
      Type.Enum(["advisory", "strict"], {
        description: "Advisory: what the proxy sees itself may outweigh discovery.",
      }),
    ),
    grace: Type.Optional(duration("How long an endpoint that vanished may still be used.")),
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
      listOf(route, ROUTES_MAX, "The kinds of requests, first match first.", {
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
