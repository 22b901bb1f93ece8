/**
 * The bounds of the proxy that an annotation may move, with what each may be. A proxy refuses to
 * start with another, and a pod would never be ready: it must be found out before. The proxy's own
 * table is compared with this one by a test.
 */
const HOUR_MS = 3_600_000;

export const LIMIT_RANGES: Readonly<Record<string, readonly [min: number, max: number]>> = {
  headBytesMax: [1_024, 1_048_576],
  targetBytesMax: [256, 1_048_576],
  fieldCountMax: [16, 8_192],
  trailerBytesMax: [256, 1_048_576],
  chunkExtensionBytesMax: [0, 1_048_576],
  informationalMax: [0, 1_000],
  callerHeadTimeoutMs: [100, HOUR_MS],
  callerIdleTimeoutMs: [100, 24 * HOUR_MS],
  callerBodyIdleTimeoutMs: [100, HOUR_MS],
  callerBodyBytesPerSecondMin: [0, 1_048_576],
  endpointConnectTimeoutMs: [10, 60_000],
  endpointIdleTimeoutMs: [0, 24 * HOUR_MS],
  endpointConnectionsMax: [1, 65_535],
  endpointWaitingMax: [0, 65_535],
  endpointIdleMax: [0, 65_535],
  tcpIdleTimeoutMs: [0, 7 * 24 * HOUR_MS],
  detectSilentWaitMs: [0, 60_000],
  detectUndecidedWaitMs: [0, 60_000],
};

/** More threads than any node has cores are a slip of the finger. */
export const WORKERS_MAX = 64;
