/**
 * Which pods are to have a proxy, as flags: the webhook puts it into them, and the operator looks
 * for those that run without it. Both have to mean the same.
 */
import type { FlagTable, FlagValues } from "../base/flags.ts";
import type { InjectionPolicy } from "./decide-injection.ts";

export const injectionPolicyFlags = {
  defaults: {
    kind: "string",
    value: "FILE",
    completes: "files",
    help:
      "options for pods that do not say otherwise: YAML, named as their annotations are after " +
      "heddle.mesh/; read again when it changes",
  },
  "inject-unasked": {
    kind: "boolean",
    help: "every pod is to have a proxy that does not say otherwise",
  },
  "accept-linkerd-annotations": {
    kind: "boolean",
    help: "config.linkerd.io/ annotations count where ours do not",
  },
} as const satisfies FlagTable;

export function readPolicyFlags(
  flags: Omit<FlagValues<typeof injectionPolicyFlags>, "defaults">,
): Pick<InjectionPolicy, "injectUnasked" | "acceptLinkerd"> {
  return {
    injectUnasked: flags["inject-unasked"],
    acceptLinkerd: flags["accept-linkerd-annotations"],
  };
}
