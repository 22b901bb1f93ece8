/** When a request is tried again: one policy per route, whatever kinds had a say in it. */

export interface Retry {
  /** Index into `objects` of the policy or profile that set this; -1 for the mesh's default. */
  readonly object: number;
  /** Tries after the first, at most. */
  readonly maxRetries: number;
  /** Answers that are worth another try, inclusive ranges. */
  readonly statuses: readonly StatusRange[];
  /** gRPC status codes that are. */
  readonly grpcCodes: readonly number[];
  /** A connection or stream that was reset, or lost, before the final head. */
  readonly onReset: boolean;
  /** HTTP/2 refused the stream. Provably unsent, so this only says that it counts as wanted. */
  readonly onRefusedStream: boolean;
  readonly onPerTryTimeout: boolean;
  /** The route says that repeating it does no harm, whatever its method. */
  readonly isRetryable: boolean;
  /** Upper case. Empty means the idempotent methods of RFC 9110 section 9.2.2. */
  readonly methods: readonly string[];
  /** Lower case. A request that carries it may be repeated whatever its method. Empty: none. */
  readonly idempotencyKeyHeader: string;
  /** Zero means none. */
  readonly perTryTimeoutMs: number;
  readonly backoff: RetryBackoff;
  /** A request whose body outgrows this is not tried again. */
  readonly bodyBytesMax: number;
  /** The longest wait that an answer may ask for; a longer one ends retrying. */
  readonly retryAfterMaxMs: number;
  readonly hedge: Hedge | null;
}

export interface StatusRange {
  readonly min: number;
  readonly max: number;
}

export interface RetryBackoff {
  readonly baseMs: number;
  readonly maxMs: number;
  /** 1 draws from the whole of 0 to the delay, 0 takes the delay itself. */
  readonly jitter: number;
}

/** Exactly one of `afterMs` and `percentile` is above zero. */
export interface Hedge {
  readonly afterMs: number;
  /** Of the route's observed latency, 50 to 99.99. */
  readonly percentile: number;
  /** Further tries at the same time. */
  readonly max: number;
}

/** Retries over the ttl may be at most the ratio of requests, and so many a second besides. */
export interface RetryBudget {
  readonly ratio: number;
  readonly minRetriesPerSecond: number;
  readonly ttlMs: number;
}

/** Defaults as Linkerd has them, so that moving changes nothing. */
export const DEFAULT_RETRY_BUDGET: RetryBudget = {
  ratio: 0.2,
  minRetriesPerSecond: 10,
  ttlMs: 10_000,
};

/** What is provably unsent goes elsewhere; nothing else is repeated unless somebody says so. */
export const DEFAULT_RETRY: Retry = {
  object: -1,
  maxRetries: 1,
  statuses: [],
  grpcCodes: [],
  onReset: false,
  onRefusedStream: true,
  onPerTryTimeout: false,
  isRetryable: false,
  methods: [],
  idempotencyKeyHeader: "",
  perTryTimeoutMs: 0,
  backoff: { baseMs: 25, maxMs: 250, jitter: 1 },
  bodyBytesMax: 65_536,
  retryAfterMaxMs: 10_000,
  hedge: null,
};
