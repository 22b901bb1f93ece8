/**
 * What of kubeconfig files the library leaves out: a token's file, programs beside the file and
 * what they are told, contexts without a user. Whatever nobody honours is refused: to go on without
 * it would be to come as somebody else.
 */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Cluster, KubeConfig, User } from "@kubernetes/client-node";
import { readFailure } from "../base/read-failure.ts";
import { isRecord } from "../base/shape.ts";

/** Of a context that names no user: the library asks for one before it looks at certificates. */
export const NOBODY: User = { name: "" };

const EXEC_INFO = "KUBERNETES_EXEC_INFO";
/** With them somebody's rights are others' as well. */
const NOT_HONOURED = ["as-groups", "as-uid", "as-user-extra"] as const;

type Fields = Readonly<Record<string, unknown>>;

/** One user, as the file has it. */
export interface WrittenUser {
  readonly user: User;
  readonly fields: Fields;
  /** Where relative paths begin. */
  readonly folder: string;
}

export interface KubeconfigFile {
  readonly config: KubeConfig;
  readonly users: readonly WrittenUser[];
}

/** Throws, in one line, when it cannot be read or is none. */
export async function readKubeconfigFile(file: string): Promise<KubeconfigFile> {
  const { KubeConfig, loadYaml } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  try {
    const text = readFileSync(file, "utf8");
    if (isBlank(text)) return { config, users: [] };
    const document: unknown = loadYaml(text);
    if (!isRecord(document)) throw new Error("it is no kubeconfig");
    config.loadFromString(text);
    const folder = dirname(file);
    config.makePathsAbsolute(folder);
    return { config, users: config.users.map((user) => written(user, document, folder)) };
  } catch (cause) {
    // What YAML says of a mistake goes on with a picture of it.
    const [line = ""] = readFailure(cause).split("\n");
    throw new Error(`${file} cannot be read: ${line}`, { cause });
  }
}

/** To kubectl such a file is one that is not there. */
function isBlank(text: string): boolean {
  return text.split("\n").every((line) => /^\s*(#|$)/.test(line));
}

function written(user: User, { users }: Fields, folder: string): WrittenUser {
  const entries: readonly unknown[] = Array.isArray(users) ? users : [];
  const entry = entries.filter(isRecord).find(({ name }) => name === user.name);
  return { user, fields: isRecord(entry?.user) ? entry.user : {}, folder };
}

/** As whom to come. Throws for what nobody honours, and when the token's file cannot be read. */
export function settleUser({ user, fields, folder }: WrittenUser, cluster: Cluster): User {
  const left = NOT_HONOURED.find((name) => fields[name] !== undefined);
  if (left !== undefined) {
    throw new Error(`user ${JSON.stringify(user.name)} has ${left}, which cannot be honoured here`);
  }
  const { tokenFile } = fields;
  if (typeof tokenFile === "string" && tokenFile !== "") {
    return { ...user, token: readFileSync(resolve(folder, tokenFile), "utf8").trim() };
  }
  return isRecord(user.exec) ? { ...user, exec: settleProgram(user.exec, folder, cluster) } : user;
}

/** https://kubernetes.io/docs/reference/config-api/client-authentication.v1/ */
function settleProgram(exec: Fields, folder: string, cluster: Cluster): Fields {
  const { command, apiVersion, provideClusterInfo } = exec;
  const isBeside = typeof command === "string" && command.includes("/");
  const { server, caData, skipTLSVerify, tlsServerName, proxyUrl } = cluster;
  const info = {
    ...{ server, "certificate-authority-data": caData, "tls-server-name": tlsServerName },
    ...{ "insecure-skip-tls-verify": skipTLSVerify, "proxy-url": proxyUrl },
  };
  const spec = { interactive: false, ...(provideClusterInfo === true ? { cluster: info } : {}) };
  const value = JSON.stringify({ kind: "ExecCredential", apiVersion, spec });
  const env = Array.isArray(exec.env) ? exec.env : [];
  return {
    ...exec,
    ...(isBeside ? { command: resolve(folder, command) } : {}),
    env: [...env, { name: EXEC_INFO, value }],
  };
}

/** What went wrong with the program that is to say who somebody is; undefined without one. */
export function programProblem({ exec }: User, cause: unknown): string | undefined {
  if (!isRecord(exec)) return undefined;
  const { command, installHint } = exec;
  const text = cause instanceof Error ? cause.message.trim() : String(cause);
  const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
  const why = isMissing ? "is not there" : `failed: ${text === "" ? "it did not say why" : text}`;
  const hint = typeof installHint === "string" && isMissing ? `; ${installHint.trim()}` : "";
  return `the program ${String(command)} of user credentials ${why}${hint}`;
}
