/**
 * From a destination, as the operator wrote it, to the stacks that serve it. Runs once for each
 * revision; what it leaves out, because a route does not ask for it, no request pays for.
 */
import type { Random } from "../../base/random.ts";
import type { Destination, Rule } from "../../mesh/destination.ts";
import type { RegexCompiler } from "../../mesh/regex-engine.ts";
import { RouteTable } from "../../mesh/route-table.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import { WeightedSplit } from "../../mesh/weighted-split.ts";
import type { TcpRoute } from "../connection/tcp-route.ts";
import { INBOUND } from "../exchange/exchange.ts";
import { compileRouteEdits } from "../exchange/route-edits.ts";
import type { BackendStack, DestinationStack, RouteStack } from "../exchange/stacks.ts";
import { AnswerLayer } from "../layers/answer.ts";
import { AppFaultLayer } from "../layers/app-fault.ts";
import { HedgeLayer } from "../layers/hedge.ts";
import { ToBackend } from "../layers/junctions.ts";
import { compose, type Layer } from "../layers/layer.ts";
import { type RecordDeps, RecordLayer } from "../layers/record.ts";
import { RetryLayer } from "../layers/retry.ts";
import { RouteLayer } from "../layers/route.ts";
import { BackendSplit, NoBackendLayer, SingleBackendLayer, SplitLayer } from "../layers/split.ts";
import { TimeoutsLayer } from "../layers/timeouts.ts";
import type { RouteRecorders } from "../telemetry/route-recorder.ts";
import { answeringLayers, mirrorLayer, waitingLayers } from "./compose-behaviour.ts";
import { findTcpRule, ServiceTcpRoute } from "./compose-tcp.ts";
import type { DestinationMemory, MemoryDeps } from "./destination-memory.ts";

export interface ComposeDeps extends MemoryDeps {
  readonly record: RecordDeps;
  readonly recorders: RouteRecorders;
  readonly regexes: RegexCompiler;
  /** Of connections that no rule says anything else of; 0 for none. */
  readonly tcpIdleTimeoutMs: number;
  /** The backend of a service port. It is there: a destination is live only with its sets. */
  readonly backend: (service: ServiceKey) => BackendStack;
}

export function composeDestination(
  destination: Destination,
  revision: string,
  deps: ComposeDeps,
  memory: DestinationMemory,
): DestinationStack {
  const table = new RouteTable(destination.rules, deps.regexes);
  // Only now: what was live goes on where the new rules cannot be served.
  memory.begin(destination);
  const routes = destination.rules.map((rule) => composeRoute(destination, rule, deps, memory));
  const layer = new RouteLayer(table, routes);
  const { top } = compose([new AnswerLayer(), new RecordLayer(deps.record), layer]);
  for (const route of routes) route.top.above = layer;
  const tcp = composeTcp(destination, routes[findTcpRule(table)], deps, memory);
  return { key: destination.service, revision, destination, table, routes, top, tcp };
}

function composeTcp(
  { service }: Destination,
  route: RouteStack | undefined,
  { random, tcpIdleTimeoutMs }: ComposeDeps,
  memory: DestinationMemory,
): TcpRoute {
  const rule = route?.rule ?? null;
  const split = route === undefined ? null : backendSplit(route.rule, route.backends, random);
  return new ServiceTcpRoute(service, rule, split, memory, tcpIdleTimeoutMs);
}

function composeRoute(
  destination: Destination,
  rule: Rule,
  deps: ComposeDeps,
  memory: DestinationMemory,
): RouteStack {
  const { action } = rule;
  const backends = action.backends.map(({ service }) => deps.backend(service));
  const layers: Layer[] = deps.direction === INBOUND ? [new AppFaultLayer()] : [];
  layers.push(...answeringLayers(rule, deps, memory));
  layers.push(new TimeoutsLayer(action.timeouts, deps.clock, deps.wheel));
  layers.push(...waitingLayers(destination, rule, deps, memory));
  const mirror = mirrorLayer(rule, deps, memory);
  if (mirror !== null) layers.push(mirror);
  layers.push(splitLayer(rule, backends, deps.random));
  layers.push(...retryLayers(rule, deps, memory), new ToBackend());
  const { top, bottom } = compose(layers);
  const recorder = deps.recorders.open(deps.direction, destination.service, rule, backends);
  const edits = compileRouteEdits(action.behaviour);
  const route = { rule, top, bottom, backends, recorder, edits, budget: memory.budget };
  mirror?.join(route);
  return route;
}

function splitLayer(rule: Rule, backends: readonly BackendStack[], random: Random): Layer {
  const [first] = backends;
  if (first === undefined) return new NoBackendLayer();
  if (backends.length === 1) return new SingleBackendLayer(first);
  return new SplitLayer(backendSplit(rule, backends, random));
}

function backendSplit(rule: Rule, backends: readonly BackendStack[], random: Random): BackendSplit {
  const weights = rule.action.backends.map(({ weight }) => weight);
  return new BackendSplit(backends, new WeightedSplit(weights, random));
}

function retryLayers(rule: Rule, deps: ComposeDeps, memory: DestinationMemory): Layer[] {
  const { retry } = rule.action;
  const { hedge } = retry;
  if (retry.maxRetries === 0 && retry.perTryTimeoutMs === 0 && hedge === null) return [];
  const { clock, random, wheel } = deps;
  const { budget, retryRecorder: recorder } = memory;
  const layer = new RetryLayer(retry, { clock, random, wheel, budget, recorder });
  if (hedge === null) return [layer];
  const observed = memory.hedgeDelay(rule.route, hedge);
  return [layer, new HedgeLayer(hedge, retry, { clock, wheel, budget, recorder, observed })];
}
