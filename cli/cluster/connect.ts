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

/** Somebody may have to log in with a browser. */
const LOGIN_MS_MAX = 120_000;
const LOGIN_SILENT =
  `their program said nothing for ${LOGIN_MS_MAX / 1000} s; it cannot ask here: ` +
  "log in with kubectl first";

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
  await tryCredentials(found, timers, io.stop);
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
    throw unusable("kubeconfig", error);
  }
}

/** Before anything is asked, so that the time of a program that logs in counts for no request. */
async function tryCredentials(found: Kubeconfig, timers: Timers, stop: AbortSignal): Promise<void> {
  const { context, readCredentials } = found;
  const limit = new AbortController();
  const timer = timers.set(LOGIN_MS_MAX, () => limit.abort());
  const signal = AbortSignal.any([limit.signal, stop]);
  try {
    const ended = new Promise<never>((_, reject) => {
      const tell = () => reject(new Error(limit.signal.aborted ? LOGIN_SILENT : "stopped"));
      if (signal.aborted) tell();
      else signal.addEventListener("abort", tell, { once: true });
    });
    await Promise.race([readCredentials(false), ended]);
  } catch (error) {
    throw unusable(`the credentials of context ${context} do not work`, error);
  } finally {
    timers.clear(timer);
  }
}

function unusable(what: string, error: unknown): ProgramError {
  const text = error instanceof Error ? error.message : String(error);
  return new ProgramError(printable(`${what}: ${text}`), EXIT.unavailable, error);
}

function nothingKnown(): ProgramError {
  return new ProgramError(
    "no cluster is known here: there is neither a file of KUBECONFIG nor ~/.kube/config; " +
      "name one with --kubeconfig",
    EXIT.unavailable,
  );
}
