/**
 * Keeps a proxy from speaking for others in its reports. What went out it says of itself; what came
 * in it may say of services of its own namespace alone, because only their applications are behind
 * it.
 */
import { parseServiceKey } from "../../mesh/service-key.ts";
import type { StatReport, StatRow } from "../../mesh/stat-report.ts";
import type { ProxyIdentity } from "./peer.ts";

/** The same report where nothing has to be left out. */
export function ownReport(report: StatReport, identity: ProxyIdentity | null): StatReport {
  if (identity === null) return report;
  const rows = report.rows.filter((row) => isOwn(row, identity));
  return rows.length === report.rows.length ? report : { ...report, rows };
}

function isOwn({ direction, service }: StatRow, { namespace }: ProxyIdentity): boolean {
  if (direction === "outbound") return true;
  const port = parseServiceKey(service);
  return port === undefined || port.scheme !== "svc" || port.namespace === namespace;
}
