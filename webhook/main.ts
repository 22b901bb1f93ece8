/** The webhook: what its command line says, in terms of its parts. Its composition root. */
import { hostname } from "node:os";
import { resolve } from "node:path";
import { formatAddress } from "../base/address.ts";
import { createProgram } from "../base/command-program.ts";
import { defineCommand, type FlagValues } from "../base/flags.ts";
import { createLog } from "../base/log.ts";
import { createSystemRandom, systemClock, systemTimers } from "../base/platform/system.ts";
import { EXIT, type ProgramIo, UsageError, whenAborted } from "../base/program.ts";
import { logFormatFlag, logLevelFlag } from "../base/program-flags.ts";
import { VERSION } from "../base/version.ts";
import type { InjectionPolicy } from "../inject/decide-injection.ts";
import { defaultInjectOptions, operatorAddress } from "../inject/inject-options.ts";
import { injectionPolicyFlags, readPolicyFlags } from "../inject/policy-flags.ts";
import { HttpTransport } from "../kube/http-transport.ts";
import { inClusterCredentials } from "../kube/in-cluster.ts";
import { kubeconfigCredentials } from "../kube/kubeconfig.ts";
import { startWebhook } from "./start-webhook.ts";

export const webhookCommand = defineCommand({
  name: "webhook",
  summary: "put proxies into the pods of a cluster, and check the mesh's objects",
  description:
    "Answers the API server of a cluster, over TLS: before a pod is made, whether it gets a " +
    "proxy; before an object of the mesh is taken, what is wrong with it. What it shows as its " +
    "certificate is the Secret heddle-webhook-tls, which the operator keeps, or a folder. It is " +
    "exchanged while the webhook runs.",
  flags: {
    address: {
      kind: "address",
      help: "where the API server asks",
      default: "127.0.0.1:4193",
    },
    "webhook-admin": {
      kind: "address",
      help: "where it answers questions: metrics, readiness",
      default: "127.0.0.1:4194",
    },
    kubeconfig: {
      kind: "string",
      value: "FILE",
      completes: "files",
      env: "KUBECONFIG",
      help: "how to reach the cluster where this is no pod; its current context counts",
    },
    namespace: {
      kind: "string",
      default: "heddle",
      env: "POD_NAMESPACE",
      help: "where Heddle is installed; nothing in it is injected",
    },
    "tls-folder": {
      kind: "string",
      value: "DIR",
      completes: "folders",
      help: "with tls.crt and tls.key, instead of the Secret; read again when they change",
    },
    image: {
      kind: "string",
      value: "IMAGE",
      default: `heddle:${VERSION}`,
      help: "what the injected containers run",
    },
    operator: {
      kind: "string",
      value: "ADDRESS",
      help: "where proxies find the operator; in --namespace if absent",
    },
    ...injectionPolicyFlags,
    "cluster-domain": { kind: "string", help: "what ends a full name", default: "cluster.local" },
    "drain-time": {
      kind: "duration",
      default: "5s",
      help: "how long it serves on when it is told to stop, until nobody comes any more",
    },
    "log-level": logLevelFlag,
    "log-format": logFormatFlag,
  },
  examples: [
    {
      command: "heddle webhook --address 0.0.0.0:4193 --webhook-admin 0.0.0.0:4194",
      meaning: "in a pod",
    },
    {
      command: "heddle webhook --kubeconfig ~/.kube/config --tls-folder certs/",
      meaning: "outside of the cluster, with certificates of one's own",
    },
  ],
});

type WebhookFlags = FlagValues<typeof webhookCommand.flags>;

export const webhook = createProgram(webhookCommand, runWebhook);

async function runWebhook(
  { flags }: { readonly flags: WebhookFlags },
  io: ProgramIo,
): Promise<number> {
  const log = createLog({
    level: flags["log-level"],
    format: flags["log-format"],
    wallMs: () => systemClock.wallMs(),
    write: (line) => void io.stderr.write(line),
  });
  const random = createSystemRandom();
  const path = (file: string | undefined) =>
    file === undefined ? null : resolve(io.workingFolder, file);
  const running = await startWebhook({
    transport: createTransport(flags, io),
    address: flags.address,
    admin: flags["webhook-admin"],
    policy: readPolicy(flags),
    clusterDomain: flags["cluster-domain"],
    defaultsFile: path(flags.defaults),
    tlsFolder: path(flags["tls-folder"]),
    drainMs: flags["drain-time"],
    // A host may run a webhook again: the earlier one is another.
    identity: `${hostname()}_${random.nextUint32().toString(16)}`,
    ...{ clock: systemClock, timers: systemTimers, random, log },
  });
  log.info("the webhook has started", {
    address: formatAddress(running.address),
    admin: formatAddress(running.admin),
  });
  await whenAborted(io.stop);
  log.info("the webhook stops", { signal: String(io.stop.reason) });
  await running.stop();
  return EXIT.ok;
}

/** A pod's own credentials count where nothing else is said. */
function createTransport({ kubeconfig }: WebhookFlags, io: ProgramIo): HttpTransport {
  const readCredentials =
    kubeconfig === undefined
      ? inClusterCredentials({ env: io.env, clock: systemClock })
      : kubeconfigCredentials(resolve(io.workingFolder, kubeconfig));
  if (readCredentials === undefined) {
    throw new UsageError("this is no pod: --kubeconfig says how to reach the cluster");
  }
  return new HttpTransport({ readCredentials, userAgent: `heddle-webhook/${VERSION}` });
}

function readPolicy(flags: WebhookFlags): InjectionPolicy {
  const { namespace, image, "cluster-domain": clusterDomain } = flags;
  const operator = flags.operator ?? operatorAddress(namespace, clusterDomain);
  return {
    defaults: defaultInjectOptions(image, operator),
    meshNamespace: namespace,
    ...readPolicyFlags(flags),
  };
}
