/**
 * Reads the body of a snapshot: the generated validator says whether its shape is right, and the
 * checks here whether it makes sense. A proxy trusts what has passed, so everything that later
 * code takes for granted is asked here: indexes in range, a last rule that takes every request,
 * endpoints in order. One problem is enough to refuse a body; the first is reported.
 */
import type { AddressBinding } from "./address-binding.ts";
import { addressKey } from "./address-key.ts";
import { BODY_LIMITS } from "./body-limits.ts";
import {
  matchesEverything,
  matchProblem,
  type NodeBudget,
  responseMatchProblem,
} from "./check-match.ts";
import { isHeaderName, settingsProblem, treatmentProblem } from "./check-treatment.ts";
import {
  validateAddressBinding,
  validateDestination,
  validateEndpointDelta,
  validateEndpointSet,
  validateWorkload,
} from "./control-messages.gen.ts";
import type { EndpointDelta } from "./control-messages.ts";
import type { Action, Destination, Rule } from "./destination.ts";
import { type Endpoint, type EndpointSet, isHostName } from "./endpoint-set.ts";
import { firstProblem, type Read } from "./first-problem.ts";
import { isServiceKey } from "./service-key.ts";
import type { Workload } from "./workload.ts";

/** Reads the body of the workload. */
export function readWorkload(body: unknown): Read<Workload> {
  return firstProblem(body, validateWorkload);
}

/** Reads the body of the destination `key`. */
export function readDestination(key: string, body: unknown): Read<Destination> {
  return checked(firstProblem(body, validateDestination), (found) =>
    destinationProblem(key, found),
  );
}

/** Reads the body of the endpoint set `key`. */
export function readEndpointSet(key: string, body: unknown): Read<EndpointSet> {
  return checked(firstProblem(body, validateEndpointSet), (found) =>
    endpointSetProblem(key, found),
  );
}

/** Reads the body of a change to the endpoint set `key`. */
export function readEndpointDelta(key: string, body: unknown): Read<EndpointDelta> {
  return checked(firstProblem(body, validateEndpointDelta), (found) => {
    if (found.service !== key) return `service is not the key ${key}`;
    const problem = endpointsProblem(found.upsert);
    if (problem !== undefined) return problem;
    return isSortedSet(found.remove) ? undefined : "the ids in remove are not in order";
  });
}

/** Reads the body of the address `key`. */
export function readAddressBinding(key: string, body: unknown): Read<AddressBinding> {
  return checked(firstProblem(body, validateAddressBinding), (found) => {
    if (!isServiceKey(found.service)) return `service ${found.service} is no service key`;
    const { kind, endpoint } = found;
    if ((kind === "endpoint") !== (endpoint !== null)) return `the kind ${kind} is contradicted`;
    if (endpoint === null || addressKey(endpoint.address, endpoint.port) === key) return undefined;
    return `endpoint ${endpoint.id} does not stand at ${key}`;
  });
}

function checked<T>(read: Read<T>, problemOf: (body: T) => string | undefined): Read<T> {
  if ("problem" in read) return read;
  const problem = problemOf(read.body);
  return problem === undefined ? read : { problem };
}

/** What is wrong with a destination whose shape is right; undefined when nothing is. */
export function destinationProblem(key: string, destination: Destination): string | undefined {
  if (destination.service !== key) return `service is not the key ${key}`;
  const last = destination.rules.at(-1);
  if (last === undefined) return "there is no rule";
  if (!destination.endpointSets.every(isServiceKey)) return "an endpoint set has no service key";
  if (!isSortedSet(destination.endpointSets)) return "the endpoint sets are not in order";
  const sets = new Set<string>(destination.endpointSets);
  const budget: NodeBudget = { left: BODY_LIMITS.matchNodesMax };
  for (const [index, rule] of destination.rules.entries()) {
    const problem = ruleProblem(rule, destination.objects.length, sets, budget);
    if (problem !== undefined) return `rules[${index}]: ${problem}`;
  }
  if (!hasSettingsOfEach(destination)) return "the backends are not those of the endpoint sets";
  for (const [index, settings] of destination.backends.entries()) {
    const problem = settingsProblem(settings);
    if (problem !== undefined) return `backends[${index}]: ${problem}`;
  }
  const { importanceHeader } = destination.concurrency;
  if (importanceHeader !== "" && !isHeaderName(importanceHeader)) {
    return "the header of the importance has no header's name";
  }
  return matchesEverything(last.match) ? undefined : "the last rule does not match everything";
}

function ruleProblem(
  rule: Rule,
  objectCount: number,
  sets: ReadonlySet<string>,
  budget: NodeBudget,
): string | undefined {
  const { action } = rule;
  for (const object of [rule.object, action.splitObject, action.retry.object]) {
    if (object >= objectCount) return `there is no object ${object}`;
  }
  return (
    matchProblem(rule.match, budget) ??
    backendsProblem(action, sets) ??
    treatmentProblem(action) ??
    mirrorProblem(action, sets, budget) ??
    classesProblem(action, budget)
  );
}

function hasSettingsOfEach({ backends, endpointSets }: Destination): boolean {
  return (
    backends.length === endpointSets.length &&
    backends.every(({ service }, index) => service === endpointSets[index])
  );
}

function mirrorProblem(
  { behaviour: { mirror } }: Action,
  sets: ReadonlySet<string>,
  budget: NodeBudget,
): string | undefined {
  if (mirror === null) return undefined;
  if (!sets.has(mirror.service)) {
    return `mirror ${mirror.service} is not among the endpoint sets`;
  }
  return mirror.match === null ? undefined : matchProblem(mirror.match, budget);
}

function backendsProblem(action: Action, sets: ReadonlySet<string>): string | undefined {
  for (const { service } of action.backends) {
    if (!sets.has(service)) return `backend ${service} is not among the endpoint sets`;
  }
  return undefined;
}

function classesProblem(action: Action, budget: NodeBudget): string | undefined {
  for (const { match } of action.responseClasses) {
    const problem = responseMatchProblem(match, budget);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** What is wrong with an endpoint set whose shape is right; undefined when nothing is. */
export function endpointSetProblem(key: string, set: EndpointSet): string | undefined {
  if (set.service !== key) return `service is not the key ${key}`;
  return endpointsProblem(set.endpoints);
}

function endpointsProblem(endpoints: readonly Endpoint[]): string | undefined {
  let previous = "";
  for (const endpoint of endpoints) {
    if (endpoint.id <= previous) return `endpoint ${endpoint.id} is out of order`;
    previous = endpoint.id;
    if (!isAddress(endpoint.address)) return `endpoint ${endpoint.id} has no address`;
  }
  return undefined;
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$/;
/** Close enough to keep names and garbage out; whoever dials finds the rest. */
const IPV6 = /^(?=.*:.*:)[0-9a-fA-F:]+(?:(?<=:)(?:\d{1,3}\.){3}\d{1,3})?(?:%[\w.-]{1,32})?$/;

function isAddress(text: string): boolean {
  return IPV4.test(text) || IPV6.test(text) || isHostName(text);
}

/** In order of code units, none twice. */
function isSortedSet(texts: readonly string[]): boolean {
  for (let index = 1; index < texts.length; index += 1) {
    if ((texts[index - 1] ?? "") >= (texts[index] ?? "")) return false;
  }
  return true;
}
