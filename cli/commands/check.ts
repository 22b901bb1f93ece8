/** `heddle check`: does everything work, and what is to be done where it does not. */
import { type Address, parseAddress } from "../../base/address.ts";
import { EXIT, UsageError } from "../../base/program.ts";
import { HttpError } from "../api/http.ts";
import type { CheckGroup } from "../checks/check-group.ts";
import { checkProxy } from "../checks/check-proxy.ts";
import { findProxy } from "../cluster/find-proxy.ts";
import { type CommandContext, defineVerb } from "../command.ts";
import { formatChecks, formatShortChecks, hasPassed } from "../output/check-list.ts";
import { choosePaint } from "../output/paint.ts";
import { formatStructured } from "../output/structured.ts";
import { pause } from "../pause.ts";
import { clusterFlags, operatorFlags, PROXY_ADMIN_DEFAULT, proxyFlags } from "../shared-flags.ts";

const WAIT_POLL_MS = 2_000;
const USUAL_PROXY = parseAddress(PROXY_ADMIN_DEFAULT) ?? { host: "127.0.0.1", port: 4191 };

interface Flags {
  readonly proxy: boolean;
  readonly pod: string | undefined;
  readonly pre: boolean;
  readonly admin: Address | undefined;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly "mesh-namespace": string;
}

export const check = defineVerb(
  {
    name: "check",
    summary: "check that everything works, and say what to do where it does not",
    description:
      "In a cluster: whether its API server and kubelets are new enough, whether the programs " +
      "run, have read the cluster and one of them leads, whether the API server reaches the " +
      "webhook and believes its certificate, how long certificates are good for, which pods " +
      "lack the proxy that their namespace asks for, and which objects are not accepted. With " +
      "--pre it tells whether an installation could begin, and which rights are missing.\n\n" +
      "Of a running proxy: whether it is ready, whether connections of applications really come " +
      "to it (it dials itself through the kernel's rules to find out), whether an operator is " +
      "connected and how old its word is, how many files it may open, and which connections came " +
      "past it.\n\n" +
      "Without a flag a proxy is checked where one answers on this machine, and the cluster " +
      "where one is known. The exit code is 1 when a check has failed; a warning alone leaves " +
      "it 0. What you may not look at is a warning, but for whether the programs run: without " +
      "that nothing was checked.",
    flags: {
      pre: { kind: "boolean", help: "only whether Heddle could be installed in the cluster" },
      proxy: { kind: "boolean", help: "only the proxy at --admin, or of --pod" },
      pod: proxyFlags.pod,
      wait: {
        kind: "duration",
        help: "look again until nothing has failed, for so long at most",
      },
      output: {
        kind: "enum",
        short: "o",
        values: ["text", "short", "json", "yaml"],
        default: "text",
        help: "form of the output; short leaves out what is well",
      },
      admin: {
        kind: "address",
        env: "HEDDLE_ADMIN",
        help: `where the proxy answers questions; if absent ${PROXY_ADMIN_DEFAULT}`,
      },
      ...clusterFlags,
      "mesh-namespace": operatorFlags["mesh-namespace"],
    },
    examples: [
      { command: "heddle check --pre", meaning: "can Heddle be installed here, and by me?" },
      { command: "heddle check --wait 2m", meaning: "after an installation, in a script" },
      { command: "heddle check --proxy", meaning: "is this proxy in the way of traffic?" },
      { command: "heddle check --pod shop/web-0", meaning: "the same of a pod in the cluster" },
      { command: "heddle check --proxy -o json", meaning: "for a script" },
    ],
  },
  async ({ flags }, context) => {
    if ((flags.proxy || flags.pod !== undefined) && flags.pre)
      throw new UsageError("--pre is about a cluster, --proxy and --pod are about one proxy");
    const isNamed = flags.kubeconfig !== undefined || flags.context !== undefined;
    if (flags.proxy && flags.pod === undefined && isNamed)
      throw new UsageError("--proxy is about the proxy at --admin; --pod names one of the cluster");
    const deadlineMs = context.clock.nowMs() + (flags.wait ?? 0);
    let groups = await look(flags, context);
    while (!hasPassed(groups) && context.clock.nowMs() < deadlineMs) {
      if (!(await pause(context, WAIT_POLL_MS))) break;
      groups = await look(flags, context);
    }
    const { io } = context;
    const passed = hasPassed(groups);
    const paint = choosePaint({ isTerminal: io.stdout.isTerminal, environment: io.env });
    if (flags.output === "text") io.stdout.write(formatChecks(groups, paint));
    else if (flags.output === "short") io.stdout.write(formatShortChecks(groups, paint));
    else io.stdout.write(await formatStructured({ passed, groups }, flags.output));
    return passed ? EXIT.ok : EXIT.failed;
  },
);

async function look(flags: Flags, context: CommandContext): Promise<readonly CheckGroup[]> {
  if (flags.pod !== undefined) return [await lookAtPod(flags, context)];
  const places = { proxyAdmin: flags.admin ?? USUAL_PROXY };
  const choice = { kubeconfig: flags.kubeconfig, context: flags.context };
  const isNamed = choice.kubeconfig !== undefined || choice.context !== undefined;
  const isClusterMeant = flags.pre || isNamed;
  const isKnown = isClusterMeant || (await context.clusters.isKnown(choice));
  if (flags.proxy || !isKnown) return [await checkProxy(context, places)];
  const isProxyMeant = flags.admin !== undefined;
  const hasProxy = isProxyMeant || (!isClusterMeant && (await answers(context)));
  const proxy = hasProxy ? [await checkProxy(context, places)] : [];
  return [...(await lookAtCluster(flags, context)), ...proxy];
}

async function lookAtPod(flags: Flags, context: CommandContext): Promise<CheckGroup> {
  const found = await findProxy({ ...flags, admin: flags.admin ?? USUAL_PROXY }, context);
  const places = { proxyAdmin: found.address, proxyGet: found.get, proxyPlace: found.place };
  return await checkProxy(context, places).finally(found.close);
}

async function lookAtCluster(flags: Flags, context: CommandContext) {
  // Loaded only here, with all that an installation consists of.
  const { checkCluster } = await import("../checks/check-cluster.ts");
  const { kubeconfig, context: name } = flags;
  const cluster = await context.clusters.connect({ kubeconfig, context: name });
  const subject = { cluster, meshNamespace: flags["mesh-namespace"], isBefore: flags.pre };
  try {
    return await checkCluster(subject, context);
  } finally {
    cluster.close();
  }
}

/** Of a machine where none runs nobody wants to hear that none answers. */
async function answers({ get }: CommandContext): Promise<boolean> {
  try {
    await get(USUAL_PROXY, "/version");
    return true;
  } catch (error) {
    if (error instanceof HttpError) return error.failure !== "refused";
    throw error;
  }
}
