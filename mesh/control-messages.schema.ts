/**
 * The schema of every control message. From it come plain validators, because the proxy must not
 * carry a schema library; nothing but the generator imports this file. Unknown members are
 * allowed everywhere: a newer peer may add some, and says by `requires` when they matter.
 * What a schema cannot say stands in `check-body.ts`, the nesting of matches among it.
 */
import { type TProperties, type TSchema, Type } from "typebox";
import type * as addresses from "./address-binding.ts";
import { BALANCER_POLICIES, NODE_PREFERENCES } from "./backend-settings.ts";
import { BODY_LIMITS } from "./body-limits.ts";
import type * as messages from "./control-messages.ts";
import {
  CONTROL_ERROR_CODES,
  CONTROL_LIMITS,
  HEARTBEAT_MS_MAX,
  HEARTBEAT_MS_MIN,
  NACK_CODES,
} from "./control-messages.ts";
import type * as destinations from "./destination.ts";
import { WEIGHT_MAX } from "./destination.ts";
import type * as sets from "./endpoint-set.ts";
import { ENDPOINTS_MAX, HOST_NAME_LENGTH_MAX, ZONE_HINTS_MAX } from "./endpoint-set.ts";
import { PORT_PROTOCOLS } from "./port-protocol.ts";
import { REDIRECT_STATUSES } from "./route-behaviour.ts";
import { SERVICE_KEY_BYTES_MAX } from "./service-key.ts";
import { FEATURES, RESOURCE_TYPES } from "./snapshot.ts";
import { STAT_ROWS_MAX } from "./stat-report.ts";
import type * as workloads from "./workload.ts";

// What the generated validators say that they have found.
export type ProxyMessage = messages.ProxyMessage;
export type OperatorMessage = messages.OperatorMessage;
export type EndpointDelta = messages.EndpointDelta;
export type Destination = destinations.Destination;
export type EndpointSet = sets.EndpointSet;
export type Workload = workloads.Workload;
export type AddressBinding = addresses.AddressBinding;

const words = <T extends string>(all: readonly T[]) => Type.Enum([...all]);
const text = (maxLength: number) => Type.String({ maxLength });
const count = (maximum: number) => Type.Integer({ minimum: 0, maximum });
const list = <T extends TSchema>(item: T, maxItems: number) => Type.Array(item, { maxItems });
/** Members that are not listed may be there. */
const open = <T extends TProperties>(properties: T) =>
  Type.Object(properties, { additionalProperties: true });
const SAFE = Number.MAX_SAFE_INTEGER;

const NameText = text(CONTROL_LIMITS.nameLengthMax);
const PeopleText = text(CONTROL_LIMITS.textLengthMax);
const Key = text(SERVICE_KEY_BYTES_MAX);
/** `absent`, or 32 hexadecimal digits. */
const RevisionText = Type.String({ pattern: "^(?:absent|[0-9a-f]{32})$", maxLength: 32 });
/** Empty too: nothing is held. */
const HeldRevision = Type.String({ pattern: "^(?:|absent|[0-9a-f]{32})$", maxLength: 32 });
const ResourceTypeWord = words(RESOURCE_TYPES);
const Requires = list(text(64), FEATURES.length + 64);
const ProgramShape = open({ name: NameText, version: NameText });
const named = { type: ResourceTypeWord, key: Key };

export const Hello = open({
  message: Type.Literal("hello"),
  protocol: count(65_535),
  proxy: ProgramShape,
  namespace: NameText,
  features: Requires,
  holds: list(
    open({ ...named, revision: RevisionText }),
    1 + CONTROL_LIMITS.destinationsMax + CONTROL_LIMITS.endpointSetsMax,
  ),
});

export const Subscribe = open({
  message: Type.Literal("subscribe"),
  ...named,
  revision: HeldRevision,
});

export const Unsubscribe = open({ message: Type.Literal("unsubscribe"), ...named });

export const Ack = open({
  message: Type.Literal("ack"),
  ...named,
  revision: RevisionText,
});

export const Nack = open({
  message: Type.Literal("nack"),
  ...named,
  revision: RevisionText,
  code: words(NACK_CODES),
  reason: PeopleText,
});

const StatRow = open({
  direction: words(["outbound", "inbound"]),
  service: Key,
  route: NameText,
  backend: Key,
  requests: count(SAFE),
  successes: count(SAFE),
  retries: count(SAFE),
  latency: list(count(SAFE), BODY_LIMITS.latencyNumbersMax),
});

export const Report = open({
  message: Type.Literal("report"),
  kind: Type.Literal("stats"),
  body: open({
    windowMs: Type.Number({ minimum: 0, maximum: 86_400_000 }),
    rows: list(StatRow, STAT_ROWS_MAX),
  }),
});

