/** Columns of the tables that `heddle get` prints. */

import { parseTimestamp } from "../../base/parse-timestamp.ts";
import type {
  AddressEntry,
  ObjectEntry,
  ProxyEntry,
  ServiceEntry,
} from "../../mesh/operator-api.ts";
import { parseServiceKey, type ServiceKey } from "../../mesh/service-key.ts";
import type { Condition, ConditionType } from "../../mesh/status.ts";
import type { Cell, Column } from "./table.ts";
import { formatAge, NOTHING } from "./units.ts";

/** Milliseconds since the epoch: what ages are counted from. */
export type WallMs = number;

export function conditionOf(entry: ObjectEntry, type: ConditionType): Condition | undefined {
  return entry.conditions.find((condition) => condition.type === type);
}

/** `summary` is what the operator has to say in one line; its header depends on the kind. */
export function objectColumns(summary: string, wallMs: WallMs): readonly Column<ObjectEntry>[] {
  return [
    { header: "NAMESPACE", cell: (entry) => entry.ref.namespace },
    { header: "NAME", cell: (entry) => entry.ref.name },
    { header: "GROUP", cell: (entry) => entry.ref.group },
    { header: "SERVICE", cell: (entry) => entry.service },
    { header: summary, cell: (entry) => entry.summary },
    { header: "ACCEPTED", cell: acceptedCell },
    { header: "CONFLICTS", cell: conflictCell },
    { header: "PROXIES", cell: proxiesCell, align: "right" },
    { header: "AGE", cell: (entry) => ageOf(entry.createdAt, wallMs), align: "right" },
    { header: "REFS", cell: (entry) => reasonCell(entry, "ResolvedRefs"), wideOnly: true },
    { header: "PROGRAMMED", cell: (entry) => reasonCell(entry, "Programmed"), wideOnly: true },
    {
      header: "GENERATION",
      cell: (entry) => String(entry.ref.generation),
      align: "right",
      wideOnly: true,
    },
    {
      header: "VERSION",
      cell: (entry) => entry.apiVersion.split("/").at(-1) ?? "",
      wideOnly: true,
    },
    { header: "LOCATION", cell: (entry) => entry.location, wideOnly: true },
  ];
}

function acceptedCell(entry: ObjectEntry): Cell {
  const accepted = conditionOf(entry, "Accepted");
  if (accepted === undefined) return NOTHING;
  if (accepted.status === "True") return { text: "True", tone: "good" };
  return { text: accepted.reason, tone: accepted.status === "False" ? "bad" : "warn" };
}

/** Losing against another object is worth a colour; meaning to override one is not. */
function conflictCell(entry: ObjectEntry): Cell {
  const conflicted = conditionOf(entry, "Conflicted");
  if (conflicted === undefined) return NOTHING;
  if (conflicted.status === "False") return { text: "none", tone: "plain" };
  return { text: conflicted.reason, tone: conflicted.reason === "Conflicted" ? "bad" : "warn" };
}

function proxiesCell(entry: ObjectEntry): Cell {
  const [live, all] = entry.proxies.split("/");
  return { text: entry.proxies, tone: live === all ? "plain" : "warn" };
}

function reasonCell(entry: ObjectEntry, type: ConditionType): Cell {
  const condition = conditionOf(entry, type);
  if (condition === undefined) return NOTHING;
  return { text: condition.reason, tone: condition.status === "False" ? "bad" : "plain" };
}

/** One row of the services' table: a service has as many as it has ports. */
export interface ServiceRow {
  readonly service: ServiceEntry;
  readonly port: ServiceEntry["ports"][number] | undefined;
}

export function serviceRows(services: readonly ServiceEntry[]): readonly ServiceRow[] {
  return services.flatMap((service): readonly ServiceRow[] =>
    service.ports.length === 0
      ? [{ service, port: undefined }]
      : service.ports.map((port) => ({ service, port })),
  );
}

