/**
 * What a schema cannot say of how requests are treated: which numbers go together, and which text
 * may stand in a head. A proxy writes these into requests and answers as they are, so that what
 * could break a message apart is refused here, whoever sent it.
 */
import type { BackendSettings } from "./backend-settings.ts";
import type { Action } from "./destination.ts";
import type { Retry } from "./retry.ts";
import type { HeaderEdits, Redirect, Rewrite, RouteBehaviour } from "./route-behaviour.ts";

/** RFC 9110 section 5.6.2, in lower case. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** RFC 9110 section 5.5 without what is obsolete. */
const VALUE = /^[\t -~]*$/;
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** A path without a query, and whatever may stand in an authority. */
const PATH = /^(?:\/[!"$->@-~]*)?$/;
const HOST = /^[0-9A-Za-z._:[\]-]*$/;
const SCHEME = /^(?:https?)?$/;

/** A header's name in lower case. */
export function isHeaderName(text: string): boolean {
  return NAME.test(text);
}

/** Undefined when nothing is wrong. */
export function treatmentProblem({ retry, behaviour }: Action): string | undefined {
  return retryProblem(retry) ?? behaviourProblem(behaviour);
}

function retryProblem(retry: Retry): string | undefined {
  const { statuses, methods, idempotencyKeyHeader, backoff, hedge } = retry;
  for (const { min, max } of statuses) {
    if (min > max) return "a range of statuses to retry is upside down";
  }
  for (const method of methods) {
    if (!METHOD.test(method)) return `a method to retry cannot be ${quote(method)}`;
  }
  if (idempotencyKeyHeader !== "" && !NAME.test(idempotencyKeyHeader)) {
    return `the header of idempotency keys cannot be ${quote(idempotencyKeyHeader)}`;
  }
  if (backoff.baseMs > backoff.maxMs) return "the backoff of retries is upside down";
  if (hedge === null) return undefined;
  const { afterMs, percentile, max } = hedge;
  if (afterMs > 0 === percentile > 0) return "a hedge is not after either a time or a percentile";
  return max > 0 ? undefined : "a hedge of no further tries";
}

function behaviourProblem(behaviour: RouteBehaviour): string | undefined {
  const { requestHeaders, answerHeaders, rewrite, redirect, delay, rateLimit } = behaviour;
  if (delay !== null && delay.minMs > delay.maxMs) return "a delay is upside down";
  const limited = rateLimit?.header ?? "";
  if (limited !== "" && !NAME.test(limited)) {
    return `the header of a rate limit cannot be ${quote(limited)}`;
  }
  return (
    (requestHeaders === null ? undefined : editsProblem(requestHeaders)) ??
    (answerHeaders === null ? undefined : editsProblem(answerHeaders)) ??
    (rewrite === null ? undefined : placeProblem(rewrite)) ??
    (redirect === null ? undefined : redirectProblem(redirect))
  );
}

function editsProblem({ set, add, remove }: HeaderEdits): string | undefined {
  for (const { name, value } of [...set, ...add]) {
    if (!NAME.test(name)) return `an edited header cannot be ${quote(name)}`;
    if (!VALUE.test(value)) return `the edited header ${name} cannot be ${quote(value)}`;
  }
  const wrong = remove.find((name) => !NAME.test(name));
  return wrong === undefined ? undefined : `a removed header cannot be ${quote(wrong)}`;
}

function redirectProblem(redirect: Redirect): string | undefined {
  if (!SCHEME.test(redirect.scheme)) return `a scheme cannot be ${quote(redirect.scheme)}`;
  return placeProblem(redirect);
}

function placeProblem(place: Rewrite): string | undefined {
  for (const text of [place.path, place.pathPrefix]) {
    if (!PATH.test(text)) return `a new path cannot be ${quote(text)}`;
  }
  if (place.pathPrefix !== "" && place.matchedPrefix === "") {
    return "a new prefix takes the place of none";
  }
  return HOST.test(place.host) ? undefined : `a new host cannot be ${quote(place.host)}`;
}

/** Undefined when nothing is wrong. */
export function settingsProblem({ balancer, breaker }: BackendSettings): string | undefined {
  const { policy, hash } = balancer;
  if (policy === "consistent-hash" && hash === null) return "consistent-hash has nothing to hash";
  if (hash?.kind === "header" && !NAME.test(hash.name)) {
    return `a header to hash cannot be ${quote(hash.name)}`;
  }
  if (breaker !== null && breaker.backoff.baseMs > breaker.backoff.maxMs) {
    return "the backoff of a breaker is upside down";
  }
  return undefined;
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}
