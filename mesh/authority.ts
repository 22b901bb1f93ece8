/**
 * From what a caller named to the services it may have meant. This is the only place that knows
 * what `svc.<cluster domain>` looks like.
 */
import { formatServiceKey, type ServiceKey } from "./service-key.ts";

export interface AuthorityContext {
  /** Where a bare name is looked for: the proxy's own namespace. */
  readonly namespace: string;
  /** For instance `cluster.local`. */
  readonly clusterDomain: string;
  /** The port when the authority names none. */
  readonly defaultPort: number;
}

export interface Authority {
  readonly host: string;
  readonly port: number;
  /** The services it may mean, best first; empty for an address or a name outside the mesh. */
  readonly candidates: readonly ServiceKey[];
}

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/**
 * Numbers alone are an address to the resolvers of callers, `10.1` no less than `10.0.0.1`
 * (inet_aton). A service and namespace with such names are reached by a name that ends in `svc`.
 */
const NUMBERS = /^\d+(?:\.\d+)*$/;

/**
 * Reads `host[:port]` (RFC 3986 section 3.2.2, without userinfo). Undefined when it is malformed.
 * `web`, `web.shop`, `web.shop.svc` and `web.shop.svc.<cluster domain>` name services, with or
 * without a final dot, in any case.
 */
export function parseAuthority(text: string, context: AuthorityContext): Authority | undefined {
  const found = /^(\[[0-9a-fA-F:.]+\]|[^:[\]@/?#\s]+)(?::(\d{0,5}))?$/.exec(text);
  if (found === null) return undefined;
  const portText = found[2] ?? "";
  const port = portText === "" ? context.defaultPort : Number(portText);
  if (port < 1 || port > 65_535) return undefined;
  const host = (found[1] ?? "").toLowerCase().replace(/\.$/, "");
  return { host, port, candidates: serviceCandidates(host, port, context) };
}

function serviceCandidates(
  host: string,
  port: number,
  context: AuthorityContext,
): readonly ServiceKey[] {
  if (host.startsWith("[") || NUMBERS.test(host)) return [];
  const labels = withoutClusterSuffix(host, context.clusterDomain).split(".");
  if (!labels.every((label) => LABEL.test(label))) return [];
  const [name = "", namespace] = labels;
  if (labels.length === 1) return [service(context.namespace, name, port)];
  if (labels.length === 2 && namespace !== undefined) return [service(namespace, name, port)];
  return [];
}

function withoutClusterSuffix(host: string, clusterDomain: string): string {
  for (const suffix of [`.svc.${clusterDomain}`, ".svc"]) {
    const rest = host.slice(0, -suffix.length);
    if (host.endsWith(suffix) && rest.split(".").length === 2) return rest;
  }
  return host;
}

function service(namespace: string, name: string, port: number): ServiceKey {
  return formatServiceKey({ scheme: "svc", namespace, name, port });
}
