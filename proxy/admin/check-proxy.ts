/** What a proxy finds when it looks at itself: answers for people to whom nothing works. */
import { formatDuration } from "../../base/duration.ts";
import type { CheckResult, CheckVerdict } from "../../mesh/self-check.ts";
import type { ControlClient, ControlStatus } from "../control/client.ts";
import type { Configuration } from "../control/configuration.ts";
import type { OpenSockets } from "../net/open-sockets.ts";
import type { ProcessFigures } from "../telemetry/process-metrics.ts";
import type { Arrivals } from "../transparent/inbound-ports.ts";
import type { FamilyProof, InterceptionProof } from "../transparent/interception-proof.ts";
import type { UnreachedApp } from "../transparent/unreached-apps.ts";
import type { Readiness } from "./readiness.ts";

export interface CheckDeps {
  readonly readiness: Pick<Readiness, "problem">;
  readonly configuration: Pick<Configuration, "entries">;
  /** Null: none is in its settings. */
  readonly client: Pick<ControlClient, "status"> | null;
  readonly process: Pick<ProcessFigures, "openFiles" | "openFilesMax">;
  readonly sockets: OpenSockets;
  /** Null: it is not transparent. */
  readonly interception: Interception | null;
}

/** What transparent mode knows of being in the way of traffic. */
export interface Interception {
  readonly proof: Pick<InterceptionProof, "check" | "families" | "isProven" | "describe">;
  /** Connections to the inbound port that nothing had redirected there. */
  notInterceptedCount(): number;
  /** Where callers have reached applications of this workload. */
  arrivals(): readonly Arrivals[];
  /** Where callers could not reach them. */
  unreached(): readonly UnreachedApp[];
}

/** With no word from an operator for so long, it says so; heartbeats come far more often. */
const SILENCE_MS = 30_000;
/** A share of the open files from which on it is worth a look. */
const FILES_SHARE = 0.8;
/** Fewer than this hold so few connections that the first rush of callers is too much. */
const FILES_MIN = 4_096;

/** Looks anew where that takes a moment. */
export async function checkProxy(deps: CheckDeps): Promise<readonly CheckResult[]> {
  const { interception } = deps;
  await interception?.proof.check();
  return [
    checkReady(deps),
    ...(interception === null ? [NOT_TRANSPARENT] : checkInterception(interception)),
    checkOperator(deps),
    checkConfiguration(deps),
    checkOpenFiles(deps),
  ];
}

const NOT_TRANSPARENT = found(
  "interception",
  "ok",
  "not transparent: applications send their requests to it themselves",
);

function found(name: string, verdict: CheckVerdict, detail: string, hint = ""): CheckResult {
  return { name, verdict, detail, hint };
}

function checkReady({ readiness: { problem } }: CheckDeps): CheckResult {
  return problem === ""
    ? found("ready", "ok", "ready for traffic")
    : found("ready", "failed", `not ready: ${problem}`);
}

function checkInterception(interception: Interception): readonly CheckResult[] {
  const { proof } = interception;
  const families = proof.families.map((one) => checkFamily(one, proof));
  const inbound = checkInbound(interception.notInterceptedCount());
  return [...families, inbound, checkApplications(interception.unreached())];
}

function checkFamily(one: FamilyProof, proof: Interception["proof"]): CheckResult {
  const { family, outcome } = one;
  const { detail, hint } = proof.describe(one);
  const name = `interception-${family}`;
  const title = family === "ipv4" ? "IPv4" : "IPv6";
  const text = `${title}: ${detail}`;
  if (outcome === "proven" || outcome === "not-used") return found(name, "ok", text);
  const isWorse = !proof.isProven || outcome === "not-exempt";
  return found(name, isWorse ? "failed" : "warning", text, hint);
}

function checkInbound(count: number): CheckResult {
  const name = "inbound-interception";
  if (count === 0) return found(name, "ok", "no caller has come past the redirection");
  return found(
    name,
    "warning",
    `${count} connections came to the inbound port without being redirected there`,
    "callers must dial the application's own port, and rules redirect what arrives for it",
  );
}

function checkApplications(unreached: readonly UnreachedApp[]): CheckResult {
  const name = "applications-reached";
  const last = unreached.at(-1);
  if (last === undefined) return found(name, "ok", "no caller was kept from an application");
  const others = unreached.length - 1;
  const more = others === 0 ? "" : `, nor at ${others} other addresses`;
  return found(
    name,
    "warning",
    `callers could not reach the application at ${last.problem}${more}`,
    "see that it listens on that address, not on 127.0.0.1 alone",
  );
}

function checkOperator({ client }: CheckDeps): CheckResult {
  const name = "operator-connected";
  if (client === null) return found(name, "ok", "no operator is named in its settings");
  const { state, address, lastMessageAgeMs } = client.status();
  if (state === "live") return found(name, "ok", `connected to the operator at ${address}`);
  // What runs goes on as it was; only what is new waits.
  const verdict = lastMessageAgeMs === null ? "failed" : "warning";
  const since = lastMessageAgeMs === null ? "it was never heard" : heard(lastMessageAgeMs);
  const hint = "see that an operator runs at an address of --operator, and the proxy's log";
  return found(name, verdict, `not connected to an operator: ${since}`, hint);
}

function heard(ageMs: number): string {
  return `last heard ${formatDuration(wholeSeconds(ageMs))} ago`;
}

function checkConfiguration({ client, configuration }: CheckDeps): CheckResult {
  const name = "configuration";
  const entries = configuration.entries();
  const count = (state: string) => entries.filter((one) => one.state === state).length;
  const [live, pending] = [count("live"), count("pending")];
  const held = `${live} live, ${pending} awaited`;
  const status: ControlStatus | null = client?.status() ?? null;
  const ageMs = status?.lastMessageAgeMs ?? null;
  if (ageMs !== null && ageMs > SILENCE_MS) {
    const hint = "it goes on with what it holds; changes do not arrive";
    return found(name, "warning", `${held}; the operator was ${heard(ageMs)}`, hint);
  }
  const told = ageMs === null ? "" : `; the operator was ${heard(ageMs)}`;
  return found(name, "ok", `${held}${told}`);
}

function checkOpenFiles({ process: figures, sockets }: CheckDeps): CheckResult {
  const name = "open-files";
  const open = figures.openFiles();
  const max = figures.openFilesMax;
  if (open === null || max === null) return found(name, "ok", "no limit of open files is known");
  const detail = `${open} of ${max} open files are in use`;
  const raise = "raise its limit of open files (ulimit -n, LimitNOFILE= of systemd)";
  if (sockets.isFull) return found(name, "failed", `${detail}: callers are refused`, raise);
  const { refused } = sockets;
  const told = refused > 0 ? `; ${refused} connections were refused when there were too many` : "";
  const isScarce = refused > 0 || open >= max * FILES_SHARE || max < FILES_MIN;
  return isScarce ? found(name, "warning", `${detail}${told}`, raise) : found(name, "ok", detail);
}

function wholeSeconds(durationMs: number): number {
  return Math.round(durationMs / 1_000) * 1_000;
}