export function serviceColumns(wallMs: WallMs): readonly Column<ServiceRow>[] {
  return [
    { header: "NAMESPACE", cell: (row) => row.service.namespace },
    { header: "NAME", cell: (row) => row.service.name },
    { header: "PORT", cell: (row) => String(row.port?.port ?? ""), align: "right" },
    { header: "READY", cell: readyCell, align: "right" },
    { header: "ROUTES", cell: (row) => String(row.port?.routes.length ?? 0), align: "right" },
    { header: "BACKENDS", cell: (row) => formatBackends(row) },
    { header: "AGE", cell: (row) => ageOf(row.service.createdAt, wallMs), align: "right" },
    { header: "PORTNAME", cell: (row) => row.port?.name ?? "", wideOnly: true },
    { header: "REVISION", cell: (row) => row.port?.revision.slice(0, 12) ?? "", wideOnly: true },
  ];
}

function readyCell({ port }: ServiceRow): Cell {
  if (port === undefined) return NOTHING;
  const tone = port.endpointsReady === 0 ? "bad" : "plain";
  return { text: `${port.endpointsReady}/${port.endpointsTotal}`, tone };
}

function formatBackends({ service, port }: ServiceRow): string {
  if (port === undefined) return "";
  const total = port.backends.reduce((sum, backend) => sum + backend.weight, 0);
  return port.backends
    .map((backend) => {
      const name = shortServiceName(backend.service, service.namespace, port.port);
      if (port.backends.length === 1) return name;
      return `${name} ${formatWeight(backend.weight, total)}`;
    })
    .join(", ");
}

/** `90%`, or `33.3%` where whole percents would lie. */
export function formatWeight(weight: number, total: number): string {
  if (total === 0) return NOTHING;
  const percent = (weight / total) * 100;
  return Number.isInteger(percent) ? `${percent}%` : `${percent.toFixed(1)}%`;
}

/** `web`, with `.namespace` and `:port` only where they differ from what the reader expects. */
export function shortServiceName(key: ServiceKey, namespace: string, port: number): string {
  const parsed = parseServiceKey(key);
  if (parsed === undefined) return key;
  const name = parsed.namespace === namespace ? parsed.name : `${parsed.name}.${parsed.namespace}`;
  return parsed.port === port ? name : `${name}:${parsed.port}`;
}

export function proxyColumns(wallMs: WallMs): readonly Column<ProxyEntry>[] {
  return [
    { header: "NAMESPACE", cell: (proxy) => proxy.namespace },
    { header: "NAME", cell: (proxy) => proxy.name },
    { header: "VERSION", cell: (proxy) => proxy.version },
    { header: "CURRENT", cell: currentCell, align: "right" },
    { header: "REFUSED", cell: refusedCell, align: "right" },
    { header: "AGE", cell: (proxy) => ageOf(proxy.connectedAt, wallMs), align: "right" },
    {
      header: "SERVICE-ACCOUNT",
      cell: (proxy) => proxy.identity?.serviceAccount ?? "",
      wideOnly: true,
    },
    { header: "REMOTE", cell: (proxy) => proxy.remote, wideOnly: true },
    { header: "SESSION", cell: (proxy) => proxy.id, wideOnly: true },
  ];
}

export function addressColumns(): readonly Column<AddressEntry>[] {
  return [
    { header: "ADDRESS", cell: (one) => one.address },
    { header: "STANDS", cell: (one) => one.kind },
    { header: "SERVICE", cell: (one) => shortServiceName(one.service, "", 0) },
    { header: "PROTOCOL", cell: (one) => one.protocol },
    { header: "STATE", cell: addressState },
    { header: "ZONE", cell: (one) => one.zone, wideOnly: true },
    { header: "NODE", cell: (one) => one.node, wideOnly: true },
  ];
}

function addressState({ state }: AddressEntry): Cell {
  if (state === null) return { text: NOTHING, tone: "plain" };
  return { text: state, tone: state === "ready" ? "good" : "warn" };
}

function currentCell(proxy: ProxyEntry): Cell {
  const tone = proxy.current === proxy.resources ? "plain" : "warn";
  return { text: `${proxy.current}/${proxy.resources}`, tone };
}

function refusedCell(proxy: ProxyEntry): Cell {
  const { length } = proxy.refused;
  return { text: String(length), tone: length === 0 ? "plain" : "bad" };
}

function ageOf(time: string, wallMs: WallMs): string {
  const sinceMs = parseTimestamp(time);
  return sinceMs === undefined ? NOTHING : formatAge(Math.max(0, wallMs - sinceMs));
}
