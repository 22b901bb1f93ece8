/** Where an API server is, and what it is shown: from a kubeconfig, or from a pod's own files. */
export interface ApiCredentials {
  /** `https://10.96.0.1:443`, perhaps with a path. */
  readonly server: string;
  readonly tls: ApiTls;
  /** Lower-case names; `authorization` for one. */
  readonly headers: Readonly<Record<string, string>>;
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
