/** Reads what a route does beside routing, out of a proxy's explanation. */
import { MATCH_EVERYTHING } from "../../mesh/match.ts";
import {
  type AbortFault,
  DEFAULT_BEHAVIOUR,
  type DelayFault,
  type HeaderEdits,
  type HeaderValue,
  type Mirror,
  type RateLimit,
  REDIRECT_STATUSES,
  type Redirect,
  type Rewrite,
  type RouteBehaviour,
} from "../../mesh/route-behaviour.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { Answer } from "./answer.ts";

type AsKey = (text: string) => ServiceKey;

export function readBehaviour(answer: Answer | null, asKey: AsKey): RouteBehaviour {
  if (answer === null) return DEFAULT_BEHAVIOUR;
  const part = <T>(name: string, read: (part: Answer) => T): T | null => {
    const found = answer.objectOrNull(name);
    return found === null ? null : read(found);
  };
  return {
    mirror: part("mirror", (found) => readMirror(found, asKey)),
    delay: part("delay", readDelay),
    abort: part("abort", readAbort),
    requestHeaders: part("requestHeaders", readEdits),
    answerHeaders: part("answerHeaders", readEdits),
    rewrite: part("rewrite", readRewrite),
    redirect: part("redirect", readRedirect),
    rateLimit: part("rateLimit", readRateLimit),
    importance: answer.has("importance")
      ? answer.word("importance", ["critical", "normal", "sheddable"])
      : DEFAULT_BEHAVIOUR.importance,
  };
}

/** Of a match it only matters here that there is one. */
function readMirror(answer: Answer, asKey: AsKey): Mirror {
  return {
    service: asKey(answer.text("service")),
    share: answer.number("share"),
    match: answer.has("match") ? MATCH_EVERYTHING : null,
    bodyBytesMax: answer.number("bodyBytesMax"),
    compare: answer.flag("compare"),
  };
}

function readDelay(answer: Answer): DelayFault {
  return {
    share: answer.number("share"),
    minMs: answer.number("minMs"),
    maxMs: answer.number("maxMs"),
  };
}

function readAbort(answer: Answer): AbortFault {
  return { share: answer.number("share"), status: answer.number("status") };
}

function readEdits(answer: Answer): HeaderEdits {
  return {
    set: answer.listOrEmpty("set", readHeaderValue),
    add: answer.listOrEmpty("add", readHeaderValue),
    remove: answer.texts("remove"),
  };
}

function readHeaderValue(answer: Answer): HeaderValue {
  return { name: answer.text("name"), value: answer.text("value") };
}

function readRewrite(answer: Answer): Rewrite {
  return {
    path: answer.textOr("path", ""),
    pathPrefix: answer.textOr("pathPrefix", ""),
    matchedPrefix: answer.textOr("matchedPrefix", ""),
    host: answer.textOr("host", ""),
  };
}

function readRedirect(answer: Answer): Redirect {
  const status = answer.number("status");
  return {
    status: REDIRECT_STATUSES.find((known) => known === status) ?? REDIRECT_STATUSES[0],
    scheme: answer.textOr("scheme", ""),
    host: answer.textOr("host", ""),
    path: answer.textOr("path", ""),
    pathPrefix: answer.textOr("pathPrefix", ""),
    matchedPrefix: answer.textOr("matchedPrefix", ""),
  };
}

function readRateLimit(answer: Answer): RateLimit {
  return {
    requestsPerSecond: answer.number("requestsPerSecond"),
    burst: answer.number("burst"),
    header: answer.textOr("header", ""),
  };
}
