/** What a proxy would do with a request, told to a person from top to bottom. */
import type { ObjectRef } from "../../mesh/destination.ts";
import type {
  ExplainedBackend,
  ExplainedEndpoint,
  ExplainedRule,
  ExplainedSplit,
  Explanation,
} from "../../mesh/explain.ts";
import type { ExplainedPolicy } from "../../mesh/explain-policy.ts";
import { parseServiceKey, type ServiceKey } from "../../mesh/service-key.ts";
import { addressVerdict, formatExplainedAddress } from "./explained-address.ts";
import type { Paint, Tone } from "./paint.ts";
import { policyLines } from "./policy-lines.ts";
import { printable } from "./printable.ts";
import { type Column, formatTable } from "./table.ts";
import { count, formatAge, formatShare } from "./units.ts";

const INDENT = "  ";

/** The whole text. Its last line says where the request would go, or why it would not. */
export function formatExplanation(explanation: Explanation, paint: Paint): string {
  const { address, service, destination, rules, split, policy } = explanation;
  const sections = [paint("strong", title(explanation))];
  if (address !== null) sections.push(formatExplainedAddress(address, serviceName, paint));
  if (address === null || address.state === "service") {
    sections.push(formatService(explanation, paint));
  }
  if (service !== null && destination !== null) {
    sections.push(heading("Rules, in order", paint) + formatRules(rules, paint));
    if (split !== null) sections.push(formatSplit(split, service, paint));
    if (policy !== null) sections.push(formatPolicy(policy, paint));
  }
  sections.push(formatVerdict(explanation, paint));
  return `${sections.map((section) => section.trimEnd()).join("\n\n")}\n`;
}

function title({ request, address }: Explanation): string {
  const authority = printable(request.authority);
  if (request.method === "") return `a connection to ${authority}`;
  const named = `${printable(request.method)} ${printable(request.path)} to ${authority}`;
  return address === null ? named : `${named} at ${printable(address.address)}`;
}

/** Whether the request would be sent to an endpoint, or to the very address that was dialled. */
export function wouldBeSent({ split, address, destination }: Explanation): boolean {
  if (address !== null && destination === null) return true;
  return split?.backends.some((backend) => backend.available) === true;
}

function formatService(explanation: Explanation, paint: Paint): string {
  const { service, namesTried, destination } = explanation;
  const tried = namesTried.map(serviceName).join(", ");
  if (service === null) {
    const names = tried === "" ? "the authority names no service" : `tried ${tried}`;
    return `${heading("Service", paint)}${INDENT}unknown to the mesh: ${names}\n`;
  }
  const lines = [`${INDENT}${serviceName(service)}`];
  if (destination === null) {
    lines.push(`${INDENT}the operator has not told about it yet`);
  } else {
    const revision = printable(destination.revision.slice(0, 12));
    lines.push(
      `${INDENT}revision ${revision}, held for ${formatAge(destination.ageMs)}, made from`,
    );
    for (const object of destination.objects) lines.push(`${INDENT}${INDENT}${objectName(object)}`);
    if (destination.objects.length === 0) lines.push(`${INDENT}${INDENT}the service alone`);
  }
  return `${heading("Service", paint)}${lines.join("\n")}\n`;
}

function formatRules(rules: readonly ExplainedRule[], paint: Paint): string {
  const columns: readonly Column<ExplainedRule>[] = [
    { header: "#", cell: (rule) => String(rule.index + 1), align: "right" },
    { header: "ROUTE", cell: (rule) => (rule.route === "" ? "[DEFAULT]" : rule.route) },
    { header: "RESULT", cell: ruleResult },
    { header: "FROM", cell: (rule) => originName(rule.object) },
  ];
  return indent(formatTable(columns, rules, { paint }));
}

function ruleResult(rule: ExplainedRule): { readonly text: string; readonly tone: Tone } {
  if (rule.matched) return { text: "matches", tone: "good" };
  return { text: rule.failed === "" ? "does not match" : `no: ${rule.failed}`, tone: "dim" };
}

function formatSplit(split: ExplainedSplit, apex: ServiceKey, paint: Paint): string {
  const from =
    split.object === null ? "no split: all to the service itself" : objectName(split.object);
  if (split.backends.length === 0) {
    return `${heading("Backends", paint)}${INDENT}${from}: none is valid\n`;
  }
  const isAlone = split.backends.length === 1;
  const blocks = split.backends.map((one) => formatBackend(one, isAlone, apex, paint));
  return `${heading("Backends", paint)}${INDENT}${from}\n${blocks.join("")}`;
}

