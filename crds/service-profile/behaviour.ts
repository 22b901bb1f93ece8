/**
 * Checks of those fields of a profile that nothing acts on yet: they must be right all the same,
 * or the day on which they start to work would be the day on which they break.
 */
import type { Path } from "../../base/shape.ts";
import type { ReadContext } from "../kind.ts";
import { readPortRange } from "../port-range.ts";
import { readRequestCondition } from "../read-condition.ts";
import { checkOrder, readDuration } from "../read-duration.ts";
import { readServiceName } from "../service-names.ts";
import type { ServiceProfileSpec } from "./schema.ts";

type Route = NonNullable<ServiceProfileSpec["routes"]>[number];

export function checkProfileBehaviour(
  spec: ServiceProfileSpec,
  path: Path,
  context: ReadContext,
): void {
  const routes = { parent: path, key: "routes" };
  for (const [index, route] of (spec.routes ?? []).entries()) {
    checkRoute(route, { parent: routes, key: index }, context);
  }
  const ports = { parent: path, key: "opaquePorts" };
  for (const [index, port] of (spec.opaquePorts ?? []).entries()) {
    readPortRange(port, { parent: ports, key: index }, context);
  }
  checkBalancer(spec.loadBalancer, { parent: path, key: "loadBalancer" }, context);
  checkBreaker(spec.circuitBreaker, { parent: path, key: "circuitBreaker" }, context);
  const queue = { parent: { parent: path, key: "concurrency" }, key: "queue" };
  const waiting = spec.concurrency?.queue?.timeout;
  readDuration(waiting, { parent: queue, key: "timeout" }, context, 0);
  const grace = { parent: { parent: path, key: "discovery" }, key: "grace" };
  readDuration(spec.discovery?.grace, grace, context, 0);
}

function checkRoute(route: Route, path: Path, context: ReadContext): void {
  const { mirror, faults, rewrite } = route;
  if (mirror !== undefined) {
    const at = { parent: path, key: "mirror" };
    readServiceName(mirror.service, "default", { parent: at, key: "service" }, context);
    if ((mirror.share === undefined) === (mirror.match === undefined)) {
      context.error(at, "contradiction", "needs either share or match", "give one of the two");
    }
    if (mirror.match !== undefined) {
      readRequestCondition(mirror.match, { parent: at, key: "match" }, context);
    }
  }
  if (faults?.delay !== undefined) {
    const at = { parent: { parent: path, key: "faults" }, key: "delay" };
    checkOrder(faults.delay, "min", "max", at, context);
  }
  if (rewrite?.path !== undefined && rewrite.pathPrefix !== undefined) {
    const at = { parent: path, key: "rewrite" };
    context.error(at, "contradiction", "gives both path and pathPrefix", "keep one of them");
  }
}

function checkBalancer(
  balancer: ServiceProfileSpec["loadBalancer"],
  path: Path,
  context: ReadContext,
): void {
  if (balancer === undefined) return;
  readDuration(balancer.slowStart, { parent: path, key: "slowStart" }, context, 0);
  if (balancer.policy === "consistent-hash" && balancer.hash === undefined) {
    const at = { parent: path, key: "hash" };
    context.error(at, "required", "consistent-hash needs something to hash", 'add "hash"');
  }
  if (balancer.hash !== undefined && Object.keys(balancer.hash).length !== 1) {
    const at = { parent: path, key: "hash" };
    context.error(at, "contradiction", "needs one of header, cookie and source");
  }
}

function checkBreaker(
  breaker: ServiceProfileSpec["circuitBreaker"],
  path: Path,
  context: ReadContext,
): void {
  if (breaker?.successRate !== undefined) {
    const at = { parent: path, key: "successRate" };
    readDuration(breaker.successRate.window, { parent: at, key: "window" }, context, 0);
  }
  if (breaker?.backoff !== undefined) {
    checkOrder(breaker.backoff, "base", "max", { parent: path, key: "backoff" }, context);
  }
}
