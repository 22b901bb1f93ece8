/**
 * The bounds that a user may move, one name for each: `--limit NAME=NUMBER`. What is bounded and
 * cannot be moved here guards the process itself.
 */
import { nearest } from "../base/nearest.ts";
import { UsageError } from "../base/program.ts";
import { DEFAULT_HTTP1_LIMITS, type Http1Limits } from "../wire/http1/limits.ts";
import { DEFAULT_SERVER_TIMING, type ServerTiming } from "./connection/caller-watch.ts";
import { type ClientTiming, DEFAULT_CLIENT_TIMING } from "./connection/client-connection.ts";
import { DEFAULT_DETECTION_TIMING, type DetectionTiming } from "./detect/detection.ts";
import { DEFAULT_POOL_LIMITS, type PoolLimits } from "./pool/endpoint-pool.ts";

export interface ProxyLimits {
  readonly http1: Http1Limits;
  readonly server: ServerTiming;
  readonly client: ClientTiming;
  readonly pool: PoolLimits;
  readonly tcp: TcpLimits;
  readonly detection: DetectionTiming;
}

/** Of connections that are carried as they are. */
export interface TcpLimits {
  /**
   * With no byte moving either way for so long one is cut, unless its route says otherwise; 0 for
   * never, and so by default: an idle database session is nothing to cut, and a peer that is dead
   * is found out by TCP's own keepalive.
   */
  readonly idleTimeoutMs: number;
}

export const DEFAULT_PROXY_LIMITS: ProxyLimits = {
  http1: DEFAULT_HTTP1_LIMITS,
  server: DEFAULT_SERVER_TIMING,
  client: DEFAULT_CLIENT_TIMING,
  pool: DEFAULT_POOL_LIMITS,
  tcp: { idleTimeoutMs: 0 },
  detection: DEFAULT_DETECTION_TIMING,
};

interface LimitRow {
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

const HOUR_MS = 3_600_000;
const { http1, server, client, pool, tcp, detection } = DEFAULT_PROXY_LIMITS;

const ROWS = {
  headBytesMax: row(http1.headBytesMax, 1_024, 1_048_576),
  targetBytesMax: row(http1.targetBytesMax, 256, 1_048_576),
  fieldCountMax: row(http1.fieldCountMax, 16, 8_192),
  trailerBytesMax: row(http1.trailerBytesMax, 256, 1_048_576),
  chunkExtensionBytesMax: row(http1.chunkExtensionBytesMax, 0, 1_048_576),
  informationalMax: row(http1.informationalMax, 0, 1_000),
  callerHeadTimeoutMs: row(server.headTimeoutMs, 100, HOUR_MS),
  callerIdleTimeoutMs: row(server.idleTimeoutMs, 100, 24 * HOUR_MS),
  callerBodyIdleTimeoutMs: row(server.bodyIdleTimeoutMs, 100, HOUR_MS),
  callerBodyBytesPerSecondMin: row(server.bodyBytesPerSecondMin, 0, 1_048_576),
  endpointConnectTimeoutMs: row(client.connectTimeoutMs, 10, 60_000),
  endpointIdleTimeoutMs: row(client.idleTimeoutMs, 0, 24 * HOUR_MS),
  endpointConnectionsMax: row(pool.connectionsMax, 1, 65_535),
  endpointWaitingMax: row(pool.waitingMax, 0, 65_535),
  endpointIdleMax: row(pool.idleMax, 0, 65_535),
  tcpIdleTimeoutMs: row(tcp.idleTimeoutMs, 0, 7 * 24 * HOUR_MS),
  detectSilentWaitMs: row(detection.silentWaitMs, 0, 60_000),
  detectUndecidedWaitMs: row(detection.undecidedWaitMs, 0, 60_000),
} as const satisfies Record<string, LimitRow>;

export type LimitName = keyof typeof ROWS;

/** By name, in the order in which people are told of them. */
export const LIMIT_ROWS: Readonly<Record<LimitName, LimitRow>> = ROWS;

/**
 * Applications that do not know of a proxy may pause in what they send and read for as long as the
 * other side lets them. Whoever puts a proxy in front on purpose wants to be guarded.
 */
export const TRANSPARENT_DEFAULTS: readonly (readonly [LimitName, number])[] = [
  ["callerBodyIdleTimeoutMs", HOUR_MS],
  ["callerBodyBytesPerSecondMin", 0],
];

/** Reads `NAME=NUMBER` texts; the last one of a name counts. */
export function parseLimits(texts: readonly string[], transparent: boolean): ProxyLimits {
  const given = new Map([...(transparent ? TRANSPARENT_DEFAULTS : []), ...texts.map(parseLimit)]);
  const value = (name: LimitName): number => given.get(name) ?? ROWS[name].default;
  return {
    http1: {
      headBytesMax: value("headBytesMax"),
      targetBytesMax: Math.min(value("targetBytesMax"), value("headBytesMax")),
      fieldCountMax: value("fieldCountMax"),
      trailerBytesMax: value("trailerBytesMax"),
      chunkExtensionBytesMax: value("chunkExtensionBytesMax"),
      informationalMax: value("informationalMax"),
    },
    server: {
      ...server,
      headTimeoutMs: value("callerHeadTimeoutMs"),
      idleTimeoutMs: value("callerIdleTimeoutMs"),
      bodyIdleTimeoutMs: value("callerBodyIdleTimeoutMs"),
      bodyBytesPerSecondMin: value("callerBodyBytesPerSecondMin"),
    },
    client: {
      ...client,
      connectTimeoutMs: value("endpointConnectTimeoutMs"),
      idleTimeoutMs: value("endpointIdleTimeoutMs"),
    },
    pool: {
      connectionsMax: value("endpointConnectionsMax"),
      waitingMax: value("endpointWaitingMax"),
      idleMax: value("endpointIdleMax"),
    },
    tcp: { idleTimeoutMs: value("tcpIdleTimeoutMs") },
    detection: {
      silentWaitMs: value("detectSilentWaitMs"),
      undecidedWaitMs: value("detectUndecidedWaitMs"),
    },
  };
}

function parseLimit(text: string): readonly [LimitName, number] {
  const found = /^(\w+)=(\d{1,12})$/.exec(text);
  if (found === null) throw new UsageError(`--limit: ${JSON.stringify(text)} is not NAME=NUMBER`);
  const [, name = "", digits = ""] = found;
  if (!isLimitName(name)) {
    const names = Object.keys(ROWS);
    const near = nearest(name, names);
    const hint = near === undefined ? `there is ${names.join(", ")}` : `did you mean ${near}?`;
    throw new UsageError(`--limit: there is no limit ${name}; ${hint}`);
  }
  const { min, max } = ROWS[name];
  const value = Number(digits);
  if (value < min || value > max) {
    throw new UsageError(`--limit: ${name} can be ${min} to ${max}, not ${digits}`);
  }
  return [name, value];
}

function isLimitName(name: string): name is LimitName {
  return Object.hasOwn(ROWS, name);
}

function row(standard: number, min: number, max: number): LimitRow {
  return { default: standard, min, max };
}