export const Welcome = open({
  message: Type.Literal("welcome"),
  protocol: count(65_535),
  operator: ProgramShape,
  heartbeatMs: Type.Integer({ minimum: HEARTBEAT_MS_MIN, maximum: HEARTBEAT_MS_MAX }),
  limits: open({
    messageBytesMax: count(SAFE),
    destinationsMax: count(SAFE),
    endpointSetsMax: count(SAFE),
    addressesMax: Type.Optional(count(SAFE)),
  }),
});

/** The body is judged apart from its envelope: a bad one is refused, and ends nothing. */
export const Snapshot = open({
  message: Type.Literal("snapshot"),
  ...named,
  revision: RevisionText,
  requires: Requires,
  body: Type.Unknown(),
});

export const Delta = open({
  message: Type.Literal("delta"),
  type: Type.Literal("endpoints"),
  key: Key,
  revision: RevisionText,
  base: RevisionText,
  requires: Requires,
  body: Type.Unknown(),
});

export const Current = open({
  message: Type.Literal("current"),
  ...named,
  revision: RevisionText,
});

export const Ping = open({ message: Type.Literal("ping") });

export const Pong = open({ message: Type.Literal("pong") });

export const ControlError = open({
  message: Type.Literal("error"),
  code: words(CONTROL_ERROR_CODES),
  detail: PeopleText,
  about: text(CONTROL_LIMITS.nameLengthMax + SERVICE_KEY_BYTES_MAX),
});

export const ProxyMessage = Type.Union([
  Hello,
  Subscribe,
  Unsubscribe,
  Ack,
  Nack,
  Report,
  Ping,
  Pong,
  ControlError,
]);

export const OperatorMessage = Type.Union([
  Welcome,
  Snapshot,
  Delta,
  Current,
  Ping,
  Pong,
  ControlError,
]);

export const Workload = open({
  namespace: NameText,
  clusterDomain: NameText,
  mesh: NameText,
  pod: Type.Optional(
    open({
      name: NameText,
      ownerKind: NameText,
      ownerName: NameText,
      serviceAccount: NameText,
      node: NameText,
      zone: NameText,
    }),
  ),
});

const EndpointShape = open({
  id: Type.String({ minLength: 1, maxLength: BODY_LIMITS.endpointIdLengthMax }),
  address: Type.String({ minLength: 1, maxLength: HOST_NAME_LENGTH_MAX }),
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  state: words(["ready", "serving", "terminating", "not-ready"]),
  weight: Type.Number({ minimum: 0, maximum: WEIGHT_MAX }),
  zone: NameText,
  zoneHints: Type.Optional(list(NameText, ZONE_HINTS_MAX)),
  node: NameText,
  protocol: words(["http1", "http2", "opaque", "unknown"]),
  proxied: Type.Boolean(),
  identity: text(BODY_LIMITS.identityLengthMax),
});

export const EndpointSet = open({
  service: Key,
  source: NameText,
  synced: Type.Boolean(),
  endpoints: list(EndpointShape, ENDPOINTS_MAX),
});

export const EndpointDelta = open({
  service: Key,
  source: NameText,
  synced: Type.Boolean(),
  upsert: list(EndpointShape, ENDPOINTS_MAX),
  remove: list(text(BODY_LIMITS.endpointIdLengthMax), ENDPOINTS_MAX),
});

export const AddressBinding = open({
  kind: words(["service", "endpoint"]),
  service: Key,
  protocol: words(PORT_PROTOCOLS),
  endpoint: Type.Union([EndpointShape, Type.Null()]),
});

const ObjectIndex = Type.Integer({ minimum: -1, maximum: BODY_LIMITS.objectsMax });
const Milliseconds = Type.Number({ minimum: 0, maximum: BODY_LIMITS.durationMsMax });

const Share = Type.Number({ minimum: 0, maximum: 1 });
const HeaderText = text(BODY_LIMITS.headerLengthMax);
const Or = <T extends TSchema>(shape: T) => Type.Union([shape, Type.Null()]);
const Backoff = open({ baseMs: Milliseconds, maxMs: Milliseconds, jitter: Share });

const RetryShape = open({
  object: ObjectIndex,
  maxRetries: count(BODY_LIMITS.retriesMax),
  statuses: list(
    open({
      min: Type.Integer({ minimum: 100, maximum: 599 }),
      max: Type.Integer({ minimum: 100, maximum: 599 }),
    }),
    BODY_LIMITS.retryStatusesMax,
  ),
  grpcCodes: list(count(16), 17),
  onReset: Type.Boolean(),
  onRefusedStream: Type.Boolean(),
  onPerTryTimeout: Type.Boolean(),
  isRetryable: Type.Boolean(),
  methods: list(NameText, BODY_LIMITS.retryMethodsMax),
  idempotencyKeyHeader: NameText,
  perTryTimeoutMs: Milliseconds,
  backoff: Backoff,
  bodyBytesMax: count(BODY_LIMITS.bodyBytesMax),
  retryAfterMaxMs: Milliseconds,
  hedge: Or(
    open({
      afterMs: Milliseconds,
      percentile: Type.Number({ minimum: 0, maximum: 99.99 }),
      max: count(BODY_LIMITS.hedgesMax),
    }),
  ),
});

