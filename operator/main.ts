/**
 * The operator over a folder or over a cluster: composes its parts, starts them in order and stops
 * them in the reverse order. The composition root of `heddle operator`.
 */
import { stat } from "node:fs/promises";
import { homedir, hostname } from "node:os";
import { join, resolve } from "node:path";
import { formatAddress } from "../base/address.ts";
import { revisionOf } from "../base/canonical-json.ts";
import { createProgram } from "../base/command-program.ts";
import { defineCommand, type ParsedCommand } from "../base/flags.ts";
import { createLog } from "../base/log.ts";
import { createSystemRandom, systemClock, systemTimers } from "../base/platform/system.ts";
import {
  type Environment,
  EXIT,
  ProgramError,
  type ProgramIo,
  UsageError,
  whenAborted,
} from "../base/program.ts";
import { logFormatFlag, logLevelFlag } from "../base/program-flags.ts";
import { readFailure } from "../base/read-failure.ts";
import { VERSION } from "../base/version.ts";
import { OPERATOR } from "../inject/names.ts";
import { injectionPolicyFlags, readPolicyFlags } from "../inject/policy-flags.ts";
import { HttpTransport } from "../kube/http-transport.ts";
import { inClusterCredentials } from "../kube/in-cluster.ts";
import { kubeconfigCredentials } from "../kube/kubeconfig.ts";
import { defaultInjectionPolicy } from "./kubernetes-sources.ts";
import {
  type ControlPlace,
  formatControlPlace,
  isLocalPlace,
  parseControlPlace,
} from "./publish/control-place.ts";
import type { ReplicaOptions } from "./replicas/hand-over.ts";
import {
  type FolderOrigin,
  type KubernetesOrigin,
  type SecureOptions,
  startOperator,
} from "./start-operator.ts";

export const operatorCommand = defineCommand({
  name: "operator",
  summary: "read the mesh's objects and bring them to the proxies",
  description:
    "Reads the manifests in a folder and everything below it, watches them, and serves what " +
    "follows from them to proxies. An invalid edit is reported and changes nothing: the last " +
    "accepted version of each object stays in force, also over a restart. With --kubernetes the " +
    "objects are those of a cluster.",
  positionals: [
    {
      name: "DIR",
      help: "folder with manifests, YAML or JSON; none with --kubernetes",
      completes: "folders",
      optional: true,
    },
  ],
  flags: {
    kubernetes: {
      kind: "boolean",
      help: "read the objects of a cluster: that of this pod, or of --kubeconfig",
    },
    kubeconfig: {
      kind: "string",
      needs: ["kubernetes"],
      value: "FILE",
      completes: "files",
      env: "KUBECONFIG",
      help: "how to reach the cluster where this is no pod; its current context counts",
    },
    control: {
      kind: "string",
      value: "HOST:PORT|unix:PATH",
      help: "where proxies connect; by TLS and with tokens when others can reach it",
      default: "127.0.0.1:4190",
    },
    "control-tls": {
      kind: "boolean",
      help: "TLS and tokens also where only this machine can reach it",
    },
    "join-tokens": {
      kind: "string",
      excludes: ["kubernetes"],
      value: "FILE",
      completes: "files",
      help: "without --kubernetes: who proxies of other machines are, TOKEN NAMESPACE/NAME a line",
    },
    certificates: {
      kind: "enum",
      needs: ["kubernetes"],
      values: ["self", "external"],
      default: "self",
      help: "with --kubernetes: whether the webhook's certificate is made here, or by others",
    },
    "operator-admin": {
      kind: "address",
      help: "where it answers questions: metrics, readiness, objects, services, proxies, stats",
      default: "127.0.0.1:4192",
    },
    namespace: {
      kind: "string",
      needs: ["kubernetes"],
      default: "heddle",
      env: "POD_NAMESPACE",
      help: "with --kubernetes: where the Lease is by which one of several operators writes status",
    },
    state: {
      kind: "string",
      excludes: ["kubernetes"],
      value: "DIR",
      completes: "folders",
      help: "where accepted versions are kept; by default below XDG_STATE_HOME, by folder",
    },
    advertise: {
      kind: "string",
      value: "HOST",
      env: "POD_IP",
      help: "where other operators, and proxies, reach this one; else the host of --control",
    },
    "replica-token": {
      kind: "string",
      needs: ["kubernetes"],
      value: "FILE",
      completes: "files",
      env: "HEDDLE_OPERATOR_TOKEN_FILE",
      help: "with --kubernetes: what this operator shows to the one that leads; with --replica-ca",
    },
    "replica-ca": {
      kind: "string",
      needs: ["kubernetes"],
      value: "FILE",
      completes: "files",
      env: "HEDDLE_OPERATOR_CA_FILE",
      help: "with --kubernetes: whom it believes to be another operator of this mesh",
    },
    "hand-over": {
      kind: "duration",
      needs: ["kubernetes"],
      default: "15s",
      help: "with --kubernetes: for how long proxies are sent to other operators when it stops",
    },
    defaults: { ...injectionPolicyFlags.defaults, needs: ["kubernetes"] },
    "inject-unasked": { ...injectionPolicyFlags["inject-unasked"], needs: ["kubernetes"] },
    "accept-linkerd-annotations": {
      ...injectionPolicyFlags["accept-linkerd-annotations"],
      needs: ["kubernetes"],
    },
    "cluster-domain": { kind: "string", help: "what ends a full name", default: "cluster.local" },
    "log-level": logLevelFlag,
    "log-format": logFormatFlag,
  },
  examples: [
    { command: "heddle operator mesh/", meaning: "serve the manifests below mesh/" },
    {
      command: "heddle operator mesh/ --control 127.0.0.1:0 --operator-admin 127.0.0.1:0",
      meaning: "on ports that the system chooses; the log says which",
    },
    {
      command: "heddle operator mesh/ --control unix:/run/heddle/operator.sock",
      meaning: "for proxies in other network namespaces of this machine",
    },
    {
      command: "heddle operator --kubernetes --kubeconfig ~/.kube/config",
      meaning: "serve the objects of that cluster",
    },
  ],
});

