/**
 * The endpoints of one backend, with what is known of their load, and the picker of the moment.
 * Endpoints that stay keep what was learnt about them, whatever else changes.
 */
import type { Random } from "../../base/random.ts";
import type { Balancer } from "../../mesh/backend-settings.ts";
import type { Endpoint } from "../../mesh/endpoint-set.ts";
import { EndpointLoad } from "./peak-ewma.ts";
import type { Picker } from "./picker.ts";
import { PowerOfTwoChoices } from "./power-of-two.ts";

export class EndpointBalancer {
  readonly #options: Balancer;
  readonly #random: Random;
  #byId = new Map<string, EndpointLoad>();
  #picker: Picker;

  constructor(options: Balancer, random: Random) {
    this.#options = options;
    this.#random = random;
    this.#picker = new PowerOfTwoChoices([], random);
  }

  /** Replaced by every `update`; hold it for one pick only. */
  get picker(): Picker {
    return this.#picker;
  }

  /** Every endpoint that is known, whatever its state. For people, not for requests. */
  get loads(): IterableIterator<EndpointLoad> {
    return this.#byId.values();
  }

  /** Takes a new list of endpoints and publishes a fresh picker. */
  update(endpoints: readonly Endpoint[], nowMs: number): void {
    const byId = new Map<string, EndpointLoad>();
    for (const endpoint of endpoints) {
      const known = this.#byId.get(endpoint.id);
      if (known !== undefined) known.endpoint = endpoint;
      byId.set(endpoint.id, known ?? new EndpointLoad(endpoint, this.#options, nowMs));
    }
    this.#byId = byId;
    this.#picker = new PowerOfTwoChoices(eligible(byId), this.#random);
  }
}

/**
 * Those that are ready; if none is, those that still serve while they terminate, as kube-proxy
 * does. Weight zero takes no traffic as long as another has some.
 */
function eligible(byId: ReadonlyMap<string, EndpointLoad>): readonly EndpointLoad[] {
  const all = [...byId.values()];
  const ready = all.filter((load) => load.endpoint.state === "ready");
  const able = ready.length > 0 ? ready : all.filter((load) => load.endpoint.state === "serving");
  const weighted = able.filter((load) => load.endpoint.weight > 0);
  return weighted.length > 0 ? weighted : able;
}
