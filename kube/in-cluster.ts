/**
 * How a pod reaches its API server: the address that Kubernetes puts into the environment, and the
 * token and CA that it mounts. The token is renewed in its file long before it ends, so it is read
 * again from time to time, and at once when the server refuses it.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { formatAddress } from "../base/address.ts";
import type { Clock } from "../base/clock.ts";
import type { Environment } from "../base/program.ts";
import { readFailure } from "../base/read-failure.ts";
import type { ApiCredentials, ReadCredentials } from "./api-credentials.ts";

export const SERVICE_ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

const REREAD_MS = 60_000;

/** Undefined where this is no pod. */
export function inClusterCredentials(options: {
  readonly env: Environment;
  readonly clock: Clock;
  readonly folder?: string;
}): ReadCredentials | undefined {
  const { env, clock, folder = SERVICE_ACCOUNT_FOLDER } = options;
  const { KUBERNETES_SERVICE_HOST: host = "", KUBERNETES_SERVICE_PORT: port = "443" } = env;
  if (host === "") return undefined;
  const server = `https://${formatAddress({ host, port: Number(port) })}`;
  let last: { readonly credentials: ApiCredentials; readonly readMs: number } | undefined;
  return async (renew) => {
    if (last !== undefined && !renew && clock.nowMs() - last.readMs < REREAD_MS) {
      return last.credentials;
    }
    const [token, ca] = await Promise.all([
      readText(join(folder, "token")),
      readText(join(folder, "ca.crt")),
    ]);
    const headers = { authorization: `Bearer ${token.trim()}` };
    const credentials = { server, tls: { ca, verify: true }, headers };
    last = { credentials, readMs: clock.nowMs() };
    return credentials;
  };
}

async function readText(path: string): Promise<string> {
  return await readFile(path, "utf8").catch((cause: unknown) => {
    throw new Error(`${path} cannot be read: ${readFailure(cause)}`, { cause });
  });
}
