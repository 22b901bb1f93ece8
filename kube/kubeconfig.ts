/**
 * A kubeconfig file, read by the library that knows all of its ways: contexts, client certificates,
 * tokens, exec plugins, OpenID Connect. It is loaded only here and only when there is such a file:
 * it costs more memory than the rest of the operator, and a pod does without.
 */
import type { RequestOptions } from "node:https";
import type { ApiCredentials, ReadCredentials } from "./api-credentials.ts";

/** Reads `file` at the first call, and again when credentials have to be renewed. */
export function kubeconfigCredentials(file: string): ReadCredentials {
  let loaded: ReturnType<typeof loadKubeconfig> | undefined;
  return async (renew) => {
    // Its authenticators keep tokens for as long as those say: only new ones forget.
    if (renew) loaded = undefined;
    loaded ??= loadKubeconfig(file);
    const loading = loaded;
    try {
      return await (await loading)();
    } catch (cause) {
      if (loaded === loading) loaded = undefined;
      throw cause;
    }
  };
}

async function loadKubeconfig(file: string): Promise<() => Promise<ApiCredentials>> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromFile(file);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error(`${file} names no cluster in its current context`);
  return async () => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    return {
      server: cluster.server,
      tls: {
        ca: pem(options.ca),
        cert: pem(options.cert),
        key: pem(options.key),
        serverName: options.servername,
        verify: options.rejectUnauthorized !== false,
      },
      headers: headersOf(options),
    };
  };
}

function pem(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return Buffer.isBuffer(value) ? value.toString("utf8") : undefined;
}

function headersOf({ headers, auth }: RequestOptions): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (typeof value === "string") kept[name.toLowerCase()] = value;
  }
  if (typeof auth === "string") {
    kept.authorization = `Basic ${Buffer.from(auth).toString("base64")}`;
  }
  return kept;
}
