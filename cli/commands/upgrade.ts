/** `heddle upgrade`: an installation to this program's version, or to other options. */
import { EXIT, ProgramError } from "../../base/program.ts";
import { VERSION } from "../../base/version.ts";
import type { InstallValues } from "../../install/read-install-options.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { type CommandContext, defineVerb } from "../command.ts";
import type { Chosen } from "../install/chosen-options.ts";
import type { Installed } from "../install/installed.ts";
import { clusterFlags, installFlags } from "../shared-flags.ts";
import { applyChosen } from "./install.ts";

export const upgrade = defineVerb(
  {
    name: "upgrade",
    summary: "bring an installation to this version, or to other options",
    description:
      "Reads from the cluster what is installed and what was chosen, and prints the manifests of " +
      "this version with the same options, and those that are given now. With --apply they are " +
      "applied, what the installation no longer has is removed, and the command waits until the " +
      "programs are ready. --dry-run shows line by line what would change, as the API server " +
      "sees it, and changes nothing.\n\n" +
      "A version is upgraded from the one before it; going back is refused. Proxies go on with " +
      "what they know meanwhile, and get the new version when their pods are created anew.",
    flags: {
      apply: { kind: "boolean", help: "apply it to the cluster, and wait until it is ready" },
      "dry-run": { kind: "boolean", help: "show what would change" },
      ...installFlags,
      ...clusterFlags,
    },
    examples: [
      { command: "heddle upgrade --dry-run", meaning: "what would this version change?" },
      { command: "heddle upgrade --apply", meaning: "with the options that were chosen" },
      { command: "heddle upgrade --apply --set ha=true", meaning: "and one more" },
    ],
  },
  async ({ flags }, context) => {
    const { kubeconfig, context: name } = flags;
    const cluster = await context.clusters.connect({ kubeconfig, context: name });
    try {
      const present = await findUpgradable(cluster);
      const { chooseOptions } = await import("../install/chosen-options.ts");
      const before = { ...(await placeOf(present)), ...present.values };
      const chosen = await chooseOptions(before, flags, context.io);
      const { namespace } = chosen.options;
      if (namespace !== present.namespace) {
        throw new ProgramError(
          `Heddle is installed in namespace ${present.namespace}: an upgrade does not move it`,
        );
      }
      if (present.values === null) tellDefaults(context);
      if (flags["dry-run"]) await preview(chosen, cluster, context);
      else if (flags.apply) await applyChosen(chosen, cluster, flags, context);
      else await print(chosen, context);
      await prune(chosen, flags.apply && !flags["dry-run"], cluster, context);
    } finally {
      cluster.close();
    }
    return EXIT.ok;
  },
);

/** Nobody chose the usual namespace who only left it as it is. */
async function placeOf({ namespace }: Installed): Promise<InstallValues> {
  const { defaultInstallOptions } = await import("../../install/options.ts");
  return namespace === defaultInstallOptions().namespace ? {} : { namespace };
}

async function findUpgradable(cluster: Cluster): Promise<Installed> {
  const { findInstalled } = await import("../install/installed.ts");
  const present = await findInstalled(cluster);
  if (present === undefined) {
    throw new ProgramError(
      `Heddle is not installed in the cluster (context ${cluster.context}): use "heddle install"`,
    );
  }
  if (present.manager !== "") {
    throw new ProgramError(`Heddle is installed by ${present.manager}: upgrade it there`);
  }
  const { refuseStep } = await import("../install/versions.ts");
  const refusal = refuseStep(present.version, VERSION);
  if (refusal !== undefined) throw new ProgramError(refusal);
  return present;
}

function tellDefaults({ io }: CommandContext): void {
  io.stderr.write(
    "what was chosen is not kept in this cluster: options that are not given now are the " +
      "defaults\n",
  );
}

async function print(chosen: Chosen, { io }: CommandContext): Promise<void> {
  const { formatManifests } = await import("../install/manifests.ts");
  const { wantedObjects } = await import("../install/wanted-objects.ts");
  io.stdout.write(await formatManifests(wantedObjects(chosen)));
}

async function preview(chosen: Chosen, cluster: Cluster, { io }: CommandContext): Promise<void> {
  const { previewObjects } = await import("../install/preview.ts");
  const { wantedObjects } = await import("../install/wanted-objects.ts");
  const text = await previewObjects(wantedObjects(chosen), cluster);
  io.stdout.write(text === "" ? "nothing would change\n" : text);
}

/** Removes, or only names, what the installation no longer has. */
async function prune(
  chosen: Chosen,
  isMeant: boolean,
  cluster: Cluster,
  context: CommandContext,
): Promise<void> {
  const { findLeftovers } = await import("../install/prune.ts");
  const { Report } = await import("../install/report.ts");
  const { wantedObjects } = await import("../install/wanted-objects.ts");
  const report = new Report(context.io);
  for (const { path, label } of await findLeftovers(cluster, wantedObjects(chosen))) {
    if (isMeant) await cluster.delete(path, { propagationPolicy: "Background" });
    report.line("gone", isMeant ? `${label} removed` : `${label} is no longer part of it`);
  }
}
