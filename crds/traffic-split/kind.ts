/** Our own `TrafficSplit`, put into the mesh's words. */
import { type Path, ROOT } from "../../base/shape.ts";
import type { BackendIntent, ServiceName, SplitIntent } from "../../mesh/intent.ts";
import { checkBackends } from "../check-backends.ts";
import { type Kind, type ReadContext, SPEC_KEYS } from "../kind.ts";
import { readRequestCondition } from "../read-condition.ts";
import { readServiceName } from "../service-names.ts";
import type { TrafficSplitSpec } from "./schema.ts";
import { validateTrafficSplitSpec } from "./validate.gen.ts";

export const trafficSplitKind: Kind = {
  group: "heddle.mesh",
  kind: "TrafficSplit",
  versions: ["v1alpha1"],
  keys: () => SPEC_KEYS,
  read(manifest, context): SplitIntent | null {
    const { spec } = manifest.body;
    const path = { parent: ROOT, key: "spec" };
    if (!validateTrafficSplitSpec(spec, context.error, path)) return null;
    const { namespace } = manifest;
    const at = { parent: path, key: "service" };
    const service = readServiceName(spec.service, namespace, at, context);
    if (service === undefined) return null;
    const parent = { parent: path, key: "matches" };
    return {
      type: "split",
      service,
      backends: readBackends(spec, service, { parent: path, key: "backends" }, context),
      matches: (spec.matches ?? []).map((condition, index) => ({
        kind: "match",
        match: readRequestCondition(condition, { parent, key: index }, context),
      })),
    };
  },
};

/** A bare name stands in the apex's namespace: a client's split speaks about another's services. */
function readBackends(
  spec: TrafficSplitSpec,
  apex: ServiceName,
  path: Path,
  context: ReadContext,
): readonly BackendIntent[] {
  const backends = spec.backends.flatMap((backend, index) => {
    const at = { parent: { parent: path, key: index }, key: "service" };
    const service = readServiceName(backend.service, apex.namespace, at, context);
    if (service === undefined) return [];
    return [{ service, port: backend.port ?? 0, weightMilli: backend.weight * 1000 }];
  });
  checkBackends(backends, path, context);
  return backends;
}
