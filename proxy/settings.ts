/** What is fixed when the proxy starts. What changes while it runs comes from the operator. */
import type { Address } from "../base/address.ts";
import type { PortRange } from "../base/port-ranges.ts";
import type { Concurrency } from "../mesh/route-behaviour.ts";
import type { ProxyLimits } from "./app-limits.ts";
import type { AccessLogFormat } from "./telemetry/access-log.ts";

export interface ProxySettings {
  readonly name: string;
  readonly namespace: string;
  /** `ws://host:port` each; empty when it runs from a snapshot file alone. */
  readonly operators: readonly string[];
  readonly outbound: Address;
  readonly inbound: Address | null;
  readonly apps: readonly AppSetting[];
  /** How many requests each application gets at a time. */
  readonly appConcurrency: Concurrency;
  readonly admin: Address;
  readonly egress: boolean;
  /** Connections are asked where they were meant to go before the kernel redirected them here. */
  readonly transparent: boolean;
  /** Of intercepted connections: on these the server speaks first, or nobody may look. */
  readonly opaquePorts: readonly PortRange[];
  readonly accessLog: AccessLogFormat | null;
  /** Where what was right last is kept over a restart; null for nowhere. */
  readonly snapshotFile: string | null;
  /** How long requests under way may take when the proxy is told to stop. */
  readonly graceMs: number;
  /** Ready without an operator after this. */
  readonly startWithoutOperatorMs: number;
  /** Where it runs, as endpoints name it; empty when unknown. */
  readonly zone: string;
  readonly limits: ProxyLimits;
}

/** An application behind the inbound listener. */
export interface AppSetting {
  /** As the user wrote it: `web`, `web.shop`, `web.shop:80`. */
  readonly service: string;
  readonly address: Address;
}
