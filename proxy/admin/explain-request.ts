/**
 * What this proxy would do with a request, step by step, found by the very tables that serve
 * requests: the request is written out, read by the same codec and held against the same rules.
 */
import type { Clock } from "../../base/clock.ts";
import type { Timers } from "../../base/timers.ts";
import type { ObjectRef } from "../../mesh/destination.ts";
import type {
  ExplainedBackend,
  ExplainedEndpoint,
  ExplainedRule,
  Explanation,
} from "../../mesh/explain.ts";
import { TextRequest } from "../../mesh/text-request.ts";
import { RequestDecoder } from "../../wire/http1/decoder.ts";
import type { Head } from "../../wire/http1/head.ts";
import { DEFAULT_HTTP1_LIMITS } from "../../wire/http1/limits.ts";
import type { Configuration } from "../control/configuration.ts";
import { RequestView } from "../exchange/request-view.ts";
import type { BackendStack, DestinationStack, RouteStack } from "../exchange/stacks.ts";
import type { DestinationSlot, DestinationTable } from "../outbound/destination-table.ts";
import type { Identifier } from "../outbound/identify.ts";
import { describeBreaker } from "./describe-backend.ts";
import { explainPolicy } from "./explain-policy.ts";

/** How long an answer waits for a service that this proxy has never dialled. */
const WAIT_MS = 2_000;
const WAIT_STEP_MS = 20;

export interface ExplainDeps {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly configuration: Configuration;
  readonly table: DestinationTable;
  readonly identifier: Identifier;
}

export interface ExplainQuestion {
  readonly method: string;
  /** `http://authority/path`, or a path alone where a Host header names the service. */
  readonly url: string;
  /** `name: value` each. */
  readonly headers: readonly string[];
}

/** A question that cannot be asked, in words for the one who asked. */
export class ExplainError extends Error {}

export async function explainRequest(
  question: ExplainQuestion,
  deps: ExplainDeps,
): Promise<Explanation> {
  const head = readHead(question);
  const { authority, text } = deps.identifier.identify(head);
  if (authority === undefined) throw new ExplainError(`${text} is not host[:port]`);
  const [key] = authority.candidates;
  const request = { method: head.methodText(), authority: text, path: head.pathText() };
  const namesTried = authority.candidates;
  const slot = key === undefined ? null : await settleDestination(key, deps);
  const stack = slot?.stack ?? null;
  if (stack === null) {
    const nothing = { service: null, destination: null, split: null, policy: null };
    return { request, address: null, namesTried, rules: [], ...nothing };
  }
  const explained = explainStack(stack, head, deps);
  return { request, address: null, namesTried, service: stack.key, ...explained };
}

/** Waits for the first word about a service. */
export async function settleDestination(
  key: DestinationSlot["key"],
  deps: ExplainDeps,
): Promise<DestinationSlot> {
  return await settle(
    () => deps.table.slot(key, deps.clock.nowMs()),
    ({ state }) => state !== "pending",
    deps,
  );
}

/** Looks again and again until there is a word, for as long as a person waits gladly. */
export async function settle<T>(
  look: () => T,
  isSettled: (found: T) => boolean,
  { clock, timers }: Pick<ExplainDeps, "clock" | "timers">,
): Promise<T> {
  const untilMs = clock.nowMs() + WAIT_MS;
  for (;;) {
    const found = look();
    if (isSettled(found) || clock.nowMs() >= untilMs) return found;
    await new Promise<void>((resolve) => {
      timers.set(WAIT_STEP_MS, resolve);
    });
  }
}

/** Writes the request as a client would, and reads it as the proxy does. */
export function readHead(question: ExplainQuestion): Head {
  const named = question.headers.some((line) => /^host\s*:/i.test(line));
  const url =
    /^[a-z][a-z0-9+.-]*:\/\//i.test(question.url) || question.url.startsWith("/")
      ? question.url
      : `http://${question.url}`;
  const target = /^https?:\/\/[^/]+$/i.test(url) ? `${url}/` : url;
  const authority = /^https?:\/\/([^/?#]*)/i.exec(target)?.[1] ?? "";
  const lines = [`${question.method} ${target} HTTP/1.1`, ...question.headers.map(asField)];
  if (!named) lines.push(`Host: ${authority}`);
  const bytes = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  let problem = "the request is not complete";
  let complete = false;
  const decoder = new RequestDecoder(
    {
      onHead: (head) => {
        complete = true;
        head.keep();
      },
      onBody: () => {},
      onTrailers: () => {},
      onEnd: () => {},
      onError: (error) => {
        problem = error.detail;
      },
    },
    DEFAULT_HTTP1_LIMITS,
  );
  decoder.consume(bytes, 0, bytes.length);
  if (!complete) throw new ExplainError(problem);
  return decoder.head;
}

function asField(line: string): string {
  const at = line.indexOf(":");
  return at < 0 ? `${line}:` : `${line.slice(0, at).trim()}: ${line.slice(at + 1).trim()}`;
}

/** `head` is null for a connection whose bytes are not looked at. */
export function explainStack(
  stack: DestinationStack,
  head: Head | null,
  deps: ExplainDeps,
): Pick<Explanation, "destination" | "rules" | "split" | "policy"> {
  const { destination, table, routes } = stack;
  const objectAt = (index: number): ObjectRef | null => destination.objects[index] ?? null;
  const input = head === null ? new TextRequest("", "") : new RequestView().of(head);
  const trials = table.explain(input);
  const rules = trials.map((trial): ExplainedRule => {
    const rule = destination.rules[trial.index];
    return { ...trial, route: rule?.route ?? "", object: objectAt(rule?.object ?? -1) };
  });
  const route = routes[trials.at(-1)?.index ?? -1];
  const entry = deps.configuration
    .entries()
    .find((each) => each.type === "destination" && each.key === stack.key);
  return {
    destination: {
      revision: stack.revision,
      ageMs: entry?.ageMs ?? 0,
      objects: destination.objects,
    },
    rules,
    split: route === undefined ? null : explainSplit(route, objectAt, deps),
    policy:
      route === undefined || head === null ? null : explainPolicy(stack, route, head, objectAt),
  };
}

function explainSplit(
  route: RouteStack,
  objectAt: (index: number) => ObjectRef | null,
  deps: ExplainDeps,
): Explanation["split"] {
  const { backends, splitObject } = route.rule.action;
  const total = backends.reduce((sum, { weight }) => sum + weight, 0);
  return {
    object: objectAt(splitObject),
    backends: backends.flatMap(({ weight }, index): ExplainedBackend[] => {
      const backend = route.backends[index];
      if (backend === undefined) return [];
      const share = total === 0 ? 0 : weight / total;
      const endpoints = explainEndpoints(backend, deps.clock.nowMs());
      const { available, standing, key: service } = backend;
      return [{ service, weight, share, available, standing, endpoints }];
    }),
  };
}

function explainEndpoints(backend: BackendStack, nowMs: number): ExplainedEndpoint[] {
  return [...backend.loads].map((load) => {
    const { id, address, port, state, weight, zone } = load.endpoint;
    const eligible = backend.isEligible(load);
    const learnt = { rttMs: load.rttMs(nowMs), pending: load.pending, load: load.load(nowMs) };
    const kept = backend.keptBecause(load);
    const breaker = describeBreaker(load, nowMs);
    return { id, address, port, state, eligible, weight, zone, ...learnt, kept, breaker };
  });
}
