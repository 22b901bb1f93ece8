/** The services that stand behind the inbound listener, as `--app` names them. */
import type { Address } from "../../base/address.ts";
import { UsageError } from "../../base/program.ts";
import { parseAuthority } from "../../mesh/authority.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { AppSetting } from "../settings.ts";

export interface ParsedApp {
  readonly service: ServiceKey;
  readonly address: Address;
}

export function parseApps(apps: readonly AppSetting[], namespace: string): readonly ParsedApp[] {
  const context = { namespace, clusterDomain: "cluster.local", defaultPort: 80 };
  const seen = new Set<ServiceKey>();
  return apps.map(({ service: text, address }) => {
    const service = parseAuthority(text, context)?.candidates[0];
    if (service === undefined) throw new UsageError(`--app: ${text} is no name of a service`);
    if (seen.has(service)) throw new UsageError(`--app: ${text} is given twice`);
    seen.add(service);
    return { service, address };
  });
}
