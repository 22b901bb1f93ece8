/**
 * Addresses that nobody has (RFC 5737, RFC 3849). The redirect rules send what is dialled there to
 * the outbound port, for the proxy's own user too: a proxy that dials one and meets itself knows
 * that the rules are in force.
 */
export const INTERCEPTION_PROBE = {
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  port: 4199,
} as const;
