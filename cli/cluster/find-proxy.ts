/** Which proxy a verb asks: one at an address, or that of a pod, over a forwarded port. */
import type { Address } from "../../base/address.ts";
import { ProgramError, UsageError } from "../../base/program.ts";
import { PROXIED } from "../../inject/names.ts";
import { parseKubeObject } from "../../kube/kube-object.ts";
import type { HttpGet } from "../api/http.ts";
import type { CommandContext } from "../command.ts";
import type { Cluster, PodDoor } from "./cluster.ts";

/** Unless the pod's proxy says otherwise. */
const PROXY_ADMIN_PORT = 4191;
const ADMIN_PORT_NAME = "heddle-admin";

export interface ProxyFlags {
  readonly admin: Address;
  readonly pod: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
}

export interface FoundProxy {
  readonly get: HttpGet;
  readonly address: Address;
  /** `in pod shop/web-0`; undefined at an address. */
  readonly place: string | undefined;
  close(): void;
}

export async function findProxy(flags: ProxyFlags, context: CommandContext): Promise<FoundProxy> {
  const { admin, pod, kubeconfig } = flags;
  if (pod === undefined) {
    return { get: context.get, address: admin, place: undefined, close: () => {} };
  }
  const cluster = await context.clusters.connect({ kubeconfig, context: flags.context });
  const door = await findDoor(cluster, parsePod(pod, cluster.namespace));
  return {
    get: (_address, path) => cluster.askWithinPod(door, path),
    address: { host: door.pod, port: door.port },
    place: `in pod ${door.namespace}/${door.pod}`,
    close: () => cluster.close(),
  };
}

export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/** `NAME`, or `NAMESPACE/NAME`. */
export function parsePod(text: string, namespace: string): PodName {
  const [one = "", other, ...rest] = text.split("/");
  if (one === "" || other === "" || rest.length > 0) {
    throw new UsageError(`${JSON.stringify(text)} is no pod: NAME, or NAMESPACE/NAME`);
  }
  return other === undefined ? { namespace, name: one } : { namespace: one, name: other };
}

async function findDoor(cluster: Cluster, { namespace, name }: PodName): Promise<PodDoor> {
  const { PODS, pathOf } = await import("./resources.ts");
  const { adminPortOf } = await import("./operator-pods.ts");
  const { labelsOf } = await import("../install/installed.ts");
  const found = await cluster.find(pathOf(PODS, { namespace, name }));
  if (found === undefined) throw new ProgramError(`there is no pod ${namespace}/${name}`);
  const pod = parseKubeObject(found, PODS);
  if (!Object.hasOwn(labelsOf(pod), PROXIED)) {
    throw new ProgramError(
      `pod ${namespace}/${name} has no proxy; "heddle check" tells which pods should have one`,
    );
  }
  return { namespace, pod: name, port: adminPortOf(pod, ADMIN_PORT_NAME) ?? PROXY_ADMIN_PORT };
}
