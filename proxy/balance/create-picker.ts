/** The picker that a backend's settings ask for. */
import type { Random } from "../../base/random.ts";
import type { Balancer, BalancerPolicy, NodePreference } from "../../mesh/backend-settings.ts";
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

/** Where the proxy itself is. What is empty is not known, and does not count. */
export interface OwnPlace {
  readonly ownZone: string;
  readonly ownNode?: string;
}

/** With `nodes` "only", all of `loads` are on the own node already. */
export function createPicker(
  loads: readonly EndpointLoad[],
  { policy, zone }: Pick<Balancer, "policy" | "zone">,
  { ownZone, ownNode = "" }: OwnPlace,
  random: Random,
  nodes: NodePreference = "any",
): Picker {
  const factory = FACTORIES[policy];
  const inZones: PickerFactory =
    zone === "any" || ownZone === ""
      ? factory
      : (some) => new ZoneAware(some, { ownZone, only: zone === "only" }, factory, random);
  if (nodes !== "prefer" || ownNode === "") return inZones(loads, random);
  return new ZoneAware(loads, { ownZone, ownNode, only: false }, inZones, random);
}
