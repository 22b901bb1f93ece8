/**
 * Which operator a verb asks. One that is named counts; else one that answers at the usual address
 * of this machine, as `heddle run` starts it; else that of the cluster which kubectl would ask.
 */
import { type Address, parseAddress } from "../../base/address.ts";
import { HttpError } from "../api/http.ts";
import { OperatorApi, type OperatorQueries } from "../api/operator-api.ts";
import type { CommandContext } from "../command.ts";
import { OPERATOR_ADMIN_DEFAULT } from "../shared-flags.ts";
import type { Cluster } from "./cluster.ts";

export interface OperatorFlags {
  readonly "operator-admin": Address | undefined;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly "mesh-namespace": string;
}

export interface FoundOperator {
  readonly operator: OperatorQueries;
  /** Undefined for one that is asked at an address. */
  readonly cluster: Cluster | undefined;
}

const USUAL = parseAddress(OPERATOR_ADMIN_DEFAULT) ?? { host: "127.0.0.1", port: 4192 };

export async function findOperator(
  flags: OperatorFlags,
  context: CommandContext,
): Promise<FoundOperator> {
  const cluster = await findCluster(flags, context);
  if (cluster === undefined) {
    const operator = new OperatorApi(context.get, flags["operator-admin"] ?? USUAL);
    return { operator, cluster };
  }
  const { ClusterOperator } = await import("./cluster-operator.ts");
  const { stderr } = context.io;
  const told = new Set<string>();
  const operator = new ClusterOperator({
    cluster,
    meshNamespace: flags["mesh-namespace"],
    note: (text) => {
      if (!told.has(text)) stderr.write(`${text}\n`);
      told.add(text);
    },
  });
  return { operator, cluster };
}

/** Undefined where an address is asked instead. */
export async function findCluster(
  flags: Omit<OperatorFlags, "mesh-namespace">,
  context: CommandContext,
): Promise<Cluster | undefined> {
  const { kubeconfig, context: name } = flags;
  const choice = { kubeconfig, context: name };
  const isNamed = kubeconfig !== undefined || name !== undefined;
  if (!isNamed) {
    if (flags["operator-admin"] !== undefined) return undefined;
    if (!(await context.clusters.isKnown(choice))) return undefined;
    if (await answers(context)) return undefined;
  }
  return await context.clusters.connect(choice);
}

/** Whatever it says: something is there, and then its own failures are worth telling. */
async function answers({ get }: CommandContext): Promise<boolean> {
  try {
    await get(USUAL, "/version");
    return true;
  } catch (error) {
    if (error instanceof HttpError) return error.failure !== "refused";
    throw error;
  }
}
