/**
 * The plan as one nftables table for both families, and the table as `nft -j` tells it, turned back
 * into the same lines, so that what is in force can be compared with what was meant.
 */

import { formatPortRange, type PortRange } from "../../base/port-ranges.ts";
import { formatSubnet, isHost, type Subnet } from "../../base/subnet.ts";
import type { Condition, Direction, RedirectPlan, RedirectRule } from "./redirect-plan.ts";

export const NFT_TABLE = "heddle";

/** Just before those of others, which stand at -100: what is mapped once is not mapped again. */
const PRIORITY = -101;

const HOOKS = { inbound: "prerouting", outbound: "output" } as const;
const DIRECTIONS: readonly Direction[] = ["inbound", "outbound"];

/** Replaces the table as a whole, in one transaction; what is there before does not matter. */
export function formatNftRules(plan: RedirectPlan): string {
  const chains = DIRECTIONS.map((direction) => {
    const lines = chainLines(plan, direction).map((line) => `    ${line}\n`);
    return `  chain ${direction} {\n${lines.join("")}  }\n`;
  });
  return `${formatNftRemoval()}table inet ${NFT_TABLE} {\n${chains.join("")}}\n`;
}

/** Declared first, so that removing what is not there is no error. */
export function formatNftRemoval(): string {
  return `table inet ${NFT_TABLE}\ndelete table inet ${NFT_TABLE}\n`;
}

/** One line for each thing that the table must have, under the name of its chain. */
export function expectedNftLines(plan: RedirectPlan): readonly string[] {
  return DIRECTIONS.flatMap((direction) =>
    chainLines(plan, direction).map((line) => `${direction}: ${line}`),
  );
}

function chainLines(plan: RedirectPlan, direction: Direction): readonly string[] {
  return [
    `type nat hook ${HOOKS[direction]} priority ${PRIORITY}; policy accept;`,
    ...plan[direction].map((rule) => formatRule(rule, direction, plan)),
  ];
}

function formatRule(rule: RedirectRule, direction: Direction, plan: RedirectPlan): string {
  const when = formatCondition(rule.when, direction, plan);
  return `${when} ${rule.toPort === null ? "return" : `redirect to :${rule.toPort}`}`;
}

function formatCondition(when: Condition, direction: Direction, plan: RedirectPlan): string {
  switch (when.kind) {
    case "endpoint":
      return `${formatFarEnd(when.address, "daddr")} tcp dport ${when.port}`;
    case "uid":
      return `meta skuid ${when.uid}`;
    case "loopback":
      return direction === "inbound" ? 'iifname "lo"' : 'oifname "lo"';
    case "ports":
      return `tcp dport ${formatPortSet(when.ranges)}`;
    case "subnet":
      return formatFarEnd(when.subnet, direction === "inbound" ? "saddr" : "daddr");
    case "tcp": {
      const only = plan.families.length === 1 ? `meta nfproto ${plan.families[0]} ` : "";
      return `${only}meta l4proto tcp`;
    }
  }
}

function formatFarEnd(subnet: Subnet, field: "saddr" | "daddr"): string {
  const protocol = subnet.family === "ipv4" ? "ip" : "ip6";
  return `${protocol} ${field} ${isHost(subnet) ? subnet.address : formatSubnet(subnet)}`;
}

function formatPortSet(ranges: readonly PortRange[]): string {
  const texts = ranges.map((range) => formatPortRange(range));
  return texts.length === 1 ? (texts[0] ?? "") : `{ ${texts.join(", ")} }`;
}
