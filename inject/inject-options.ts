/**
 * What can be chosen about the containers that are injected. An option that is null is left to the
 * program that runs in the container, whose own default then holds.
 */
import { OPERATOR, OPERATOR_CONTROL_PORT } from "./names.ts";
import type { Fields } from "./pod.ts";

/** `explicit`: applications name the proxy themselves, and nothing is redirected. */
export type Mode = "transparent" | "explicit";

/** What was chosen for the proxy's container; quantities by resource: `cpu`, `memory` … */
export interface Resources {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

export interface InjectOptions {
  readonly mode: Mode;
  readonly image: string;
  readonly imagePullPolicy: string | null;
  /** As `heddle proxy --operator` takes it. */
  readonly operator: string;
  readonly inboundPort: number;
  readonly outboundPort: number;
  readonly adminPort: number;
  readonly proxyUid: number;
  readonly proxyGid: number | null;
  /** Ports and ranges, separated by commas. */
  readonly skipInboundPorts: string | null;
  readonly skipOutboundPorts: string | null;
  readonly skipSubnets: string | null;
  readonly opaquePorts: string | null;
  readonly ipv6: "auto" | "on" | "off";
  readonly egress: boolean;
  readonly workers: number;
  readonly logLevel: string | null;
  readonly logFormat: string | null;
  readonly accessLog: string | null;
  /** Null: the pod's own `terminationGracePeriodSeconds`. */
  readonly graceTime: string | null;
  readonly startWithoutOperatorAfter: string | null;
  /** `NAME=NUMBER` each. */
  readonly limits: readonly string[];
  readonly resources: Resources;
  readonly environment: readonly EnvironmentVariable[];
}

/** As a container has it: `name`, and `value` or `valueFrom`. */
export interface EnvironmentVariable extends Fields {
  readonly name: string;
}

/** Where proxies find the operator of an installation that is in the namespace. */
export function operatorAddress(namespace: string, clusterDomain: string): string {
  return `wss://${OPERATOR}.${namespace}.svc.${clusterDomain}:${OPERATOR_CONTROL_PORT}`;
}

/** `image` and `operator` depend on what is installed. */
export function defaultInjectOptions(image: string, operator: string): InjectOptions {
  return {
    mode: "transparent",
    image,
    imagePullPolicy: null,
    operator,
    inboundPort: 4143,
    outboundPort: 4140,
    adminPort: 4191,
    proxyUid: 2102,
    proxyGid: null,
    skipInboundPorts: null,
    skipOutboundPorts: null,
    skipSubnets: null,
    opaquePorts: null,
    ipv6: "auto",
    egress: false,
    workers: 1,
    logLevel: null,
    logFormat: null,
    accessLog: null,
    graceTime: null,
    startWithoutOperatorAfter: null,
    limits: [],
    resources: { requests: {}, limits: {} },
    environment: [],
  };
}
