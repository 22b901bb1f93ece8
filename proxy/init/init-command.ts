/** The command line of `heddle init`, and what it asks for. */
import { defineCommand, type FlagValues } from "../../base/flags.ts";
import { joinPortRanges, type PortRange, parsePortRanges } from "../../base/port-ranges.ts";
import { UsageError } from "../../base/program.ts";
import { parseSubnet, type Subnet } from "../../base/subnet.ts";
import type { Family, RedirectSettings } from "./redirect-plan.ts";
import { BACKENDS } from "./rule-tool.ts";

/** Rules are walked once for each new connection. */
const SUBNETS_MAX = 64;
const UIDS_MAX = 16;
/** The last but one: the last means "no user" to the kernel. */
const UID_MAX = 4_294_967_294;

const PORT = { kind: "integer", min: 1, max: 65_535 } as const;

export const initCommand = defineCommand({
  name: "init",
  summary: "redirect this machine's or pod's TCP connections to its proxy",
  description:
    "Sets the rules in the network namespace that it runs in: what comes in goes to " +
    "--inbound-port, what goes out to --outbound-port, but for what the proxy itself sends and " +
    "what is skipped. Whatever it set before is replaced in one step. It needs the capability " +
    "NET_ADMIN, and nftables or iptables.\n\n" +
    "The proxy that takes the connections is `heddle proxy --transparent`, run as --uid.",
  flags: {
    "inbound-port": { ...PORT, default: "4143", help: "where the proxy takes what comes in" },
    "outbound-port": { ...PORT, default: "4140", help: "where the proxy takes what goes out" },
    "admin-port": { ...PORT, default: "4191", help: "the proxy's own port, never redirected" },
    uid: {
      kind: "string",
      value: "UID,...",
      default: "2102",
      help: "the user that the proxy runs as, whose connections go out as they are",
    },
    "skip-inbound-ports": {
      kind: "string",
      value: "PORTS",
      default: "4567,4568",
      help: "ports and ranges (9000-9010) of the application that the proxy does not stand before",
    },
    "skip-outbound-ports": {
      kind: "string",
      value: "PORTS",
      default: "4567,4568",
      help: "ports and ranges that are dialled past the proxy",
    },
    "skip-subnets": {
      kind: "string",
      value: "CIDR,...",
      help: "what goes there or comes from there is not redirected",
    },
    ipv6: {
      kind: "enum",
      values: ["auto", "on", "off"],
      default: "auto",
      help: "redirect IPv6 too; auto: where this namespace has it",
    },
    backend: {
      kind: "enum",
      values: ["auto", ...BACKENDS],
      default: "auto",
      help: "what sets the rules; auto: the first that works",
    },
    "dry-run": { kind: "boolean", help: "print what would be set, and change nothing" },
    check: { kind: "boolean", help: "compare what is in force with what would be set" },
    undo: { kind: "boolean", help: "remove all that it ever set here" },
    output: {
      kind: "enum",
      short: "o",
      values: ["text", "json"],
      default: "text",
      help: "how to tell what was done",
    },
  },
  examples: [
    { command: "heddle init", meaning: "redirect this pod, with the defaults" },
    {
      command: "heddle init --skip-outbound-ports 3306 --skip-subnets 169.254.169.254/32",
      meaning: "leave a database and the cloud's metadata alone",
    },
    { command: "heddle init --undo", meaning: "as if it had never been" },
  ],
});

export type InitFlags = FlagValues<typeof initCommand.flags>;

/** Throws `UsageError`. `hasIpv6`: whether this network namespace has IPv6 at all. */
export function readRedirectSettings(flags: InitFlags, hasIpv6: boolean): RedirectSettings {
  const wantsIpv6 = flags.ipv6 === "on" || (flags.ipv6 === "auto" && hasIpv6);
  const families: readonly Family[] = wantsIpv6 ? ["ipv4", "ipv6"] : ["ipv4"];
  const ports = {
    "--inbound-port": flags["inbound-port"],
    "--outbound-port": flags["outbound-port"],
    "--admin-port": flags["admin-port"],
  };
  const seen = new Map<number, string>();
  for (const [flag, port] of Object.entries(ports)) {
    const other = seen.get(port);
    if (other !== undefined) throw new UsageError(`${other} and ${flag} are the same port`);
    seen.set(port, flag);
  }
  return {
    inboundPort: ports["--inbound-port"],
    outboundPort: ports["--outbound-port"],
    adminPort: ports["--admin-port"],
    skippedInbound: readPorts("--skip-inbound-ports", flags["skip-inbound-ports"]),
    skippedOutbound: readPorts("--skip-outbound-ports", flags["skip-outbound-ports"]),
    skippedSubnets: readSubnets(flags["skip-subnets"] ?? ""),
    uids: readUids(flags.uid),
    families,
  };
}

function readPorts(flag: string, text: string): readonly PortRange[] {
  const read = parsePortRanges(text);
  if ("problem" in read) throw new UsageError(`${flag}: ${read.problem}`);
  return joinPortRanges(read.ranges);
}

function readSubnets(text: string): readonly Subnet[] {
  const parts = splitList(text);
  if (parts.length > SUBNETS_MAX) {
    throw new UsageError(`--skip-subnets: more than ${SUBNETS_MAX} subnets`);
  }
  return parts.map((part) => {
    const subnet = parseSubnet(part);
    if (subnet === undefined) {
      throw new UsageError(
        `--skip-subnets: ${JSON.stringify(part)} is no subnet such as 10.0.0.0/8 or fd00::/16`,
      );
    }
    if (subnet.prefixBits === 0) {
      throw new UsageError(`--skip-subnets: ${part} is every address, and nothing would be left`);
    }
    return subnet;
  });
}

function readUids(text: string): readonly number[] {
  const parts = splitList(text);
  if (parts.length === 0) throw new UsageError("--uid: a proxy must be let out, by its user");
  if (parts.length > UIDS_MAX) throw new UsageError(`--uid: more than ${UIDS_MAX} users`);
  const uids = parts.map((part) => {
    const uid = /^\d{1,10}$/.test(part) ? Number(part) : Number.NaN;
    if (uid <= UID_MAX) return uid;
    throw new UsageError(`--uid: ${JSON.stringify(part)} is no number of a user`);
  });
  return [...new Set(uids)];
}

function splitList(text: string): readonly string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
