/** What `heddle init` says about what it did, and about what it could not do. */

import { formatPortRange } from "../../base/port-ranges.ts";
import { EXIT, ProgramError } from "../../base/program.ts";
import { formatSubnet } from "../../base/subnet.ts";
import type { AppliedRedirect, RedirectFailure } from "./redirect.ts";
import type { Condition, Direction, RedirectPlan } from "./redirect-plan.ts";

const FAMILY_NAMES = { ipv4: "IPv4", ipv6: "IPv6" } as const;

/** In a few lines. */
export function describeRedirect(plan: RedirectPlan, { backend }: AppliedRedirect): string {
  const families = plan.families.map((family) => FAMILY_NAMES[family]).join(" and ");
  return (
    `redirected by ${backend}, ${families}\n` +
    `  inbound   ${describeDirection(plan, "inbound")}\n` +
    `  outbound  ${describeDirection(plan, "outbound")}\n`
  );
}

/** Empty when all is as it was meant. */
export function describeDifferences({ differences }: AppliedRedirect): string {
  return [
    ...differences.missing.map((line) => `  missing  ${line}\n`),
    ...differences.foreign.map((line) => `  foreign  ${line}\n`),
  ].join("");
}

/** For programs. */
export function redirectDocument(plan: RedirectPlan, applied: AppliedRedirect): unknown {
  return {
    backend: applied.backend,
    families: plan.families,
    inboundPort: lastPort(plan, "inbound"),
    outboundPort: lastPort(plan, "outbound"),
    passedOver: applied.passedOver.map((one) => one.message),
    ...applied.differences,
  };
}

/** Why it did not work, and what to do about it. */
export function explainFailure(failure: RedirectFailure, doing: string): ProgramError {
  const reasons = failure.reasons.map((one) => `\n  ${one.message}`).join("");
  if (failure.isToolMissing) {
    return new ProgramError(
      `cannot ${doing}: install nftables, or iptables${reasons}`,
      EXIT.unavailable,
    );
  }
  return new ProgramError(`cannot ${doing}${reasons}\n${mendFor(failure)}`);
}

/** Without it every backend fails, each in words of its own. */
export const LACKS_NET_ADMIN =
  "this process may not change network rules: it needs the capability NET_ADMIN. Run it as " +
  "root, or in Kubernetes give the init container securityContext.capabilities.add: [NET_ADMIN]";

function mendFor({ reasons }: RedirectFailure): string {
  const text = reasons.map((one) => one.message).join("\n");
  if (/lock file|xtables\.lock/i.test(text)) {
    return "iptables locks a file: make /run writable, or name another in XTABLES_LOCKFILE";
  }
  if (/not permitted|permission denied/i.test(text)) {
    return "NET_ADMIN must hold in the network namespace, not only in this user namespace";
  }
  return (
    "The kernel of this machine must be able to do NAT: nftables with nft_redir and " +
    "nft_chain_nat (Linux 5.2 or newer), or xt_REDIRECT, xt_owner and xt_multiport for " +
    "iptables. Load the modules on the host; a container cannot"
  );
}

function describeDirection(plan: RedirectPlan, direction: Direction): string {
  const left = plan[direction].flatMap(({ when, toPort }) =>
    toPort === null ? [describeCondition(when, direction)] : [],
  );
  return `to port ${lastPort(plan, direction)}, but for ${left.join(", ")}`;
}

function describeCondition(when: Condition, direction: Direction): string {
  switch (when.kind) {
    case "uid":
      return `user ${when.uid}`;
    case "loopback":
      return "lo";
    case "ports":
      return `ports ${when.ranges.map((range) => formatPortRange(range)).join(" ")}`;
    case "subnet":
      return `${direction === "inbound" ? "from" : "to"} ${formatSubnet(when.subnet)}`;
    case "endpoint":
      return `${when.address.address}:${when.port}`;
    case "tcp":
      return "nothing";
  }
}

function lastPort(plan: RedirectPlan, direction: Direction): number | null {
  return plan[direction].at(-1)?.toPort ?? null;
}
