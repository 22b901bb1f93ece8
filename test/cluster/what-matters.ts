/** What one wants to see when a step has failed: which pods are not well, and what they say. */
import { isRecord } from "../../base/shape.ts";
import type { Tour } from "./tour.ts";

const LOG_LINES = "--tail=25";
const EVENTS_MAX = 40;
const LOGS_MAX = 12;
const LOG_CHARS_MAX = 3_000;

interface ContainerName {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly isWell: boolean;
}

export async function whatMatters(tour: Tour): Promise<string> {
  const parts: string[] = [];
  const add = async (title: string, ...args: readonly string[]): Promise<void> => {
    const { stdout, stderr } = await tour.cluster.kubectl(args);
    parts.push(`--- ${title}\n${stdout}${stderr}`.slice(0, 4 * LOG_CHARS_MAX));
  };
  if (tour.cluster.brokeDown !== null) return tour.cluster.brokeDown;
  await add("pods", "get", "pods", "-A", "-o", "wide");
  const { stdout } = await tour.cluster.kubectl([
    ...["get", "events", "-A", "--sort-by=.lastTimestamp", "--field-selector=type!=Normal"],
  ]);
  parts.push(`--- warnings\n${stdout.trimEnd().split("\n").slice(-EVENTS_MAX).join("\n")}`);
  const containers = await listContainers(tour);
  const telling = containers.filter(({ isWell, namespace }) => !isWell || namespace === "heddle");
  for (const { namespace, pod, container } of telling.slice(0, LOGS_MAX)) {
    const which = ["-n", namespace, pod, "-c", container, LOG_LINES];
    await add(`log of ${namespace}/${pod} ${container}`, "logs", ...which);
  }
  return parts.join("\n");
}

async function listContainers(tour: Tour): Promise<readonly ContainerName[]> {
  const list = await tour.kubectlJson("get", "pods", "-A");
  const items = isRecord(list) && Array.isArray(list.items) ? list.items : [];
  return items.flatMap((pod: unknown) => {
    if (!isRecord(pod) || !isRecord(pod.metadata) || !isRecord(pod.status)) return [];
    const { namespace, name } = pod.metadata;
    const { initContainerStatuses = [], containerStatuses = [] } = pod.status;
    const statuses = [initContainerStatuses, containerStatuses].flat();
    return statuses.filter(isRecord).map((status) => ({
      namespace: String(namespace),
      pod: String(name),
      container: String(status.name),
      isWell: status.ready === true && status.restartCount === 0,
    }));
  });
}