function formatBackend(
  backend: ExplainedBackend,
  isAlone: boolean,
  apex: ServiceKey,
  paint: Paint,
): string {
  const share = formatShare(backend.share);
  const name = backend.service === apex ? "itself" : serviceName(backend.service);
  const state = backend.available
    ? count(backend.endpoints.filter((one) => one.eligible).length, "endpoint")
    : paint("bad", `no endpoint takes requests${isAlone ? "" : ": the others share its part"}`);
  const doubt = DOUBTS[backend.standing] ?? "";
  const about = `weight ${backend.weight}, ${share} of picks, ${state}`;
  const line = `${INDENT}${name}: ${about}${doubt === "" ? "" : paint("warn", `; ${doubt}`)}\n`;
  if (backend.endpoints.length === 0) return line;
  return line + indent(indent(formatTable(ENDPOINT_COLUMNS, backend.endpoints, { paint })));
}

/** Why what discovery says of a backend is not simply believed. */
const DOUBTS: Readonly<Record<string, string>> = {
  unsynced: "its source has not told everything",
  emptied: "its source has lost all at once",
  unready: "its source calls all not ready at once",
  stale: "its source has been silent for a while",
};

function endpointState({ state, eligible, kept, breaker }: ExplainedEndpoint): string {
  const because = breaker === null || breaker.reason === "" ? "" : `: ${breaker.reason}`;
  if (breaker?.state === "open") return `evicted${because}`;
  if (breaker?.state === "probing") return `evicted, being probed${because}`;
  if (kept !== "") {
    const word = kept === "kept-unready" ? "not ready" : "gone";
    return eligible ? `${word}, ${kept}` : `${word}, ${kept}, no connection left`;
  }
  if (breaker?.isPenalised === true) return `${state}, should be evicted${because}`;
  if (breaker?.state === "slow-start") return `${state}, starting slowly`;
  // Ready by discovery's word, and still not picked: another was asked to be enough.
  return state === "ready" && !eligible ? "ready, set aside" : state;
}

const ENDPOINT_COLUMNS: readonly Column<ExplainedEndpoint>[] = [
  { header: "ENDPOINT", cell: (one) => one.id },
  {
    header: "STATE",
    cell: (one) => ({ text: endpointState(one), tone: one.eligible ? "good" : "warn" }),
  },
  { header: "RTT", cell: (one) => `${one.rttMs.toFixed(1)}ms`, align: "right" },
  { header: "PENDING", cell: (one) => String(one.pending), align: "right" },
  { header: "LOAD", cell: (one) => one.load.toFixed(1), align: "right" },
  { header: "ZONE", cell: (one) => one.zone },
];

function formatPolicy(policy: ExplainedPolicy, paint: Paint): string {
  const lines = policyLines(policy, serviceName, originName(policy.retry.object));
  const width = Math.max(...lines.map(([label]) => label.length));
  const text = lines.map(([label, what]) => `${label.padEnd(width)}  ${what}`).join("\n");
  return heading("Policy", paint) + indent(`${text}\n`);
}

function formatVerdict(explanation: Explanation, paint: Paint): string {
  const { address, service, destination, split, policy } = explanation;
  if (address !== null && destination === null) return addressVerdict(address, paint);
  if (service === null) {
    return (
      paint("bad", "It would be refused: the mesh knows no such service (unknown-service).") +
      "\nOnly a proxy that was started with --egress lets it out, by DNS."
    );
  }
  if (destination === null) {
    return paint("bad", "It would wait for the operator, and then be refused (no-config).");
  }
  const redirect = policy?.behaviour.redirect ?? null;
  if (redirect !== null) {
    return paint("good", `It would be answered with a redirect (${redirect.status}).`);
  }
  if (split === null || split.backends.length === 0) {
    return paint("bad", "It would be refused: the rule names no valid backend (backend-invalid).");
  }
  if (!wouldBeSent(explanation)) {
    return paint("bad", "It would be refused: no endpoint takes requests (no-endpoints).");
  }
  const names = split.backends
    .filter((one) => one.available)
    .map((one) => serviceName(one.service));
  return paint("good", `It would be sent to ${names.join(" or ")}.`);
}

/** `web.shop:80`. */
function serviceName(key: ServiceKey): string {
  const service = parseServiceKey(key);
  if (service === undefined) return printable(key);
  return `${service.name}.${service.namespace}:${service.port}`;
}

function originName(object: ObjectRef | null): string {
  return object === null ? "the mesh's defaults" : objectName(object);
}

function objectName(object: ObjectRef): string {
  const group = object.group === "" ? "" : ` (${object.group})`;
  const text = `${object.kind} ${object.namespace}/${object.name}${group}`;
  return printable(`${text}, generation ${object.generation}`);
}

function heading(text: string, paint: Paint): string {
  return `${paint("strong", text)}\n`;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, INDENT);
}
