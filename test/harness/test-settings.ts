/** Settings of a proxy under test: as small as they can be, on ports that are free. */

import type { IpFamily } from "../../base/ip-address.ts";
import { DEFAULT_CONCURRENCY } from "../../mesh/route-behaviour.ts";
import { DEFAULT_PROXY_LIMITS, type ProxyLimits } from "../../proxy/app-limits.ts";
import { DEFAULT_DETECTION_TIMING } from "../../proxy/detect/detection.ts";
import { NOTHING_INHERITED } from "../../proxy/lifecycle/inherited-sockets.ts";
import type { ProxySettings } from "../../proxy/settings.ts";

/** A proxy that is not a process of its own, as its platform has it. */
export const WITHOUT_PROCESS = {
  inherited: NOTHING_INHERITED,
  duplicateDescriptor: (): Promise<number> => Promise.reject(new Error("it has no descriptors")),
  userId: null,
  worker: null,
  process: {
    cpuSeconds: () => 0,
    residentBytes: () => 0,
    startedAtSeconds: 0,
    openFiles: () => null,
    openFilesMax: null,
    takeLoopDelaySeconds: null,
  },
  ownFamilies: (): readonly IpFamily[] => ["ipv4"],
  control: {
    shutdown: (): void => {},
    restart: (): Promise<void> => Promise.reject(new Error("it is no process")),
  },
};

export const TEST_OPERATOR = "ws://operator";

/**
 * A proxy that waits for a caller's first byte, however long that is kept on its way. Others dial
 * the server after a moment, so that there is one connection more.
 */
export const PATIENT_LIMITS: ProxyLimits = {
  ...DEFAULT_PROXY_LIMITS,
  detection: { ...DEFAULT_DETECTION_TIMING, silentWaitMs: 60_000 },
};

const LOOPBACK_ANY = { host: "127.0.0.1", port: 0 };

export function testSettings(overrides: Partial<ProxySettings> = {}): ProxySettings {
  return {
    name: "test",
    namespace: "shop",
    operators: [TEST_OPERATOR],
    outbound: LOOPBACK_ANY,
    inbound: null,
    apps: [],
    appConcurrency: DEFAULT_CONCURRENCY,
    admin: LOOPBACK_ANY,
    egress: false,
    transparent: false,
    opaquePorts: [],
    accessLog: "json",
    snapshotFile: null,
    graceMs: 1_000,
    startWithoutOperatorMs: 10_000,
    zone: "",
    limits: DEFAULT_PROXY_LIMITS,
    ...overrides,
  };
}
