/** Columns of the tables that `heddle diagnostics` prints. */
import { isRecord } from "../../base/shape.ts";
import type { SessionResourceEntry } from "../../mesh/operator-api.ts";
import type { Cell, Column } from "./table.ts";
import { NOTHING } from "./units.ts";

/** Of a revision; it is a hash, and this much tells any two apart. */
const REVISION_CHARACTERS = 12;

export function heldColumns(): readonly Column<SessionResourceEntry>[] {
  return [
    { header: "TYPE", cell: ({ type }) => type },
    { header: "KEY", cell: ({ key }) => key },
    { header: "HELD", cell: ({ held }) => shortRevision(held) },
    { header: "CURRENT", cell: ({ current }) => shortRevision(current) },
    { header: "STATE", cell: stateCell },
  ];
}

function shortRevision(revision: string | null): string {
  return revision === null ? NOTHING : revision.slice(0, REVISION_CHARACTERS);
}

function stateCell({ held, current, refused, missing }: SessionResourceEntry): Cell {
  if (refused !== "") return { text: `refused: ${refused}`, tone: "bad" };
  if (missing.length > 0) return { text: `too old: lacks ${missing.join(", ")}`, tone: "bad" };
  if (held !== current) return { text: "behind", tone: "warn" };
  return { text: current === null ? "absent" : "current", tone: "plain" };
}

/** One endpoint, as proxies are sent it; nothing of its shape is relied on. */
export type EndpointFields = Readonly<Record<string, unknown>>;

export function endpointsOf(body: unknown): readonly EndpointFields[] {
  const endpoints = isRecord(body) ? body.endpoints : undefined;
  return Array.isArray(endpoints) ? endpoints.filter(isRecord) : [];
}

export function endpointColumns(): readonly Column<EndpointFields>[] {
  const field = (header: string, name: string): Column<EndpointFields> => ({
    header,
    cell: (one) => String(one[name] ?? ""),
  });
  return [
    field("ADDRESS", "address"),
    { ...field("PORT", "port"), align: "right" },
    { header: "STATE", cell: endpointState },
    { ...field("WEIGHT", "weight"), align: "right" },
    field("ZONE", "zone"),
    field("NODE", "node"),
    field("PROTOCOL", "protocol"),
    field("PROXIED", "proxied"),
    { ...field("IDENTITY", "identity"), wideOnly: true },
    { ...field("ID", "id"), wideOnly: true },
  ];
}

function endpointState({ state }: EndpointFields): Cell {
  return { text: String(state ?? ""), tone: state === "ready" ? "good" : "warn" };
}
