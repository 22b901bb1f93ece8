/** What failing to connect is called, whatever the connection was for. */
import { formatAddress } from "../../base/address.ts";
import { Fault, type FaultCode } from "../../base/fault.ts";
import type { CloseReason } from "../net/stream.ts";

/** Those that have a name of their own. */
const CODES: Readonly<Partial<Record<CloseReason, FaultCode>>> = {
  timeout: "connect-timeout",
  loop: "loop-detected",
  // The endpoint is not to blame, and must not be taken out for it.
  "no-files": "overloaded",
};

export function connectFault(
  { address, port }: { readonly address: string; readonly port: number },
  reason: CloseReason,
): Fault {
  const place = formatAddress({ host: address, port });
  return new Fault(CODES[reason] ?? "connect-failed", `${place}: ${reason}`);
}

/** What a failure is called where the endpoint is the application behind this proxy. */
export function appFault(fault: Fault): Fault {
  const unreached = fault.code === "connect-failed" || fault.code === "connect-timeout";
  return unreached ? new Fault("app-unreachable", fault.detail, fault) : fault;
}
