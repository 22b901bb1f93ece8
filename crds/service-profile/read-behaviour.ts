/** What a route of a profile does beside routing, put into the mesh's words. */
import type { Static } from "typebox";
import type { Path } from "../../base/shape.ts";
import type { BehaviourIntent, MirrorIntent, ServiceName } from "../../mesh/intent.ts";
import type { Match } from "../../mesh/match.ts";
import type { DelayFault, RateLimit } from "../../mesh/route-behaviour.ts";
import type { ReadContext } from "../kind.ts";
import { readBodyLimit } from "../read-byte-size.ts";
import { readRequestCondition } from "../read-condition.ts";
import { checkOrder } from "../read-duration.ts";
import { readServiceName } from "../service-names.ts";
import { readHeaderEdits } from "./read-header-edits.ts";
import { readRedirect, readRewrite } from "./read-rewrite.ts";
import type { profileRoute } from "./route-schema.ts";

type Route = Static<typeof profileRoute>;

/** As much as a retry keeps: a body that is kept for one is there for the other. */
const MIRROR_BODY_BYTES = 65_536;

/** A bare name of a mirror stands in the profiled service's namespace. */
export function readBehaviour(
  route: Route,
  match: Match,
  service: ServiceName,
  path: Path,
  context: ReadContext,
): BehaviourIntent {
  const faults = { parent: path, key: "faults" };
  const headers = { parent: path, key: "headers" };
  return {
    mirror: readMirror(route.mirror, service, { parent: path, key: "mirror" }, context),
    delay: readDelay(route.faults?.delay, { parent: faults, key: "delay" }, context),
    abort: route.faults?.abort ?? null,
    requestHeaders: readHeaderEdits(
      route.headers?.request,
      { parent: headers, key: "request" },
      context,
    ),
    answerHeaders: readHeaderEdits(
      route.headers?.response,
      { parent: headers, key: "response" },
      context,
    ),
    rewrite: readRewrite(route.rewrite, match, { parent: path, key: "rewrite" }, context),
    redirect: readRedirect(route, match, { parent: path, key: "redirect" }, context),
    rateLimit: readRateLimit(route.rateLimit),
    importance: route.importance ?? "normal",
  };
}

function readMirror(
  mirror: Route["mirror"],
  service: ServiceName,
  path: Path,
  context: ReadContext,
): MirrorIntent | null {
  if (mirror === undefined) return null;
  if ((mirror.share === undefined) === (mirror.match === undefined)) {
    context.error(path, "contradiction", "needs either share or match", "give one of the two");
  }
  const at = { parent: path, key: "service" };
  const dark = readServiceName(mirror.service, service.namespace, at, context);
  if (dark !== undefined && dark.namespace === service.namespace && dark.name === service.name) {
    const message = "is the service itself, which gets what is copied twice";
    context.warning(at, "repeats", message, "name another service");
  }
  const match =
    mirror.match === undefined
      ? null
      : readRequestCondition(mirror.match, { parent: path, key: "match" }, context);
  const limit = { parent: path, key: "bodyLimit" };
  return {
    service: dark ?? service,
    share: mirror.share ?? 1,
    match,
    bodyBytesMax: readBodyLimit(mirror.bodyLimit, limit, context, MIRROR_BODY_BYTES),
    compare: mirror.compare ?? false,
  };
}

function readDelay(
  delay: NonNullable<Route["faults"]>["delay"],
  path: Path,
  context: ReadContext,
): DelayFault | null {
  if (delay === undefined) return null;
  const order = checkOrder(delay, "min", "max", path, context);
  const minMs = order.lowMs;
  return { share: delay.share, minMs, maxMs: delay.max === undefined ? minMs : order.highMs };
}

/** The whole of a second may come at once unless a burst is given, as Linkerd has it. */
function readRateLimit(limit: Route["rateLimit"]): RateLimit | null {
  if (limit === undefined) return null;
  const { requestsPerSecond, burst = requestsPerSecond, header = "" } = limit;
  return { requestsPerSecond, burst, header: header.toLowerCase() };
}
