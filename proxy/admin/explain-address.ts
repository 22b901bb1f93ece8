/**
 * What this proxy would do with a connection that is redirected to it on its way to an address,
 * and with a request on it: the address decides where that goes, whatever its Host is.
 */
import { type Address, formatAddress } from "../../base/address.ts";
import type { PortRange } from "../../base/port-ranges.ts";
import { type AddressKey, addressKey } from "../../mesh/address-key.ts";
import type { ExplainedAddress, Explanation } from "../../mesh/explain.ts";
import type { AddressState } from "../control/held.ts";
import { portHint } from "../detect/opaque-ports.ts";
import {
  type ExplainDeps,
  type ExplainQuestion,
  explainStack,
  readHead,
  settle,
  settleDestination,
} from "./explain-request.ts";

export interface ExplainAddressDeps extends ExplainDeps {
  readonly settings: { readonly opaquePorts: readonly PortRange[] };
}

/** `question` is null for any connection, whatever is spoken on it. */
export async function explainAddress(
  dialled: Address,
  question: ExplainQuestion | null,
  deps: ExplainAddressDeps,
): Promise<Explanation> {
  const key = addressKey(dialled.host, dialled.port);
  const address =
    key === undefined ? outsider(dialled) : await settleAddress(key, dialled.port, deps);
  const { service, protocol, endpoint } = address;
  const isRead = protocol === "detect" || protocol === "http1";
  const head = question === null || !isRead ? null : readHead(question);
  const request = {
    method: head?.methodText() ?? "",
    authority: head?.authorityText() ?? address.address,
    path: head?.pathText() ?? "",
  };
  const namesTried = service === null ? [] : [service];
  const slot =
    service === null || endpoint !== null ? null : await settleDestination(service, deps);
  const stack = slot?.stack ?? null;
  const explained =
    stack === null
      ? { destination: null, rules: [], split: null, policy: null }
      : explainStack(stack, head, deps);
  return { request, address, namesTried, service, ...explained };
}

async function settleAddress(
  key: AddressKey,
  port: number,
  deps: ExplainAddressDeps,
): Promise<ExplainedAddress> {
  const { configuration, clock, settings } = deps;
  const state = await settle(
    () => configuration.watchAddress(key) ?? "pending",
    (found) => found !== "pending",
    deps,
  );
  const held = configuration.followed(key);
  const binding = typeof state === "string" ? null : state;
  const endpoint = binding?.endpoint ?? null;
  return {
    address: key,
    state: stateWord(state),
    service: binding?.service ?? null,
    protocol: binding === null ? "detect" : portHint(binding.protocol, port, settings.opaquePorts),
    endpoint: endpoint === null ? null : { id: endpoint.id, state: endpoint.state },
    ageMs: held === undefined || state === "pending" ? 0 : clock.wallMs() - held.receivedAtWallMs,
    problem: held?.problem ?? "",
  };
}

export function stateWord(state: AddressState): ExplainedAddress["state"] {
  if (state === "absent") return "unknown";
  return state === "pending" ? state : state.kind;
}

/** An address of one link, which is nowhere in the mesh. */
function outsider(dialled: Address): ExplainedAddress {
  return {
    address: formatAddress(dialled),
    state: "unknown",
    service: null,
    protocol: "detect",
    endpoint: null,
    ageMs: 0,
    problem: "",
  };
}
