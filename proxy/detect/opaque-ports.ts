/**
 * Ports on which the server speaks first, by custom: there nobody waits to see who does. What the
 * objects of a service say about a port comes before this list.
 */
import { includesPort, type PortRange, parsePortRanges } from "../../base/port-ranges.ts";
import { UsageError } from "../../base/program.ts";
import type { PortProtocol } from "../../mesh/port-protocol.ts";

/**
 * SMTP, submission, MySQL, Galera, PostgreSQL, Redis, Elasticsearch's transport, memcached: the
 * list that other meshes have too, so that nobody has to relearn it.
 */
export const DEFAULT_OPAQUE_PORTS = "25,587,3306,4444,5432,6379,9300,11211";

/** `said` is what the objects say of the port. */
export function portHint(
  said: PortProtocol,
  port: number,
  opaquePorts: readonly PortRange[],
): PortProtocol {
  return said === "detect" && includesPort(opaquePorts, port) ? "opaque" : said;
}

/** What `--opaque-ports` says. */
export function parseOpaquePorts(text: string): readonly PortRange[] {
  const parsed = parsePortRanges(text);
  if ("problem" in parsed) throw new UsageError(`--opaque-ports: ${parsed.problem}`);
  return parsed.ranges;
}