export const operator = createProgram(operatorCommand, runOperator);

async function runOperator(
  { flags, positionals }: ParsedCommand<typeof operatorCommand.flags>,
  io: ProgramIo,
): Promise<number> {
  const control = parseControlPlace(flags.control);
  if (typeof control === "string") throw new UsageError(`--control ${flags.control}: ${control}`);
  const log = createLog({
    level: flags["log-level"],
    format: flags["log-format"],
    wallMs: () => systemClock.wallMs(),
    write: (line) => void io.stderr.write(line),
  });
  const [folder] = positionals;
  const from = flags.kubernetes
    ? {
        ...kubernetesOrigin(folder, flags, io),
        ...secureOptions(control, flags),
        replicas: replicaOptions(flags, io),
      }
    : {
        ...(await folderOrigin(folder, flags.state, io)),
        ...secureFolderOptions(control, flags, io),
      };
  const running = await startOperator({
    from,
    stop: io.stop,
    control,
    admin: flags["operator-admin"],
    clusterDomain: flags["cluster-domain"],
    clock: systemClock,
    timers: systemTimers,
    log,
  });
  const message = running.isReady()
    ? "the operator is ready"
    : "the operator has started, and is ready when it has read all objects";
  log.info(message, {
    control: formatControlPlace(running.control),
    admin: formatAddress(running.admin),
    from: from.type === "folder" ? from.shownFolder : from.type,
  });
  await whenAborted(io.stop);
  log.info("the operator stops", { signal: String(io.stop.reason) });
  await running.stop();
  return EXIT.ok;
}

async function folderOrigin(
  folder: string | undefined,
  state: string | undefined,
  io: ProgramIo,
): Promise<FolderOrigin> {
  if (folder === undefined) {
    throw new UsageError("DIR is missing: a folder with manifests, or --kubernetes");
  }
  const path = resolve(io.workingFolder, folder);
  await checkFolder(folder, path);
  const stateFolder = resolve(io.workingFolder, state ?? defaultState(folder, io));
  return { type: "folder", folder: path, shownFolder: folder, stateFolder };
}

type ClusterFlags = Parameters<typeof readPolicyFlags>[0] & {
  readonly kubeconfig: string | undefined;
  readonly namespace: string;
  readonly defaults: string | undefined;
};

