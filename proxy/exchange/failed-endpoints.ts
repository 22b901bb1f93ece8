/**
 * The endpoints that failed one request so far: another try goes to one that is not among them, as
 * long as there is one, and otherwise to the one that failed longest ago. Made when the first try
 * has failed, so that requests that succeed pay nothing for it.
 */
import type { EndpointLoad } from "../balance/peak-ewma.ts";

/** Of more than so many the oldest is forgotten: more than any policy allows tries. */
export const FAILED_ENDPOINTS_MAX = 16;

export class FailedEndpoints {
  /** The one that failed last stands last. */
  readonly #loads: EndpointLoad[] = [];

  get count(): number {
    return this.#loads.length;
  }

  add(load: EndpointLoad): void {
    const at = this.#loads.indexOf(load);
    if (at >= 0) this.#loads.splice(at, 1);
    else if (this.#loads.length === FAILED_ENDPOINTS_MAX) this.#loads.shift();
    this.#loads.push(load);
  }

  includes(load: EndpointLoad): boolean {
    return this.#loads.includes(load);
  }

  /** Of two that failed, the one that did so longer ago. */
  earlier(one: EndpointLoad, other: EndpointLoad): EndpointLoad {
    return this.#loads.indexOf(other) < this.#loads.indexOf(one) ? other : one;
  }

  /** Of those that are in, the one that failed longest ago; null when none of them is in. */
  longestAgo(picker: { includes(load: EndpointLoad): boolean }): EndpointLoad | null {
    for (const load of this.#loads) if (picker.includes(load)) return load;
    return null;
  }

  /** The same, for a request that goes on beside the first. */
  copy(): FailedEndpoints {
    const made = new FailedEndpoints();
    for (const load of this.#loads) made.#loads.push(load);
    return made;
  }
}
