/** `heddle inject`: puts the proxy into manifests, as the webhook does into pods. */
import { UsageError } from "../../base/program.ts";
import { VERSION } from "../../base/version.ts";
import type { InjectionPolicy } from "../../inject/decide-injection.ts";
import { defineVerb } from "../command.ts";
import { readPaths } from "../lint/read-paths.ts";

export const inject = defineVerb(
  {
    name: "inject",
    summary: "put a proxy into the pods of manifests",
    description:
      "Reads manifests and prints them again with the proxy in every pod that can have one: of " +
      "Deployments, StatefulSets, DaemonSets, ReplicaSets, Jobs, CronJobs and Pods, also within " +
      "Lists. All else comes out as it went in. On standard error stands what was injected, what " +
      "was not, and why; annotations of pods, and of Namespaces among the manifests, count as in " +
      "a cluster.\n\n" +
      "Where the webhook runs nobody needs this: it injects pods when they are created, and " +
      "leaves alone what was injected before with the same options.\n\n" +
      "The exit code is 1 when something cannot be read or an annotation is wrong, and with " +
      "--strict when a pod cannot be injected that did not say so.",
    positionals: [
      {
        name: "FILE",
        help: "files and folders; - for standard input",
        repeatable: true,
        completes: "files",
      },
    ],
    flags: {
      set: {
        kind: "string",
        value: "NAME=VALUE",
        repeatable: true,
        help: "an option for pods that do not say otherwise, named as its annotation: log-level",
      },
      image: {
        kind: "string",
        value: "IMAGE",
        default: `heddle:${VERSION}`,
        help: "what the injected containers run",
      },
      operator: {
        kind: "string",
        value: "ADDRESS",
        help: "where proxies find the operator; in --mesh-namespace if absent",
      },
      "mesh-namespace": {
        kind: "string",
        value: "NAME",
        default: "heddle",
        help: "where Heddle is installed; nothing in it is injected",
      },
      namespace: {
        kind: "string",
        short: "n",
        value: "NAME",
        default: "default",
        help: "of objects that name none",
      },
      linkerd: { kind: "boolean", help: "config.linkerd.io/ annotations count where ours do not" },
      strict: { kind: "boolean", help: "fail when a pod could not be injected" },
      quiet: { kind: "boolean", short: "q", help: "tell only what went wrong" },
    },
    examples: [
      {
        command: "kubectl get deploy -n shop -o yaml | heddle inject - | kubectl apply -f -",
        meaning: "all that runs in a namespace",
      },
      {
        command: "heddle inject --set log-level=debug --set workers=2 web.yaml",
        meaning: "with other options",
      },
    ],
  },
  async ({ flags, positionals }, { io }) => {
    const files = await readPaths(positionals, io);
    // Loaded only here: the YAML parser is most of this program's weight.
    const { injectManifests } = await import("../manifests/inject-manifests.ts");
    const { reportOutcomes } = await import("../manifests/report-outcomes.ts");
    const policy = await readPolicy(flags);
    const { text, outcomes } = injectManifests(files, policy, flags.namespace);
    io.stdout.write(text);
    const { strict, quiet } = flags;
    return reportOutcomes(outcomes, io, {
      done: "injected",
      fileCount: files.length,
      strict,
      quiet,
    });
  },
);

interface PolicyFlags {
  readonly set: readonly string[];
  readonly image: string;
  readonly operator: string | undefined;
  readonly "mesh-namespace": string;
  readonly linkerd: boolean;
}

async function readPolicy(flags: PolicyFlags): Promise<InjectionPolicy> {
  const { defaultInjectOptions, operatorAddress } = await import("../../inject/inject-options.ts");
  const { readDefaults } = await import("../../inject/read-defaults.ts");
  const meshNamespace = flags["mesh-namespace"];
  const operator = flags.operator ?? operatorAddress(meshNamespace, "cluster.local");
  const set: Record<string, string> = {};
  for (const text of flags.set) {
    const at = text.indexOf("=");
    if (at < 1) throw new UsageError(`--set: ${JSON.stringify(text)} is not NAME=VALUE`);
    set[text.slice(0, at)] = text.slice(at + 1);
  }
  const defaults = defaultInjectOptions(flags.image, operator);
  const read = readDefaults(set, defaults);
  if ("problem" in read) throw new UsageError(`--set: ${read.problem}`);
  const acceptLinkerd = flags.linkerd;
  return { defaults: read.options, acceptLinkerd, meshNamespace, injectUnasked: true };
}
