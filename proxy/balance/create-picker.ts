/** The picker that a backend's settings ask for. */
import type { Random } from "../../base/random.ts";
import type { Balancer, BalancerPolicy } from "../../mesh/backend-settings.ts";
import { LeastRequests } from "./least-requests.ts";
import type { EndpointLoad } from "./peak-ewma.ts";
import type { Picker } from "./picker.ts";
import { PowerOfTwoChoices } from "./power-of-two.ts";
import { RandomChoice } from "./random-choice.ts";
import { RingHash } from "./ring-hash.ts";
import { RoundRobin } from "./round-robin.ts";
import { type PickerFactory, ZoneAware } from "./zone-aware.ts";

const FACTORIES: Readonly<Record<BalancerPolicy, PickerFactory>> = {
  "peak-ewma": (loads, random) => new PowerOfTwoChoices(loads, random),
  "least-request": (loads, random) => new LeastRequests(loads, random),
  "round-robin": (loads, random) => new RoundRobin(loads, random),
  random: (loads, random) => new RandomChoice(loads, random),
  "consistent-hash": (loads, random) => new RingHash(loads, random),
};

/** `ownZone` is empty where the proxy's zone is unknown: then zones do not count. */
export function createPicker(
  loads: readonly EndpointLoad[],
  { policy, zone }: Pick<Balancer, "policy" | "zone">,
  ownZone: string,
  random: Random,
): Picker {
  const factory = FACTORIES[policy];
  if (zone === "any" || ownZone === "") return factory(loads, random);
  return new ZoneAware(loads, { ownZone, only: zone === "only" }, factory, random);
}
