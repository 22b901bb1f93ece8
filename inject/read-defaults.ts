/**
 * The options of all pods that do not say otherwise, as the command line's `--set` and the file of
 * an installation give them: by the names that annotations have after `heddle.mesh/`.
 */
import type { InjectOptions } from "./inject-options.ts";
import { PREFIX } from "./names.ts";
import type { Texts } from "./pod.ts";
import { readOptions } from "./read-options.ts";

export type DefaultsRead =
  | { readonly options: InjectOptions }
  /** The first thing that is wrong, with how to mend it. */
  | { readonly problem: string };

/** `given` over `defaults`. A name that means nothing is a problem here. */
export function readDefaults(given: Texts, defaults: InjectOptions): DefaultsRead {
  const pod = Object.fromEntries(
    Object.entries(given).map(([name, text]) => [PREFIX + name, text]),
  );
  const sources = { pod, namespace: {}, portNames: new Map<string, number>() };
  const { options, problems, notes } = readOptions(sources, { defaults, acceptLinkerd: false });
  const [wrong] = [...problems, ...notes];
  if (wrong === undefined) return { options };
  const name = wrong.annotation.slice(PREFIX.length);
  const hint = wrong.hint === "" ? "" : `; ${wrong.hint.replaceAll(PREFIX, "")}`;
  return { problem: `${name} ${wrong.message}${hint}` };
}
