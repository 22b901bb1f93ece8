/**
 * The way out of the mesh, where it is allowed: a name or address that no service has is dialled
 * as it stands, its name by DNS.
 */
import type { Authority } from "../../mesh/authority.ts";
import { formatServiceKey } from "../../mesh/service-key.ts";
import type { DestinationStack } from "../exchange/stacks.ts";
import type { FixedStackDeps } from "./compose-fixed.ts";
import { Passages } from "./passages.ts";

/** All of it is one service in metrics: hosts that callers name must not become labels. */
export const EGRESS_SERVICE = formatServiceKey({
  scheme: "egress",
  namespace: "",
  name: "egress",
  port: 1,
});

export class Egress {
  readonly #passages: Passages;

  constructor(deps: FixedStackDeps) {
    this.#passages = new Passages(deps);
  }

  stack(authority: Authority, nowMs: number): DestinationStack {
    const address = authority.host.replace(/^\[|\]$/g, "");
    return this.#passages.open(EGRESS_SERVICE, { address, port: authority.port }, nowMs).stack;
  }
}
