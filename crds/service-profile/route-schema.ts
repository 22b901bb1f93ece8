/**
 * What a profile says of one route: which requests it is, and how they are treated on the way.
 * Part of the one definition of `ServiceProfile`, in a file of its own for its length.
 */
import { Type } from "typebox";
import { REDIRECT_STATUSES } from "../../mesh/route-behaviour.ts";
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
  rule,
  serviceReference,
  share,
} from "../schema-parts.ts";

const PATH_CHARS = '[!"$->@-~]';

/** Printable, and without what begins a query or a fragment. */
const newPath = (description: string) =>
  Type.String({
    description,
    minLength: 1,
    maxLength: 2048,
    pattern: `^/${PATH_CHARS}*$`,
    meaning: 'a path without a query, such as "/v2/"',
  });

const newHost = (description: string) =>
  Type.String({
    description,
    minLength: 1,
    maxLength: 253,
    pattern: "^(\\[[0-9a-fA-F:.]+\\]|[0-9A-Za-z._-]+)(:[0-9]{1,5})?$",
    meaning: 'a host, such as "books.example:8080"',
  });

const timeouts = closed(
  {
    request: Type.Optional(
      duration("From the request's head to the end of the answer, over all tries."),
    ),
    response: Type.Optional(
      duration(
        "From the request's end to the final head of the answer, anew for each try. " +
          "It ends the request: perTryTimeout of a RetryPolicy is what begins another try.",
      ),
    ),
    idle: Type.Optional(
      duration(
        "The longest pause between two movements of bytes, either way. Without it and request, " +
          "an endpoint that stops reading an upload may hold it for ever.",
      ),
    ),
  },
  { description: "Time limits. Zero means none." },
);

const mirror = closed(
  {
    service: serviceReference("The service that gets the copies. Its answers are dropped."),
    share: Type.Optional(share("The share of requests that is copied, 0 to 1.")),
    match: Type.Optional(shallowRequestCondition),
    bodyLimit: Type.Optional(byteSize("A request with a longer body is not copied (64Ki).")),
    compare: Type.Optional(
      Type.Boolean({
        description: "Counts answers whose status differs from the primary's (default false).",
      }),
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
  {
    name: headerName("The header."),
    value: Type.String({
      description: "Its value.",
      maxLength: 4096,
      pattern: "^[\\t -~]*$",
      meaning: "one line of ASCII text",
    }),
  },
  { description: "A header and its value." },
);

export const headerEdits = (what: string) =>
  closed(
    {
      set: Type.Optional(listOf(headerValue, 32, "Headers that replace those of the same name.")),
      add: Type.Optional(listOf(headerValue, 32, "Headers that are added to what is there.")),
      remove: Type.Optional(listOf(headerName("The header."), 32, "Headers that are taken away.")),
    },
    { description: `Edits the headers of the ${what}.` },
  );

const PATH_OR_PREFIX = rule(
  "!(has(self.path) && has(self.pathPrefix))",
  "give path or pathPrefix, not both",
);

const rewrite = closed(
  {
    path: Type.Optional(newPath("The whole new path. The query stays.")),
    pathPrefix: Type.Optional(newPath("Takes the place of the condition's pathPrefix.")),
    host: Type.Optional(newHost("The new Host.")),
  },
  { description: "Changes where a request goes within the service.", ...PATH_OR_PREFIX },
);

const redirect = closed(
  {
    status: Type.Optional(
      Type.Enum([...REDIRECT_STATUSES], { description: "The status (default 302)." }),
    ),
    scheme: Type.Optional(Type.Enum(["http", "https"], { description: "The new scheme." })),
    host: Type.Optional(newHost("The new host, with a port if it needs one.")),
    path: Type.Optional(newPath("The whole new path. The query stays.")),
    pathPrefix: Type.Optional(newPath("Takes the place of the condition's pathPrefix.")),
  },
  {
    description: "Answers with another address in place of any backend. Absent parts stay.",
    ...PATH_OR_PREFIX,
  },
);

const rateLimit = closed(
  {
    requestsPerSecond: count("Requests that one proxy lets through in a second.", 1, 1_000_000),
    burst: Type.Optional(
      count("Requests beyond it that may come at once (as many as a second has).", 0, 1_000_000),
    ),
    header: Type.Optional(
      headerName(
        "Counts each value of this header by itself. Callers cannot be told apart by identity " +
          "yet: they show one under mutual TLS only, which there is not.",
      ),
    ),
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

export const profileRoute = closed(
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
        description:
          "Whether repeating such a request does no harm, whatever its method (default false). " +
          "Then its failures are tried again, as a RetryPolicy says or else within the budget.",
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
    redirect: Type.Optional(redirect),
    priority: Type.Optional(
      count("Higher goes first; equal ones keep the order of the list.", -1000, 1000),
    ),
    rateLimit: Type.Optional(rateLimit),
    importance: Type.Optional(
      Type.Enum(["critical", "normal", "sheddable"], {
        description:
          "Under load sheddable requests are refused first, critical ones last (normal).",
      }),
    ),
  },
  {
    description: "One kind of request. The first route whose condition holds is taken.",
    ...rule(
      "!(has(self.timeout) && has(self.timeouts) && has(self.timeouts.request))",
      "give timeout or timeouts.request, not both",
    ),
  },
);
