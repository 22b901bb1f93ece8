/** One address as `/config` shows it: what stands there, and since when that is known. */
import type { Clock } from "../../base/clock.ts";
import type { HeldAddress } from "../control/held.ts";
import { stateWord } from "./explain-address.ts";

export function describeAddress(held: Readonly<HeldAddress>, clock: Clock): unknown {
  const { key, state, revision, receivedAtWallMs, problem } = held;
  const binding = typeof state === "string" ? null : state;
  return {
    address: key,
    state: stateWord(state),
    service: binding?.service ?? null,
    protocol: binding?.protocol ?? null,
    endpoint: binding?.endpoint?.id ?? null,
    endpointState: binding?.endpoint?.state ?? null,
    revision,
    ageMs: state === "pending" ? 0 : Math.max(0, clock.wallMs() - receivedAtWallMs),
    problem,
  };
}
