/** How a proxy would treat the requests of one route: what its layers were composed from. */
import { DEFAULT_BALANCER } from "../../mesh/backend-settings.ts";
import type { ObjectRef } from "../../mesh/destination.ts";
import type { ExplainedPolicy } from "../../mesh/explain-policy.ts";
import type { Head } from "../../wire/http1/head.ts";
import type { DestinationStack, RouteStack } from "../exchange/stacks.ts";
import { RetryRules } from "../layers/retry-rules.ts";

export function explainPolicy(
  { destination }: DestinationStack,
  { rule }: RouteStack,
  head: Head,
  objectAt: (index: number) => ObjectRef | null,
): ExplainedPolicy {
  const { timeouts, retry, behaviour } = rule.action;
  const { budget, concurrency } = destination;
  const backends = rule.action.backends.flatMap(({ service }) => {
    const settings = destination.backends.find((one) => one.service === service);
    return settings === undefined ? [] : [settings];
  });
  return {
    timeouts,
    retry: {
      ...retry,
      object: objectAt(retry.object),
      mayRepeat: new RetryRules(retry).mayRepeat(head),
    },
    budget,
    balancer: backends[0]?.balancer ?? DEFAULT_BALANCER,
    behaviour,
    concurrency,
    backends,
  };
}
