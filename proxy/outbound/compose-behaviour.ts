/**
 * The layers of what a route does to a request beside choosing where it goes. A layer that the
 * route does not ask for is not there.
 */
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { TimerWheel } from "../../base/timer-wheel.ts";
import type { Destination, Rule } from "../../mesh/destination.ts";
import { compilePredicate } from "../../mesh/predicate.ts";
import type { RegexCompiler } from "../../mesh/regex-engine.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { BackendStack } from "../exchange/stacks.ts";
import { AbortFaultLayer } from "../layers/abort-fault.ts";
import { DelayFaultLayer } from "../layers/delay-fault.ts";
import type { Layer } from "../layers/layer.ts";
import { MirrorLayer } from "../layers/mirror.ts";
import { QueueLayer } from "../layers/queue.ts";
import { RateLimitLayer } from "../layers/rate-limit.ts";
import { RedirectLayer } from "../layers/redirect.ts";
import type { DestinationMemory } from "./destination-memory.ts";

export interface BehaviourDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly wheel: TimerWheel;
  readonly regexes: RegexCompiler;
  readonly backend: (service: ServiceKey) => BackendStack;
}

/** Above the deadline: what answers at once, or not at all. */
export function answeringLayers(
  rule: Rule,
  deps: BehaviourDeps,
  memory: DestinationMemory,
): readonly Layer[] {
  const { redirect, rateLimit, abort } = rule.action.behaviour;
  const layers: Layer[] = [];
  if (redirect !== null) layers.push(new RedirectLayer(redirect));
  if (rateLimit !== null) {
    layers.push(
      new RateLimitLayer({
        ...deps,
        limiter: memory.rateLimiter(rule.route, rateLimit),
        limited: memory.limited(rule.route),
        header: rateLimit.header,
      }),
    );
  }
  if (abort !== null) layers.push(new AbortFaultLayer(abort, deps.random));
  return layers;
}

/** Below the deadline, which counts the time that a request spends in them. */
export function waitingLayers(
  destination: Destination,
  rule: Rule,
  deps: BehaviourDeps,
  memory: DestinationMemory,
): readonly Layer[] {
  const { importance, delay } = rule.action.behaviour;
  const { importanceHeader } = destination.concurrency;
  const { gate } = memory;
  const layers: Layer[] = [];
  if (gate !== null) {
    layers.push(new QueueLayer({ gate, clock: deps.clock, importance, importanceHeader }));
  }
  if (delay !== null) {
    const delayed = memory.delayed(rule.route);
    layers.push(new DelayFaultLayer(delay, { ...deps, delayed }));
  }
  return layers;
}

/** Below the queue, so that what is shed is not copied, and above all tries. */
export function mirrorLayer(
  rule: Rule,
  deps: BehaviourDeps,
  memory: DestinationMemory,
): MirrorLayer | null {
  const { mirror } = rule.action.behaviour;
  if (mirror === null) return null;
  const { match } = mirror;
  return new MirrorLayer(mirror, {
    ...deps,
    recorder: memory.mirror(rule.route, mirror.service),
    backend: deps.backend(mirror.service),
    predicate: match === null ? null : compilePredicate(match, deps.regexes),
  });
}
