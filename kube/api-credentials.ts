/** Where an API server is, and what it is shown: from a kubeconfig, or from a pod's own files. */
import type { Agent } from "node:http";

export interface ApiCredentials {
  /** `https://10.96.0.1:443`, perhaps with a path. */
  readonly server: string;
  readonly tls: ApiTls;
  /** Lower-case names; `authorization` for one. */
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined for the straight way. */
  readonly proxy?: ApiProxy | undefined;
}

/** What the way to the API server leads through. */
export interface ApiProxy {
  /** `http://10.0.0.1:3128`, for messages. */
  readonly name: string;
  /** What connects. */
  readonly agent: Agent;
}

export interface ApiTls {
  /** PEM; undefined for the system's. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** What the certificate must name where that is not the host. */
  readonly serverName?: string | undefined;
  /** False where the kubeconfig says that anyone will do. */
  readonly verify: boolean;
}

/**
 * Called before every request, and so cheap but for the first time. With `renew`, what was read
 * before has been refused.
 */
export type ReadCredentials = (renew: boolean) => Promise<ApiCredentials>;
