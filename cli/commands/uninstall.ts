/** `heddle uninstall`: takes the mesh out of a cluster, and leaves nothing. */
import { EXIT, ProgramError } from "../../base/program.ts";
import { type CommandContext, defineVerb } from "../command.ts";
import type { RemovalPlan } from "../install/remove-installation.ts";
import { count } from "../output/units.ts";
import { clusterFlags } from "../shared-flags.ts";

export const uninstall = defineVerb(
  {
    name: "uninstall",
    summary: "take the mesh out of a cluster, and leave nothing",
    description:
      "Lists everything of Heddle's in the cluster: the programs, their rights, the kinds, and " +
      "what the programs wrote in other namespaces. With --apply it is removed, in an order in " +
      "which nothing holds up anybody.\n\n" +
      "With the kinds go all their objects: where there are some, say whether they are to go " +
      "(--with-objects) or the kinds are to stay (--keep-objects). Pods keep their proxies until " +
      "they are created anew, and those go on with what they know: the list says where they are.",
    flags: {
      apply: { kind: "boolean", help: "remove it" },
      "with-objects": {
        kind: "boolean",
        excludes: ["keep-objects"],
        help: "also remove profiles, splits and policies, with their kinds",
      },
      "keep-objects": { kind: "boolean", help: "keep them, and so their kinds" },
      ...clusterFlags,
    },
    examples: [
      { command: "heddle uninstall", meaning: "what would be removed?" },
      { command: "heddle uninstall --apply --with-objects", meaning: "everything" },
    ],
  },
  async ({ flags }, context) => {
    const { kubeconfig, context: name } = flags;
    const cluster = await context.clusters.connect({ kubeconfig, context: name });
    try {
      const { findInstalled } = await import("../install/installed.ts");
      const removal = await import("../install/remove-installation.ts");
      const { findParts } = await import("../install/prune.ts");
      const present = await findInstalled(cluster);
      if (present !== undefined && present.manager !== "") {
        throw new ProgramError(`Heddle is installed by ${present.manager}: remove it there`);
      }
      const namespace = present?.namespace ?? removal.namespaceOf(await findParts(cluster));
      const plan = await removal.planRemoval(cluster, namespace);
      if (removal.isEmpty(plan)) {
        context.io.stderr.write(`nothing of Heddle is in the cluster (${cluster.context})\n`);
        return EXIT.ok;
      }
      const keeps = flags["keep-objects"];
      if (!flags.apply) return list(plan, keeps, context);
      if (plan.objectCount > 0 && !keeps && !flags["with-objects"]) {
        throw new ProgramError(
          `with Heddle's kinds ${count(plan.objectCount, "object")} of theirs would go: ` +
            "--with-objects removes them, --keep-objects keeps them and the kinds",
        );
      }
      const { Report } = await import("../install/report.ts");
      const report = new Report(context.io);
      await removal.removeInstallation(plan, keeps, { cluster, context, report, namespace });
      tellProxied(plan, context);
    } finally {
      cluster.close();
    }
    return EXIT.ok;
  },
);

function list(plan: RemovalPlan, keeps: boolean, context: CommandContext): number {
  const { first, written, definitions, namespaces, objectCount } = plan;
  const all = [...first, ...written, ...(keeps ? [] : definitions), ...namespaces];
  context.io.stdout.write(all.map(({ label }) => `${label}\n`).join(""));
  if (objectCount > 0 && !keeps) {
    context.io.stderr.write(`with the kinds go ${count(objectCount, "object")} of theirs\n`);
  }
  tellProxied(plan, context);
  context.io.stderr.write("nothing was removed: --apply does\n");
  return EXIT.ok;
}

function tellProxied({ proxied }: RemovalPlan, { io }: CommandContext): void {
  if (proxied.size === 0) return;
  const where = [...proxied].map(([namespace, pods]) => `${namespace} (${pods})`).join(", ");
  io.stderr.write(
    `pods that still have a proxy, by namespace: ${where}; ` +
      '"kubectl rollout restart deployment -n NAMESPACE" and the like free them\n',
  );
}
