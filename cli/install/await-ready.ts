/**
 * Waits until the programs of an installation serve in the version that was applied, and says what
 * holds them up: an image that cannot be had is told at once, and not after the time limit.
 */
import { formatDuration } from "../../base/duration.ts";
import { ProgramError } from "../../base/program.ts";
import { isRecord } from "../../base/shape.ts";
import { OPERATOR, WEBHOOK } from "../../inject/names.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { DEPLOYMENTS, PODS, pathOf } from "../cluster/resources.ts";
import type { CommandContext } from "../command.ts";
import { pause } from "../pause.ts";
import { PART_OF_SELECTOR } from "./installed.ts";
import type { Report } from "./report.ts";

const POLL_MS = 1_000;

export interface AwaitOptions {
  readonly cluster: Cluster;
  readonly context: CommandContext;
  readonly report: Report;
  readonly namespace: string;
  readonly timeoutMs: number;
}

/** The programs of one installation, waited for one by one within one time limit. */
export class Rollouts {
  readonly #options: AwaitOptions;
  readonly #deadlineMs: number;
  /** What was said of pods. */
  readonly #told = new Set<string>();
  /** Programs that have been found ready. */
  readonly #ready = new Set<string>();

  constructor(options: AwaitOptions) {
    this.#options = options;
    this.#deadlineMs = options.context.clock.nowMs() + options.timeoutMs;
  }

  /** Of all programs that were not waited for yet. */
  async awaitRest(): Promise<void> {
    for (const name of [OPERATOR, WEBHOOK]) {
      if (!this.#ready.has(name)) await this.awaitOne(name);
    }
  }

  async awaitOne(name: string): Promise<void> {
    const { cluster, context, report, namespace, timeoutMs } = this.#options;
    for (;;) {
      const found = await cluster.find(pathOf(DEPLOYMENTS, { namespace, name }));
      const state = rolloutOf(found);
      if (state === "") break;
      for (const trouble of await podTroubles(cluster, namespace)) {
        if (!this.#told.has(trouble)) report.line("warning", trouble);
        this.#told.add(trouble);
      }
      if (context.clock.nowMs() >= this.#deadlineMs) {
        throw new ProgramError(
          `Deployment ${namespace}/${name} is not ready after ${formatDuration(timeoutMs)}: ` +
            `${state}; "heddle check" tells more`,
        );
      }
      if (!(await pause(context, POLL_MS))) throw new ProgramError("stopped");
    }
    this.#ready.add(name);
    report.line("done", `Deployment ${namespace}/${name} is ready`);
  }
}

/** What is still missing; empty when the wanted number of pods of this version is available. */
export function rolloutOf(deployment: unknown): string {
  if (!isRecord(deployment)) return "it is gone";
  const metadata = isRecord(deployment.metadata) ? deployment.metadata : {};
  const spec = isRecord(deployment.spec) ? deployment.spec : {};
  const status = isRecord(deployment.status) ? deployment.status : {};
  const number = (value: unknown): number => (typeof value === "number" ? value : 0);
  if (number(status.observedGeneration) < number(metadata.generation)) {
    return "no controller has looked at it yet";
  }
  const wanted = typeof spec.replicas === "number" ? spec.replicas : 1;
  const [updated, available] = [number(status.updatedReplicas), number(status.availableReplicas)];
  if (updated < wanted) return `${updated} of ${wanted} pods are of this version`;
  if (number(status.replicas) > wanted) return "pods of the version before are still there";
  return available < wanted ? `${available} of ${wanted} pods are ready` : "";
}

/** Reasons for which a container waits that no waiting mends. */
const TROUBLES: readonly string[] = [
  "CrashLoopBackOff",
  "CreateContainerConfigError",
  "CreateContainerError",
  "ErrImageNeverPull",
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "RunContainerError",
];

async function podTroubles(cluster: Cluster, namespace: string): Promise<readonly string[]> {
  const pods = (await cluster.list(PODS, { namespace, labelSelector: PART_OF_SELECTOR })) ?? [];
  return pods.flatMap(({ name, raw }) => {
    const status = isRecord(raw.status) ? raw.status : {};
    const containers = [status.initContainerStatuses, status.containerStatuses];
    return containers
      .flatMap((list) => (Array.isArray(list) ? list : []))
      .filter(isRecord)
      .flatMap(({ state }) => {
        const waiting = isRecord(state) && isRecord(state.waiting) ? state.waiting : {};
        const { reason, message } = waiting;
        if (typeof reason !== "string" || !TROUBLES.includes(reason)) return [];
        const why = typeof message === "string" ? `: ${message}` : "";
        return [`Pod ${namespace}/${name}: ${reason}${why}`];
      });
  });
}