const HeaderEditsShape = open({
  set: list(open({ name: NameText, value: HeaderText }), BODY_LIMITS.headerEditsMax),
  add: list(open({ name: NameText, value: HeaderText }), BODY_LIMITS.headerEditsMax),
  remove: list(NameText, BODY_LIMITS.headerEditsMax),
});

const BehaviourShape = open({
  mirror: Or(
    open({
      service: Key,
      share: Share,
      match: Type.Unknown(),
      bodyBytesMax: count(BODY_LIMITS.bodyBytesMax),
      compare: Type.Boolean(),
    }),
  ),
  delay: Or(open({ share: Share, minMs: Milliseconds, maxMs: Milliseconds })),
  abort: Or(open({ share: Share, status: Type.Integer({ minimum: 200, maximum: 599 }) })),
  requestHeaders: Or(HeaderEditsShape),
  answerHeaders: Or(HeaderEditsShape),
  rewrite: Or(
    open({
      path: HeaderText,
      pathPrefix: HeaderText,
      matchedPrefix: HeaderText,
      host: NameText,
    }),
  ),
  redirect: Or(
    open({
      status: Type.Union(REDIRECT_STATUSES.map((status) => Type.Literal(status))),
      scheme: NameText,
      host: NameText,
      path: HeaderText,
      pathPrefix: HeaderText,
      matchedPrefix: HeaderText,
    }),
  ),
  rateLimit: Or(
    open({
      requestsPerSecond: Type.Number({ minimum: 0, maximum: 1_000_000 }),
      burst: count(1_000_000),
      header: NameText,
    }),
  ),
  importance: words(["critical", "normal", "sheddable"]),
});

const BackendSettingsShape = open({
  service: Key,
  balancer: open({
    policy: words(BALANCER_POLICIES),
    decayMs: Milliseconds,
    defaultRttMs: Milliseconds,
    hash: Or(
      Type.Union([
        open({ kind: Type.Literal("header"), name: NameText }),
        open({ kind: Type.Literal("cookie"), name: NameText }),
        open({ kind: Type.Literal("source") }),
      ]),
    ),
    slowStartMs: Milliseconds,
    zone: words(["any", "prefer", "only"]),
    subset: count(ENDPOINTS_MAX),
  }),
  breaker: Or(
    open({
      consecutiveFailures: count(1_000_000),
      successRateMin: Share,
      windowMs: Milliseconds,
      requestsMin: count(1_000_000),
      backoff: Backoff,
      evictedShareMax: Share,
    }),
  ),
  discovery: open({ trust: words(["advisory", "strict"]), graceMs: Milliseconds }),
  nodes: Type.Optional(words(NODE_PREFERENCES)),
});

const ActionShape = open({
  backends: list(
    open({ service: Key, weight: Type.Integer({ minimum: 1, maximum: WEIGHT_MAX }) }),
    BODY_LIMITS.backendsMax,
  ),
  splitObject: ObjectIndex,
  timeouts: open({
    requestMs: Milliseconds,
    responseMs: Milliseconds,
    idleMs: Milliseconds,
  }),
  retry: RetryShape,
  behaviour: BehaviourShape,
  responseClasses: list(
    open({ match: Type.Unknown(), isFailure: Type.Boolean() }),
    BODY_LIMITS.responseClassesMax,
  ),
});

export const Destination = open({
  service: Key,
  rules: list(
    open({
      route: NameText,
      object: ObjectIndex,
      match: Type.Unknown(),
      action: ActionShape,
    }),
    BODY_LIMITS.rulesMax,
  ),
  objects: list(
    open({
      group: NameText,
      kind: NameText,
      namespace: NameText,
      name: NameText,
      generation: count(SAFE),
    }),
    BODY_LIMITS.objectsMax,
  ),
  endpointSets: list(Key, BODY_LIMITS.endpointSetsMax),
  backends: list(BackendSettingsShape, BODY_LIMITS.endpointSetsMax),
  budget: open({
    ratio: Type.Number({ minimum: 0, maximum: 1000 }),
    minRetriesPerSecond: Type.Number({ minimum: 0, maximum: 1_000_000 }),
    ttlMs: Milliseconds,
  }),
  concurrency: open({
    limit: count(BODY_LIMITS.concurrencyMax),
    queueLength: count(BODY_LIMITS.concurrencyMax),
    queueTimeoutMs: Milliseconds,
    adaptive: Type.Boolean(),
    importanceHeader: NameText,
  }),
});
