/** `heddle install`: what a cluster needs for the mesh, printed or applied. */
import { EXIT, ProgramError } from "../../base/program.ts";
import { VERSION } from "../../base/version.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { type CommandContext, defineVerb } from "../command.ts";
import type { Chosen } from "../install/chosen-options.ts";
import { clusterFlags, installFlags } from "../shared-flags.ts";

export const install = defineVerb(
  {
    name: "install",
    summary: "print what a cluster needs for the mesh, or apply it",
    description:
      "Prints manifests on standard output, to be piped to kubectl or kept in a repository; no " +
      "cluster is asked. With --apply they are applied to the cluster instead, in their order, " +
      "and the command waits until the programs are ready. Nothing is changed in namespaces of " +
      "applications: pods get a proxy when their namespace says heddle.mesh/inject=enabled and " +
      "they are created anew.\n\n" +
      "What can be chosen is listed by --options. What was chosen is kept in the cluster, in a " +
      'ConfigMap, so that "heddle upgrade" chooses the same.',
    flags: {
      apply: { kind: "boolean", help: "apply it to the cluster, and wait until it is ready" },
      ...installFlags,
      options: { kind: "boolean", help: "list what --set and --values can choose, and end" },
      kubeconfig: { ...clusterFlags.kubeconfig, needs: ["apply"] },
      context: { ...clusterFlags.context, needs: ["apply"] },
    },
    examples: [
      { command: "heddle install | kubectl apply -f -", meaning: "with kubectl" },
      { command: "heddle install --apply --ha", meaning: "at once, three replicas of everything" },
      {
        command: "heddle install --set logFormat=json --set nodeSelector.pool=system",
        meaning: "with other options",
      },
    ],
  },
  async ({ flags }, context) => {
    // Loaded only here: the kinds' definitions are a third of this program.
    const { describeOptions } = await import("../install/describe-options.ts");
    if (flags.options) {
      context.io.stdout.write(describeOptions(context.io.stdout.columns));
      return EXIT.ok;
    }
    const { chooseOptions } = await import("../install/chosen-options.ts");
    const chosen = await chooseOptions({}, flags, context.io);
    if (!flags.apply) {
      const { formatManifests } = await import("../install/manifests.ts");
      const { wantedObjects } = await import("../install/wanted-objects.ts");
      context.io.stdout.write(await formatManifests(wantedObjects(chosen)));
      return EXIT.ok;
    }
    const { kubeconfig, context: name } = flags;
    const cluster = await context.clusters.connect({ kubeconfig, context: name });
    try {
      await refuseOther(cluster, chosen.options.namespace);
      await applyChosen(chosen, cluster, flags, context);
    } finally {
      cluster.close();
    }
    return EXIT.ok;
  },
);

/** Installing the same again mends what is missing; another version or place is no mending. */
async function refuseOther(cluster: Cluster, namespace: string): Promise<void> {
  const { findInstalled } = await import("../install/installed.ts");
  const present = await findInstalled(cluster);
  if (present === undefined) return;
  if (present.manager !== "") {
    throw new ProgramError(`Heddle is installed by ${present.manager}: change it there`);
  }
  if (present.namespace !== namespace) {
    throw new ProgramError(
      `Heddle is installed in namespace ${present.namespace}; a cluster has one: ` +
        '"heddle uninstall" removes it',
    );
  }
  if (present.version !== "" && present.version !== VERSION) {
    throw new ProgramError(
      `version ${present.version} is installed, and this program is ${VERSION}: ` +
        'use "heddle upgrade"',
    );
  }
}

export interface ApplyFlags {
  readonly wait: boolean;
  readonly timeout: number;
}

/** Also what an upgrade does. */
export async function applyChosen(
  chosen: Chosen,
  cluster: Cluster,
  { wait, timeout }: ApplyFlags,
  context: CommandContext,
): Promise<void> {
  const { applyObjects } = await import("../install/apply-objects.ts");
  const { Rollouts } = await import("../install/await-ready.ts");
  const { Report } = await import("../install/report.ts");
  const { wantedObjects } = await import("../install/wanted-objects.ts");
  const report = new Report(context.io);
  const { namespace } = chosen.options;
  const rollouts = new Rollouts({ cluster, context, report, namespace, timeoutMs: timeout });
  const replaced = async (name: string): Promise<void> => {
    if (wait) await rollouts.awaitOne(name);
  };
  await applyObjects(wantedObjects(chosen), { cluster, context, report, replaced });
  if (wait) await rollouts.awaitRest();
  else report.say('not waited for: "heddle check --wait 2m" does');
}
