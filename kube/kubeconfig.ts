/**
 * A kubeconfig file, read by the library that knows all of its ways: contexts, client certificates,
 * tokens, exec plugins, OpenID Connect. It is loaded only here and only when there is such a file:
 * it costs more memory than the rest of the operator, and a pod does without.
 */

import { Agent } from "node:http";
import type { RequestOptions } from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";
import type { ApiCredentials, ReadCredentials } from "./api-credentials.ts";
import { NOBODY, programProblem, readKubeconfigFile, settleUser } from "./kubeconfig-file.ts";

/** One context of one or more files. */
export interface Kubeconfig {
  readonly context: string;
  /** What the context says; empty when it says nothing. */
  readonly namespace: string;
  /** `https://10.96.0.1:443` */
  readonly server: string;
  readonly readCredentials: ReadCredentials;
}

/** Reads `file` at the first call, and again when credentials have to be renewed. */
export function kubeconfigCredentials(file: string): ReadCredentials {
  return renewing(() => loadFiles([file], undefined));
}

/**
 * Reads the files, of which the first that has a name decides over it, as kubectl does. `context`
 * is the one to use; undefined for the current one. Throws where there is no such context, or when
 * a file cannot be read.
 */
export async function readKubeconfig(
  files: readonly string[],
  context: string | undefined,
): Promise<Kubeconfig> {
  const config = await loadFiles(files, context);
  const name = config.getCurrentContext();
  return {
    context: name,
    namespace: config.getContextObject(name)?.namespace ?? "",
    server: config.getCurrentCluster()?.server ?? "",
    readCredentials: renewing(() => loadFiles(files, name), config),
  };
}

/** Their authenticators keep tokens for as long as those say: only a new configuration forgets. */
function renewing(load: () => Promise<KubeConfig>, first?: KubeConfig): ReadCredentials {
  let loaded = first === undefined ? undefined : Promise.resolve(first);
  return async (renew) => {
    if (renew) loaded = undefined;
    loaded ??= load();
    const loading = loaded;
    try {
      return await credentialsOf(await loading);
    } catch (cause) {
      if (loaded === loading) loaded = undefined;
      throw cause;
    }
  };
}

async function loadFiles(
  files: readonly string[],
  context: string | undefined,
): Promise<KubeConfig> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const read = await Promise.all(files.map(readKubeconfigFile));
  const configs = read.map(({ config }) => config);
  const clusters = firstOfEach(configs.flatMap((config) => config.clusters));
  const contexts = firstOfEach(configs.flatMap((config) => config.contexts));
  const merged = new KubeConfig();
  merged.loadFromOptions({
    // The library would have one without TLS say that nobody is looked at.
    clusters: clusters.map((cluster) =>
      cluster.server.startsWith("http:") ? { ...cluster, skipTLSVerify: true } : cluster,
    ),
    users: [],
    contexts: contexts.map((one) => ({ ...one, user: one.user ?? NOBODY.name })),
    currentContext: context ?? configs.find((config) => config.currentContext)?.currentContext,
  });
  const name = merged.getCurrentContext();
  const where = files.join(" and ");
  if (!name) throw new Error(`${where} has no current context`);
  if (merged.getContextObject(name) === null) {
    const known = merged.contexts.map((one) => one.name).join(", ");
    throw new Error(`${where} has no context ${JSON.stringify(name)}, but ${known || "none"}`);
  }
  const cluster = merged.getCurrentCluster();
  if (cluster === null) {
    throw new Error(`${where} names no cluster in its context ${JSON.stringify(name)}`);
  }
  const wanted = merged.getContextObject(name)?.user ?? NOBODY.name;
  const user = read.flatMap(({ users }) => users).find((one) => one.user.name === wanted);
  if (user === undefined && wanted !== NOBODY.name) {
    const quoted = JSON.stringify(wanted);
    throw new Error(
      `${where} has no user ${quoted}, whom its context ${JSON.stringify(name)} names`,
    );
  }
  // Whatever says who somebody is would be for all to read: kubectl keeps it to itself too.
  const isPlain = clusters.some(
    ({ name, server, skipTLSVerify }) =>
      name === cluster.name && server.startsWith("http:") && !skipTLSVerify,
  );
  merged.users = [user === undefined || isPlain ? { name: wanted } : settleUser(user, cluster)];
  return merged;
}

function firstOfEach<T extends { readonly name: string }>(entries: readonly T[]): T[] {
  const byName = new Map<string, T>();
  for (const entry of entries) if (!byName.has(entry.name)) byName.set(entry.name, entry);
  return [...byName.values()];
}

async function credentialsOf(config: KubeConfig): Promise<ApiCredentials> {
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (cause) {
    const problem = programProblem(config.getCurrentUser() ?? NOBODY, cause);
    throw problem === undefined ? cause : new Error(problem, { cause });
  }
  const { server = "", proxyUrl = "" } = config.getCurrentCluster() ?? {};
  return {
    server,
    // The library's own agent knows how to get through; else connections are kept here.
    proxy:
      proxyUrl !== "" && options.agent instanceof Agent
        ? { name: withoutUser(proxyUrl), agent: options.agent }
        : undefined,
    tls: {
      ca: pem(options.ca),
      cert: pem(options.cert),
      key: pem(options.key),
      serverName: options.servername,
      verify: options.rejectUnauthorized !== false,
    },
    headers: headersOf(options),
  };
}

function withoutUser(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
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
