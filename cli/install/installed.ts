/** What is installed in a cluster, and what was chosen of it. */
import { ProgramError } from "../../base/program.ts";
import { isRecord } from "../../base/shape.ts";
import { OPERATOR, PART_OF, PART_OF_VALUE } from "../../inject/names.ts";
import { type Fields, mapAt, type Texts } from "../../inject/pod.ts";
import type { InstallValues } from "../../install/read-install-options.ts";
import type { KubeObject } from "../../kube/kube-object.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { CONFIG_MAPS, DEPLOYMENTS, pathOf } from "../cluster/resources.ts";

/** Keeps what was chosen, so that an upgrade chooses it again. */
export const VALUES_CONFIG_MAP = "heddle-install";
const VALUES_KEY = "values.json";

const VERSION_LABEL = "app.kubernetes.io/version";
const MANAGER_LABEL = "app.kubernetes.io/managed-by";

export const PART_OF_SELECTOR = `${PART_OF}=${PART_OF_VALUE}`;

export interface Installed {
  readonly namespace: string;
  /** Empty where the operator does not say. */
  readonly version: string;
  /** `Helm`; empty when it is ours to change. */
  readonly manager: string;
  /** Null where nothing was kept: by `kubectl`, say. */
  readonly values: InstallValues | null;
}

/** Undefined where there is none. Throws where there are several, or what was kept is broken. */
export async function findInstalled(cluster: Cluster): Promise<Installed | undefined> {
  const labelSelector = PART_OF_SELECTOR;
  const deployments = (await cluster.list(DEPLOYMENTS, { labelSelector })) ?? [];
  const [operator, ...others] = deployments.filter(({ name }) => name === OPERATOR);
  if (operator === undefined) return undefined;
  if (others.length > 0) {
    const where = [operator, ...others].map(({ namespace }) => namespace).join(", ");
    throw new ProgramError(`Heddle is installed more than once, in the namespaces ${where}`);
  }
  const { namespace } = operator;
  const labels = labelsOf(operator);
  const isOfOlm = Object.hasOwn(labels, "olm.owner");
  return {
    namespace,
    version: labels[VERSION_LABEL] ?? "",
    manager: isOfOlm ? "the Operator Lifecycle Manager" : managerOf(labels),
    values: await readValues(cluster, namespace),
  };
}

/** As an object of the installation, to be applied with the others. */
export function valuesObject(namespace: string, values: InstallValues): Fields {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: VALUES_CONFIG_MAP,
      namespace,
      labels: { [PART_OF]: PART_OF_VALUE, "app.kubernetes.io/part-of": "heddle" },
    },
    data: { [VALUES_KEY]: `${JSON.stringify(values, null, 2)}\n` },
  };
}

function managerOf(labels: Texts): string {
  return labels[MANAGER_LABEL] ?? "";
}

export function labelsOf(object: KubeObject): Texts {
  return textsOf(object, "labels");
}

export function annotationsOf(object: KubeObject): Texts {
  return textsOf(object, "annotations");
}

function textsOf({ raw }: KubeObject, key: "labels" | "annotations"): Texts {
  const texts = Object.entries(mapAt(mapAt(raw, "metadata"), key)).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [],
  );
  return Object.fromEntries(texts);
}

async function readValues(cluster: Cluster, namespace: string): Promise<InstallValues | null> {
  const found = await cluster.find(pathOf(CONFIG_MAPS, { namespace, name: VALUES_CONFIG_MAP }));
  const data = isRecord(found) && isRecord(found.data) ? found.data : {};
  const text = data[VALUES_KEY];
  if (typeof text !== "string") return null;
  try {
    const values: unknown = JSON.parse(text);
    if (isRecord(values)) return values;
  } catch {
    // Somebody has edited it: told below.
  }
  throw new ProgramError(
    `ConfigMap ${namespace}/${VALUES_CONFIG_MAP} does not hold what was chosen; ` +
      "delete it, and choose again with --values or --set",
  );
}
