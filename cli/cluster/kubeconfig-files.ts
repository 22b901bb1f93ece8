/**
 * What says where the cluster is, in the order in which kubectl looks: the flag, KUBECONFIG,
 * `~/.kube/config`, the pod that this runs in.
 */
import { access } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import type { ProgramIo } from "../../base/program.ts";
import type { ClusterChoice } from "./cluster.ts";

export type Surroundings = Pick<ProgramIo, "env" | "workingFolder">;

/** Those that are there; one that was named with the flag is taken to be. */
export async function kubeconfigFiles(
  { kubeconfig }: ClusterChoice,
  { env, workingFolder }: Surroundings,
): Promise<readonly string[]> {
  if (kubeconfig !== undefined) return [resolve(workingFolder, kubeconfig)];
  const { KUBECONFIG: list = "", HOME: home = "" } = env;
  const listed = list.split(delimiter).filter((file) => file !== "");
  const usual = home === "" ? [] : [join(home, ".kube", "config")];
  const candidates = listed.length > 0 ? listed.map((file) => resolve(workingFolder, file)) : usual;
  const isThere = await Promise.all(candidates.map(exists));
  return candidates.filter((_, index) => isThere[index] === true);
}

export async function isClusterKnown(choice: ClusterChoice, around: Surroundings) {
  if ((await kubeconfigFiles(choice, around)).length > 0) return true;
  return (around.env.KUBERNETES_SERVICE_HOST ?? "") !== "";
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