/** A pod's own credentials count where nothing else is said. */
function kubernetesOrigin(
  folder: string | undefined,
  flags: ClusterFlags,
  io: ProgramIo,
): KubernetesOrigin {
  const { kubeconfig, namespace, defaults } = flags;
  if (folder !== undefined) throw new UsageError(`${folder}: with --kubernetes there is no folder`);
  const readCredentials =
    kubeconfig === undefined
      ? inClusterCredentials({ env: io.env, clock: systemClock })
      : kubeconfigCredentials(resolve(io.workingFolder, kubeconfig));
  if (readCredentials === undefined) {
    throw new UsageError("this is no pod: --kubeconfig says how to reach the cluster");
  }
  const userAgent = `heddle-operator/${VERSION}`;
  const transport = new HttpTransport({ readCredentials, userAgent });
  const random = createSystemRandom();
  // A host may run an operator again: the earlier one is another.
  const identity = `${hostname()}_${random.nextUint32().toString(16)}`;
  const policy = { ...defaultInjectionPolicy(namespace), ...readPolicyFlags(flags) };
  const defaultsFile = defaults === undefined ? null : resolve(io.workingFolder, defaults);
  return { type: "kubernetes", transport, random, namespace, identity, policy, defaultsFile };
}

interface SecureFlags {
  readonly "control-tls": boolean;
  readonly certificates: "self" | "external";
  readonly advertise: string | undefined;
}

/** Nothing where only this machine is served. */
function secureOptions(
  control: ControlPlace,
  flags: SecureFlags,
): { readonly secure?: SecureOptions } {
  if (isLocalPlace(control) && !flags["control-tls"]) return {};
  if ("path" in control)
    throw new UsageError("--control-tls: a socket in the file system has none");
  const host = flags.advertise ?? control.host;
  return { secure: { host, ownsWebhook: flags.certificates === "self" } };
}

function secureFolderOptions(
  control: ControlPlace,
  flags: SecureFlags & { readonly "join-tokens": string | undefined },
  { workingFolder }: ProgramIo,
): Pick<FolderOrigin, "secure"> {
  const { "join-tokens": file, "control-tls": isWanted, advertise } = flags;
  if (isLocalPlace(control) && !isWanted) {
    if (file === undefined) return {};
    throw new UsageError(
      `--join-tokens: nobody is asked for one at --control ${formatControlPlace(control)}, which ` +
        "only this machine can reach; --control-tls asks for them there as well",
    );
  }
  if ("path" in control)
    throw new UsageError("--control-tls: a socket in the file system has none");
  if (file === undefined) {
    throw new UsageError(
      `--control ${formatControlPlace(control)}: --join-tokens FILE is missing; without it, ` +
        "proxies are served on loopback or a unix socket only",
    );
  }
  return { secure: { host: advertise ?? control.host, joinTokens: resolve(workingFolder, file) } };
}

interface ReplicaFlags {
  readonly namespace: string;
  readonly advertise: string | undefined;
  readonly "replica-token": string | undefined;
  readonly "replica-ca": string | undefined;
  readonly "hand-over": number;
}

function replicaOptions(flags: ReplicaFlags, { workingFolder }: ProgramIo): ReplicaOptions {
  const { advertise, namespace, "replica-token": token, "replica-ca": ca } = flags;
  if ((token === undefined) !== (ca === undefined)) {
    throw new UsageError("--replica-token and --replica-ca: the one goes with the other");
  }
  return {
    handOverMs: flags["hand-over"],
    ...(advertise === undefined ? {} : { host: advertise }),
    ...(token === undefined || ca === undefined
      ? {}
      : {
          credentials: {
            tokenFile: resolve(workingFolder, token),
            caFile: resolve(workingFolder, ca),
            serverName: `${OPERATOR}.${namespace}.svc`,
          },
        }),
  };
}

async function checkFolder(shown: string, path: string): Promise<void> {
  try {
    if ((await stat(path)).isDirectory()) return;
  } catch (error) {
    const why = readFailure(error);
    throw new ProgramError(`the folder ${shown} cannot be read: ${why}`, EXIT.failed, error);
  }
  throw new UsageError(`${shown} is not a folder`);
}

/** One for each folder, so that two meshes on one machine do not share generations. */
function defaultState(folder: string, { env, workingFolder }: ProgramIo): string {
  const name = revisionOf(resolve(workingFolder, folder)).slice(0, 16);
  return join(stateHome(env), "heddle", name);
}

/** As the XDG base directory specification has it: a relative path there counts for nothing. */
function stateHome({ XDG_STATE_HOME: given, HOME: home }: Environment): string {
  if (given?.startsWith("/") === true) return given;
  return join(home === undefined || home === "" ? homedir() : home, ".local", "state");
}
