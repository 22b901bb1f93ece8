/**
 * The three stacks that an exchange goes through, each composed once: the destination's (logical:
 * what was named), the route's (which rule, which limits), and the backend's (concrete: which
 * endpoint). An exchange holds a reference to each as the layers choose it, so that the answer
 * finds its way back up through stacks that are shared.
 */
import type { Destination, Rule } from "../../mesh/destination.ts";
import type { EndpointSet } from "../../mesh/endpoint-set.ts";
import type { RouteTable } from "../../mesh/route-table.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { EndpointLoad } from "../balance/peak-ewma.ts";
import type { TcpRoute } from "../connection/tcp-route.ts";
import type { Layer } from "../layers/layer.ts";
import type { RetryBudget } from "../limits/retry-budget.ts";
import type { ConnectionBackend } from "../outbound/connection-choice.ts";
import type { RouteRecorder } from "../telemetry/route-recorder.ts";
import type { RouteEdits } from "./route-edits.ts";

export interface DestinationStack {
  readonly key: ServiceKey;
  readonly revision: string;
  readonly destination: Destination;
  readonly table: RouteTable;
  /** One for each rule, in their order. */
  readonly routes: readonly RouteStack[];
  readonly top: Layer;
  /** Beside the layers: connections that are carried as they are. */
  readonly tcp: TcpRoute;
}

export interface RouteStack {
  readonly rule: Rule;
  readonly top: Layer;
  /** Where answers of the backend's stack come in. */
  readonly bottom: Layer;
  readonly backends: readonly BackendStack[];
  readonly recorder: RouteRecorder;
  /** What it changes in heads; null when that is nothing. */
  readonly edits: RouteEdits | null;
  /** What tries beyond the first are taken from. */
  readonly budget: RetryBudget;
}

export interface BackendStack extends ConnectionBackend {
  readonly key: ServiceKey;
  readonly top: Layer;
  /** Some endpoint would take a request now. */
  readonly available: boolean;
  /** Endpoints that could be chosen now. */
  readonly choices: number;
  readonly endpoints: EndpointSet;
  /** For people: `live`, or why the source of its endpoints is not believed. */
  readonly standing: string;
  /** For people: every endpoint that is known, with what was learnt of it. */
  readonly loads: IterableIterator<EndpointLoad>;
  /** For people: whether that one could be chosen now. */
  isEligible(load: EndpointLoad): boolean;
  /** For people: why it is used though discovery does not list it any more; empty while it does. */
  keptBecause(load: EndpointLoad): string;
}
