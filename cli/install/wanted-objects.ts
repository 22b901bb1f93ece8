/** All objects of an installation as the command line makes it: with what was chosen. */
import type { Fields } from "../../inject/pod.ts";
import { installObjects } from "../../install/objects.ts";
import type { Chosen } from "./chosen-options.ts";
import { valuesObject } from "./installed.ts";

export function wantedObjects({ options, values }: Chosen): readonly Fields[] {
  const [namespace, ...others] = installObjects(options);
  const kept: Fields = valuesObject(options.namespace, values);
  return namespace === undefined ? [] : [namespace, kept, ...others];
}
