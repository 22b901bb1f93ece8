/** What a proof of interception can find, and what to do about each. */
import { formatAddress } from "../../base/address.ts";

export type InterceptionOutcome =
  /** Not tried yet. */
  | "untried"
  /** This machine does not talk to others by that family, so there is nothing to redirect. */
  | "not-used"
  | "proven"
  /** The proxy's own connections come back to it: every request would go round for ever. */
  | "not-exempt"
  /** It came back, and the kernel does not say what was dialled. */
  | "no-original-destination"
  /** Something else than this proxy took the connection. */
  | "answered-by-another"
  | "refused"
  /** Neither the rules nor a route lead anywhere. */
  | "unreachable"
  | "timeout";

export interface OutcomeContext {
  /** What was dialled. */
  readonly host: string;
  readonly port: number;
  /** Where the rules must redirect to. */
  readonly outboundPort: number;
  /** The user that this process runs as; null where the system has none. */
  readonly userId: number | null;
}

export interface OutcomeText {
  readonly detail: string;
  /** What to do; empty when there is nothing to be done. */
  readonly hint: string;
}

export function describeOutcome(
  outcome: InterceptionOutcome,
  context: OutcomeContext,
): OutcomeText {
  const { host, outboundPort, userId } = context;
  const dialled = formatAddress(context);
  const init = `"heddle init --outbound-port ${outboundPort}"`;
  const again = `run ${init} in this network namespace, or set its rules right`;
  switch (outcome) {
    case "untried":
      return { detail: "it has not been tried yet", hint: "" };
    case "not-used":
      return { detail: "this machine has no address of this family", hint: "" };
    case "proven":
      return { detail: "connections of applications come to this proxy", hint: "" };
    case "not-exempt":
      return {
        detail: `the proxy's own connections${userOf(userId)} are redirected to it as well`,
        hint: `run it as the user that the rules leave alone${uidHint(userId)}`,
      };
    case "no-original-destination":
      return {
        detail:
          "connections are redirected here, but the kernel does not say where they were to go",
        hint: "the rules must redirect by NAT on this machine, with connection tracking",
      };
    case "answered-by-another":
      return {
        detail: `something else than this proxy takes connections to ${dialled}`,
        hint: `rules must redirect to port ${outboundPort}: ${again}`,
      };
    case "refused":
      return {
        detail: `connections to ${dialled} are refused: nobody listens where they go`,
        hint: `rules must redirect to port ${outboundPort}: ${again}`,
      };
    case "unreachable":
      return {
        detail: `connections to ${dialled} are not redirected here: it cannot be reached`,
        hint: `${again}; with rules, where there is no default route, add "${host} dev lo"`,
      };
    case "timeout":
      return { detail: `connections to ${dialled} are not redirected here`, hint: again };
  }
}

function uidHint(userId: number | null): string {
  return userId === null ? "" : `, or set them with "heddle init --uid ${userId}"`;
}

function userOf(userId: number | null): string {
  return userId === null ? "" : ` (user ${userId})`;
}
