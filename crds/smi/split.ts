/** `TrafficSplit` of the Service Mesh Interface, all four versions, put into the mesh's words. */
import { type Path, ROOT } from "../../base/shape.ts";
import type { BackendIntent, ServiceName, SplitIntent, SplitMatch } from "../../mesh/intent.ts";
import { checkBackends } from "../check-backends.ts";
import { type Kind, type Manifest, type ReadContext, SPEC_KEYS } from "../kind.ts";
import { readWeightMilli } from "../read-weight.ts";
import { readServiceName } from "../service-names.ts";
import {
  validateMatchedSplitSpec,
  validateQuantitySplitSpec,
  validateWholeSplitSpec,
} from "./validate.gen.ts";

/** What all versions have in common after each was validated as itself. */
interface SplitFields {
  readonly service: string;
  readonly backends: readonly { readonly service: string; readonly weight: number | string }[];
  readonly matches?: readonly { readonly name: string }[];
}

export const smiSplitKind: Kind = {
  group: "split.smi-spec.io",
  kind: "TrafficSplit",
  versions: ["v1alpha1", "v1alpha2", "v1alpha3", "v1alpha4"],
  keys: () => SPEC_KEYS,
  read(manifest, context): SplitIntent | null {
    const path = { parent: ROOT, key: "spec" };
    const spec = validSpec(manifest, path, context);
    if (spec === undefined) return null;
    const { namespace } = manifest;
    const service = rootService(spec.service, namespace, path, context);
    if (service === undefined) return null;
    return {
      type: "split",
      service,
      backends: readBackends(spec, namespace, { parent: path, key: "backends" }, context),
      matches: (spec.matches ?? []).map(
        ({ name }): SplitMatch => ({ kind: "group", group: name, names: [] }),
      ),
    };
  },
};

function validSpec(manifest: Manifest, path: Path, context: ReadContext): SplitFields | undefined {
  const { spec } = manifest.body;
  switch (manifest.version) {
    case "v1alpha1":
      return validateQuantitySplitSpec(spec, context.error, path) ? spec : undefined;
    case "v1alpha2":
      return validateWholeSplitSpec(spec, context.error, path) ? spec : undefined;
    default:
      return validateMatchedSplitSpec(spec, context.error, path) ? spec : undefined;
  }
}

/** The root and its split share a namespace; the name may be written in full. */
function rootService(
  text: string,
  namespace: string,
  path: Path,
  context: ReadContext,
): ServiceName | undefined {
  const at = { parent: path, key: "service" };
  const service = readServiceName(text, namespace, at, context);
  if (service === undefined || service.namespace === namespace) return service;
  const message = `${text} is not in the split's namespace ${namespace}`;
  context.error(at, "bad-service", message, "put the split beside its service");
  return undefined;
}

function readBackends(
  spec: SplitFields,
  namespace: string,
  path: Path,
  context: ReadContext,
): readonly BackendIntent[] {
  const backends = spec.backends.flatMap((backend, index) => {
    const at = { parent: path, key: index };
    const weightMilli = readWeightMilli(backend.weight, { parent: at, key: "weight" }, context);
    const servicePath = { parent: at, key: "service" };
    const service = readServiceName(backend.service, namespace, servicePath, context);
    if (service === undefined) return [];
    if (service.namespace !== namespace) {
      const message = `${backend.service} is not in the split's namespace ${namespace}`;
      context.error(servicePath, "bad-service", message, "SMI splits stay in one namespace");
    }
    return [{ service, port: 0, weightMilli }];
  });
  checkBackends(backends, path, context);
  return backends;
}
