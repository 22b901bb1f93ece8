/**
 * The plan as input of `iptables-restore --noflush`, for machines without nftables: chains of our
 * own in the `nat` table, and one jump to each from the chains of the kernel. Each family has its
 * own. Rules are written as `iptables-save` prints them, so that both can be compared as text.
 */

import { formatPortRange, type PortRange } from "../../base/port-ranges.ts";
import { formatSubnet, type Subnet } from "../../base/subnet.ts";
import type { Condition, Direction, Family, RedirectPlan, RedirectRule } from "./redirect-plan.ts";

const CHAINS = { inbound: "HEDDLE_INBOUND", outbound: "HEDDLE_OUTBOUND" } as const;
const JUMPS: readonly string[] = [
  `-A PREROUTING -p tcp -j ${CHAINS.inbound}`,
  `-A OUTPUT -p tcp -j ${CHAINS.outbound}`,
];

/** An empty chain that remembers: there was no `nat` table before ours. */
const ALONE = "HEDDLE_ALONE";
const OWN_CHAINS: readonly string[] = [...Object.values(CHAINS), ALONE];

/** What the multiport match takes; a range counts as two. */
const MULTIPORT_MAX = 15;

/** The `nat` table, as far as it concerns us. */
export interface NatTable {
  /** False before anybody used it. */
  readonly exists: boolean;
  readonly ownChains: readonly string[];
  /** Rules in our chains and jumps to them, in the order of the table. */
  readonly lines: readonly string[];
  /** Rules of others that a connection meets before our jump. */
  readonly ahead: readonly string[];
  /** Whether there is a rule or a chain that is not ours. */
  readonly hasOthers: boolean;
  /** Whether we made the table. */
  readonly isOurs: boolean;
}

/** Reads what `iptables-save` prints. */
export function readNatTable(text: string): NatTable {
  const lines = text.split("\n");
  const start = lines.indexOf("*nat");
  const end = start < 0 ? -1 : lines.indexOf("COMMIT", start);
  const table = start < 0 ? [] : lines.slice(start + 1, end < 0 ? undefined : end);
  const chains = table.flatMap((line) => /^:(\S+)/.exec(line)?.[1] ?? []);
  const custom = table.flatMap((line) => /^:(\S+) - /.exec(line)?.[1] ?? []);
  const rules = table.filter((line) => line.startsWith("-A "));
  const ours = rules.filter((rule) => concernsUs(rule));
  return {
    exists: start >= 0,
    ownChains: chains.filter((chain) => OWN_CHAINS.includes(chain)),
    lines: ours,
    ahead: ["PREROUTING", "OUTPUT"].flatMap((chain) => {
      const own = rules.filter((rule) => rule.startsWith(`-A ${chain} `));
      const jump = own.findIndex((rule) => concernsUs(rule));
      return own.slice(0, Math.max(jump, 0));
    }),
    hasOthers: ours.length < rules.length || custom.some((chain) => !OWN_CHAINS.includes(chain)),
    isOurs: chains.includes(ALONE),
  };
}

/** Chains that are declared are emptied, and old jumps go: applying twice is applying once. */
export function formatIptablesRules(plan: RedirectPlan, family: Family, before: NatTable): string {
  const remember = before.isOurs || !before.exists;
  return formatInput([
    ...(remember ? OWN_CHAINS : Object.values(CHAINS)).map((chain) => `:${chain} - [0:0]`),
    ...jumpRemovals(before),
    ...JUMPS.map((jump) => jump.replace(/^-A (\w+)/, "-I $1 1")),
    ...ruleLines(plan, family),
  ]);
}

/** Empty when there is nothing to remove. */
export function formatIptablesRemoval(before: NatTable): string {
  if (before.ownChains.length === 0) return "";
  return formatInput([
    ...before.ownChains.map((chain) => `:${chain} - [0:0]`),
    ...jumpRemovals(before),
    ...before.ownChains.map((chain) => `-X ${chain}`),
  ]);
}

/** In the order in which `iptables-save` prints them. */
export function expectedIptablesLines(plan: RedirectPlan, family: Family): readonly string[] {
  return [...JUMPS, ...ruleLines(plan, family)];
}

function formatInput(lines: readonly string[]): string {
  return `*nat\n${lines.join("\n")}\nCOMMIT\n`;
}

function jumpRemovals(before: NatTable): readonly string[] {
  return before.lines
    .filter((line) => !OWN_CHAINS.some((chain) => line.startsWith(`-A ${chain} `)))
    .map((line) => line.replace(/^-A/, "-D"));
}

function concernsUs(rule: string): boolean {
  return OWN_CHAINS.some(
    (chain) => rule.startsWith(`-A ${chain} `) || / -[jg] (\S+)/.exec(rule)?.[1] === chain,
  );
}

function ruleLines(plan: RedirectPlan, family: Family): readonly string[] {
  return (["inbound", "outbound"] as const).flatMap((direction) =>
    plan[direction].flatMap((rule) =>
      formatConditions(rule.when, direction, family).map(
        (when) => `-A ${CHAINS[direction]} ${when}${formatTarget(rule)}`,
      ),
    ),
  );
}

function formatTarget({ toPort }: RedirectRule): string {
  return toPort === null ? "-j RETURN" : `-j REDIRECT --to-ports ${toPort}`;
}

/** None where it concerns the other family, several where one rule cannot hold it. */
function formatConditions(
  when: Condition,
  direction: Direction,
  family: Family,
): readonly string[] {
  const far = direction === "inbound" ? "-s" : "-d";
  switch (when.kind) {
    case "endpoint":
      return formatFarEnd(when.address, "-d", family).map(
        (address) => `${address}-p tcp -m tcp --dport ${when.port} `,
      );
    case "uid":
      return [`-m owner --uid-owner ${when.uid} `];
    case "loopback":
      return [direction === "inbound" ? "-i lo " : "-o lo "];
    case "ports":
      return splitPorts(when.ranges).map((ports) => `-p tcp -m multiport --dports ${ports} `);
    case "subnet":
      return formatFarEnd(when.subnet, far, family);
    case "tcp":
      return ["-p tcp "];
  }
}

function formatFarEnd(subnet: Subnet, flag: "-s" | "-d", family: Family): readonly string[] {
  return subnet.family === family ? [`${flag} ${formatSubnet(subnet)} `] : [];
}

function splitPorts(ranges: readonly PortRange[]): readonly string[] {
  const lists: string[][] = [];
  let room = 0;
  for (const range of ranges) {
    const places = range.first === range.last ? 1 : 2;
    if (places > room) {
      lists.push([]);
      room = MULTIPORT_MAX;
    }
    lists.at(-1)?.push(formatPortRange(range, ":"));
    room -= places;
  }
  return lists.map((list) => list.join(","));
}
