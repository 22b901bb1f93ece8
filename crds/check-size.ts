/** Whether the routes of one profile are more than a proxy takes, even without any split. */
import type { Path } from "../base/shape.ts";
import { BODY_LIMITS } from "../mesh/body-limits.ts";
import type { RouteIntent } from "../mesh/intent.ts";
import { routeNodes } from "../mesh/rule-size.ts";
import type { ReadContext } from "./kind.ts";

/** One is for the rule that takes what no route does. */
const NODES_MAX = BODY_LIMITS.matchNodesMax - 1;

export function checkRoutesSize(
  routes: readonly RouteIntent[],
  path: Path,
  context: ReadContext,
): readonly RouteIntent[] {
  const nodes = routes.reduce((sum, route) => sum + routeNodes(route), 0);
  if (nodes > NODES_MAX) {
    const message = `have ${nodes} conditions in all, and a proxy takes ${NODES_MAX}`;
    context.error(path, "too-large", message, "write alternatives as one expression");
  }
  return routes;
}
