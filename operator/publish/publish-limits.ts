/** Every bound of the publisher, with what an honest proxy needs beside it. */
import { CONTROL_LIMITS } from "../../mesh/control-messages.ts";

export const PUBLISH_LIMITS = {
  /** Connections, greeted or not. */
  sessionsMax: 10_000,
  /**
   * A proxy has one, and a second while it is replaced or was cut off unnoticed. Beyond this the
   * oldest of a pod goes.
   */
  sessionsOfPodMax: 4,
  /** From the connection to the hello. */
  helloTimeoutMs: 5_000,
  /** A session with more than this on its way out is sent nothing until it has taken some. */
  bufferedBytesMax: 1024 * 1024,
  /** A session that takes nothing for so long while there is something is closed. */
  congestedMaxMs: 30_000,
  /** The acks of everything that a proxy can hold may come at once. */
  messagesBurst:
    2 *
    (CONTROL_LIMITS.destinationsMax +
      CONTROL_LIMITS.endpointSetsMax +
      // These are asked for one by one after the hello, and acked.
      2 * CONTROL_LIMITS.addressesMax),
  messagesPerSecond: 500,
  bytesBurst: 2 * CONTROL_LIMITS.helloBytesMax,
  bytesPerSecond: 1024 * 1024,
  /** Reports that come sooner after one another than this are dropped. */
  reportIntervalMinMs: 500,
  /** Changes that come sooner after one another than this are sent together. */
  coalesceMs: 20,
  /** Resources of sessions that are looked at in one turn. */
  pumpsPerTurnMax: 1000,
  /** Between two times that proxies are asked to go, while an operator leaves. */
  drainStepMs: 50,
} as const;

export type PublishLimits = { readonly [name in keyof typeof PUBLISH_LIMITS]: number };
