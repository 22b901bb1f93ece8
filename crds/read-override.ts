/** `dstOverrides` of profiles: an authority and a weight, to a backend. */
import type { Path } from "../base/shape.ts";
import type { BackendIntent, ServiceName } from "../mesh/intent.ts";
import type { ReadContext } from "./kind.ts";
import { readWeightMilli } from "./read-weight.ts";
import { readServiceName } from "./service-names.ts";

export interface OverrideFields {
  readonly authority: string;
  readonly weight: number | string;
}

/** A bare name in an authority stands in the profiled service's namespace. */
export function readOverrides(
  overrides: readonly OverrideFields[],
  service: ServiceName,
  path: Path,
  context: ReadContext,
): readonly BackendIntent[] {
  const seen = new Map<string, number>();
  return overrides.flatMap((override, index) => {
    const at = { parent: path, key: index };
    const weightMilli = readWeightMilli(override.weight, { parent: at, key: "weight" }, context);
    const authority = { parent: at, key: "authority" };
    const found = readAuthority(override.authority, service.namespace, authority, context);
    if (found === undefined) return [];
    const key = `${found.service.namespace}/${found.service.name}:${found.port}`;
    const first = seen.get(key);
    if (first !== undefined) {
      context.error(authority, "duplicate", `is listed already, as entry ${first}`);
    }
    seen.set(key, index);
    return [{ ...found, weightMilli }];
  });
}

function readAuthority(
  text: string,
  namespace: string,
  path: Path,
  context: ReadContext,
): { service: ServiceName; port: number } | undefined {
  const found = /^([^:]*)(?::(\d{1,5}))?$/.exec(text);
  const port = Number(found?.[2] ?? 0);
  if (found === null || port > 65_535 || (found[2] !== undefined && port === 0)) {
    const message = `${JSON.stringify(text)} is not an authority`;
    context.error(path, "bad-authority", message, 'write "web.shop" or "web.shop:8080"');
    return undefined;
  }
  const service = readServiceName((found[1] ?? "").toLowerCase(), namespace, path, context);
  return service === undefined ? undefined : { service, port };
}
