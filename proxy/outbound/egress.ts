/**
 * The way out of the mesh, where it is allowed: a name or address that no service has is dialled
 * as it stands, its name by DNS. Each gets a stack like any other destination, so that limits,
 * metrics and the log hold for it too. Only so many are kept: the names come from callers.
 */
import type { Authority } from "../../mesh/authority.ts";
import { formatServiceKey } from "../../mesh/service-key.ts";
import type { DestinationStack } from "../exchange/stacks.ts";
import { composeFixed, type FixedStack, type FixedStackDeps } from "./compose-fixed.ts";

export const EGRESS_MAX = 256;

/** All of it is one service in metrics: hosts that callers name must not become labels. */
const EGRESS_SERVICE = formatServiceKey({
  scheme: "egress",
  namespace: "",
  name: "egress",
  port: 1,
});

export class Egress {
  readonly #deps: FixedStackDeps;
  /** In the order of use, the longest unused first. */
  readonly #ways = new Map<string, FixedStack>();

  constructor(deps: FixedStackDeps) {
    this.#deps = deps;
  }

  stack(authority: Authority): DestinationStack {
    const host = authority.host.replace(/^\[|\]$/g, "");
    const name = `${host} ${authority.port}`;
    const known = this.#ways.get(name);
    const way =
      known ?? composeFixed(EGRESS_SERVICE, { address: host, port: authority.port }, this.#deps);
    if (known !== undefined) this.#ways.delete(name);
    else if (this.#ways.size >= EGRESS_MAX) this.#closeOldest();
    this.#ways.set(name, way);
    return way.stack;
  }

  #closeOldest(): void {
    for (const [name, way] of this.#ways) {
      this.#ways.delete(name);
      way.backend.retire();
      for (const route of way.stack.routes) route.recorder.close();
      return;
    }
  }
}
