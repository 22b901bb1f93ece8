/**
 * Applies an installation object by object, in its order, and goes on past definitions only when
 * the API server serves them: what is applied next may be of their kinds.
 */
import { ProgramError } from "../../base/program.ts";
import { isRecord } from "../../base/shape.ts";
import type { Fields } from "../../inject/pod.ts";
import { type Cluster, ClusterError } from "../cluster/cluster.ts";
import type { CommandContext } from "../command.ts";
import { pause } from "../pause.ts";
import { type PlacedObject, placeObject } from "./installed-kinds.ts";
import type { Report } from "./report.ts";
import { planTakeOver } from "./take-over.ts";

const POLL_MS = 250;
/** API servers take a second or two to serve a new kind, and far longer on a busy machine. */
const ESTABLISHED_MS_MAX = 60_000;

export interface ApplyOptions {
  readonly cluster: Cluster;
  readonly context: CommandContext;
  readonly report: Report;
  /**
   * Called when a Deployment that was there has become another, before anything after it is
   * applied: programs are replaced one after the other, never all of them at once.
   */
  readonly replaced: (name: string) => Promise<void>;
}

/** Throws at the first that is refused; what was applied before it stays. */
export async function applyObjects(
  objects: readonly Fields[],
  options: ApplyOptions,
): Promise<void> {
  const { cluster, report } = options;
  let waiting: PlacedObject[] = [];
  for (const object of objects) {
    const placed = placeObject(object);
    const isDefinition = placed.kind.kind === "CustomResourceDefinition";
    if (!isDefinition && waiting.length > 0) {
      await Promise.all(waiting.map((one) => awaitEstablished(one, options)));
      waiting = [];
    }
    const present = await cluster.find(placed.path);
    const before = versionOf(present);
    const takeOver = planTakeOver(present);
    if (takeOver !== undefined) await cluster.patch(placed.path, takeOver);
    const after = versionOf(await applyOne(cluster, placed, object));
    if (isDefinition) waiting.push(placed);
    if (before === "") report.line("done", `${placed.label} created`);
    else if (before === after) report.line("same", `${placed.label} unchanged`);
    else {
      report.line("done", `${placed.label} changed`);
      if (placed.kind.kind === "Deployment") await options.replaced(placed.name);
    }
  }
  await Promise.all(waiting.map((one) => awaitEstablished(one, options)));
}

async function applyOne(cluster: Cluster, placed: PlacedObject, object: object): Promise<unknown> {
  try {
    return await cluster.apply(placed.path, object);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    const { group } = placed.kind;
    const isUnknown = error.status === 404 && !group.endsWith("k8s.io") && group.includes(".");
    const hint = isUnknown ? `; is ${group} installed in this cluster?` : "";
    throw new ProgramError(`${placed.label}: ${error.message}${hint}`, error.exitCode, error);
  }
}

async function awaitEstablished(
  placed: PlacedObject,
  { cluster, context }: ApplyOptions,
): Promise<void> {
  const deadlineMs = context.clock.nowMs() + ESTABLISHED_MS_MAX;
  for (;;) {
    const found = await cluster.find(placed.path);
    if (hasCondition(found, "Established")) return;
    if (context.clock.nowMs() >= deadlineMs) {
      throw new ProgramError(`${placed.label} is not served after ${ESTABLISHED_MS_MAX / 1000} s`);
    }
    if (!(await pause(context, POLL_MS))) throw new ProgramError("stopped");
  }
}

/** Of any object with conditions. */
export function hasCondition(object: unknown, wanted: string): boolean {
  const status = isRecord(object) && isRecord(object.status) ? object.status : {};
  const conditions = Array.isArray(status.conditions) ? status.conditions.filter(isRecord) : [];
  return conditions.some(({ type, status: said }) => type === wanted && said === "True");
}

/** Empty where there is no object. */
function versionOf(object: unknown): string {
  const metadata = isRecord(object) && isRecord(object.metadata) ? object.metadata : {};
  return typeof metadata.resourceVersion === "string" ? metadata.resourceVersion : "";
}
