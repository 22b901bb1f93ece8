/** Connects to the cluster that is meant. Loaded when a verb asks for one, with its client. */
import type { Clock } from "../../base/clock.ts";
import { EXIT, ProgramError, type ProgramIo } from "../../base/program.ts";
import type { Timers } from "../../base/timers.ts";
import { VERSION } from "../../base/version.ts";
import { HttpTransport } from "../../kube/http-transport.ts";
import { inClusterCredentials } from "../../kube/in-cluster.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import { type Kubeconfig, readKubeconfig } from "../../kube/kubeconfig.ts";
import { printable } from "../output/printable.ts";
import type { Cluster, ClusterChoice } from "./cluster.ts";
import { ANSWER_MS_MAX, KubeCluster } from "./kube-cluster.ts";
import { kubeconfigFiles } from "./kubeconfig-files.ts";

export interface ConnectOptions {
  readonly io: Pick<ProgramIo, "env" | "workingFolder" | "stop">;
  readonly clock: Clock;
  readonly timers: Timers;
}

export async function connectCluster(
  choice: ClusterChoice,
  { io, clock, timers }: ConnectOptions,
): Promise<Cluster> {
  const found = await findKubeconfig(choice, io, clock);
  const { context, server, namespace, readCredentials } = found;
  const transport = new HttpTransport({ readCredentials, userAgent: `heddle/${VERSION}` });
  return new KubeCluster({
    client: new KubeClient({ transport, timers, readSilenceMs: ANSWER_MS_MAX }),
    context,
    server,
    namespace: namespace === "" ? "default" : namespace,
    timers,
    stop: io.stop,
    forward: async (door, signal) => {
      const { forwardPort } = await import("./forwarded-port.ts");
      return await forwardPort(door, readCredentials, signal);
    },
    close: () => transport.close(),
  });
}

async function findKubeconfig(
  choice: ClusterChoice,
  io: ConnectOptions["io"],
  clock: Clock,
): Promise<Kubeconfig> {
  const files = await kubeconfigFiles(choice, io);
  if (files.length === 0) {
    const readCredentials = inClusterCredentials({ env: io.env, clock });
    if (readCredentials === undefined || choice.context !== undefined) throw nothingKnown();
    const server = "https://kubernetes.default.svc";
    return { context: "of this pod", namespace: "", server, readCredentials };
  }
  try {
    return await readKubeconfig(files, choice.context);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new ProgramError(printable(`kubeconfig: ${text}`), EXIT.unavailable, error);
  }
}

function nothingKnown(): ProgramError {
  return new ProgramError(
    "no cluster is known here: there is neither a file of KUBECONFIG nor ~/.kube/config; " +
      "name one with --kubeconfig",
    EXIT.unavailable,
  );
}
