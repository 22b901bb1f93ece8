/**
 * Which connections the kernel hands to the proxy, as data: two lists of rules, of which the first
 * that applies decides. How nftables and iptables spell them is another matter, so that both do
 * the same.
 *
 * Only new TCP connections meet these rules. UDP and everything else passes as before.
 */

import { joinPortRanges, type PortRange } from "../../base/port-ranges.ts";
import type { Subnet } from "../../base/subnet.ts";
import { INTERCEPTION_PROBE } from "./interception-probe.ts";

export type Family = Subnet["family"];

/** What a person decides. */
export interface RedirectSettings {
  readonly inboundPort: number;
  readonly outboundPort: number;
  /** Answers from outside without passing the proxy's own traffic: it is never redirected. */
  readonly adminPort: number;
  readonly skippedInbound: readonly PortRange[];
  readonly skippedOutbound: readonly PortRange[];
  /** Neither what goes there nor what comes from there is redirected. */
  readonly skippedSubnets: readonly Subnet[];
  /** The users that proxies run as: what they send is not redirected back to them. */
  readonly uids: readonly number[];
  /** In order, without repetition. */
  readonly families: readonly Family[];
}

export type Condition =
  /** One address and port. */
  | { readonly kind: "endpoint"; readonly address: Subnet; readonly port: number }
  | { readonly kind: "uid"; readonly uid: number }
  /** What stays in this network namespace. */
  | { readonly kind: "loopback" }
  | { readonly kind: "ports"; readonly ranges: readonly PortRange[] }
  /** The far end's: where it goes on the way out, where it comes from on the way in. */
  | { readonly kind: "subnet"; readonly subnet: Subnet }
  /** Every TCP connection. */
  | { readonly kind: "tcp" };

export interface RedirectRule {
  readonly when: Condition;
  /** To this port of this machine; null leaves the connection alone. */
  readonly toPort: number | null;
}

export type Direction = "inbound" | "outbound";

export interface RedirectPlan {
  readonly families: readonly Family[];
  readonly inbound: readonly RedirectRule[];
  readonly outbound: readonly RedirectRule[];
}

/**
 * Link-local addresses of IPv6 (RFC 4291 section 2.5.6) mean something on one link only, and the
 * kernel's answer to where a connection was meant to go does not say which.
 */
const LINK_LOCAL: Subnet = { family: "ipv6", address: "fe80::", prefixBits: 10 };

export function planRedirect(settings: RedirectSettings): RedirectPlan {
  const { families } = settings;
  const subnets = [LINK_LOCAL, ...settings.skippedSubnets].filter(({ family }) =>
    families.includes(family),
  );
  const left = (when: Condition): RedirectRule => ({ when, toPort: null });
  const skipped = subnets.map((subnet) => left({ kind: "subnet", subnet }));
  const admin = { first: settings.adminPort, last: settings.adminPort };
  return {
    families,
    inbound: [
      // What an application sends to its own address would meet the proxy twice.
      left({ kind: "loopback" }),
      left({ kind: "ports", ranges: joinPortRanges([...settings.skippedInbound, admin]) }),
      ...skipped,
      { when: { kind: "tcp" }, toPort: settings.inboundPort },
    ],
    outbound: [
      // Before the exemption of the proxy's user, so that the proxy can see that it works.
      ...families.map((family) => probeRule(family, settings.outboundPort)),
      ...settings.uids.map((uid) => left({ kind: "uid", uid })),
      left({ kind: "loopback" }),
      ...(settings.skippedOutbound.length === 0
        ? []
        : [left({ kind: "ports", ranges: settings.skippedOutbound })]),
      ...skipped,
      { when: { kind: "tcp" }, toPort: settings.outboundPort },
    ],
  };
}

function probeRule(family: Family, toPort: number): RedirectRule {
  const { port, [family]: host } = INTERCEPTION_PROBE;
  const address: Subnet = { family, address: host, prefixBits: family === "ipv4" ? 32 : 128 };
  return { when: { kind: "endpoint", address, port }, toPort };
}
