/** The command lines of the two programs that `heddle run` starts. */
import { type Address, formatAddress } from "../../base/address.ts";
import { formatDuration } from "../../base/duration.ts";

/** How many requests each of `apps` gets at a time. */
export interface AppLimits {
  /** Undefined: as many as come. */
  readonly concurrency: number | undefined;
  readonly adaptive: boolean;
  readonly queueLength: number;
  readonly queueTimeoutMs: number;
}

export interface StandaloneOptions {
  readonly folder: string;
  readonly outbound: Address;
  readonly inbound: Address | undefined;
  /** `SERVICE=HOST:PORT`, as given. */
  readonly apps: readonly string[];
  readonly appLimits: AppLimits;
  readonly admin: Address;
  readonly control: Address;
  readonly operatorAdmin: Address;
  readonly namespace: string;
  readonly clusterDomain: string;
  readonly egress: boolean;
  /** `NAME=NUMBER`, as given. */
  readonly limits: readonly string[];
  /** Threads of the proxy. */
  readonly workers: number;
  readonly state: string | undefined;
  readonly accessLog: string;
  readonly logLevel: string;
  readonly logFormat: string;
}

export function operatorArguments(options: StandaloneOptions): readonly string[] {
  const args = ["operator", options.folder];
  args.push("--control", formatAddress(options.control));
  args.push("--operator-admin", formatAddress(options.operatorAdmin));
  args.push("--cluster-domain", options.clusterDomain);
  if (options.state !== undefined) args.push("--state", options.state);
  args.push("--log-level", options.logLevel, "--log-format", options.logFormat);
  return args;
}

export function proxyArguments(options: StandaloneOptions): readonly string[] {
  const args = ["proxy", "--operator", `ws://${formatAddress(options.control)}`];
  args.push("--outbound", formatAddress(options.outbound));
  if (options.inbound !== undefined) args.push("--inbound", formatAddress(options.inbound));
  for (const app of options.apps) args.push("--app", app);
  if (options.apps.length > 0) args.push(...appLimitArguments(options.appLimits));
  args.push("--admin", formatAddress(options.admin));
  args.push("--namespace", options.namespace);
  if (options.egress) args.push("--egress");
  for (const limit of options.limits) args.push("--limit", limit);
  args.push("--workers", String(options.workers), "--access-log", options.accessLog);
  args.push("--log-level", options.logLevel, "--log-format", options.logFormat);
  return args;
}

function appLimitArguments(limits: AppLimits): readonly string[] {
  const { concurrency, adaptive, queueLength, queueTimeoutMs } = limits;
  const args = [
    "--app-queue",
    String(queueLength),
    "--app-queue-timeout",
    formatDuration(queueTimeoutMs),
  ];
  if (concurrency !== undefined) args.push("--app-concurrency", String(concurrency));
  if (adaptive) args.push("--app-adaptive");
  return args;
}
