/**
 * The options of one pod: the pod's annotations over its namespace's over the defaults of the
 * installation. A value that cannot be read is a problem and never a default: somebody wanted
 * something, and has to be told that it is not so.
 */

import { nearest } from "../base/nearest.ts";
import { parseQuantityMilli } from "../base/quantity.ts";
import { type AnnotationRow, annotationName, LINKERD_PREFIX } from "./annotation-row.ts";
import { ANNOTATIONS } from "./annotations.ts";
import type { InjectOptions } from "./inject-options.ts";
import { INJECT, OWN_ANNOTATIONS, OWN_LABELS, PREFIX } from "./names.ts";
import type { Texts } from "./pod.ts";

/** Where an annotation stands. */
export type Holder = "pod" | "namespace";

/** One annotation, what is wrong with it, and how to mend it; the hint may be empty. */
export interface AnnotationProblem {
  readonly annotation: string;
  readonly on: Holder;
  readonly message: string;
  readonly hint: string;
}

export interface AnnotationSources {
  readonly pod: Texts;
  readonly namespace: Texts;
  /** Of the pod's containers. */
  readonly portNames: ReadonlyMap<string, number>;
}

export interface ReadSettings {
  readonly defaults: InjectOptions;
  /** Linkerd's annotations count where ours are not given. */
  readonly acceptLinkerd: boolean;
}

/** Without problems the options hold; notes are of annotations that mean nothing. */
export interface OptionsRead {
  readonly options: InjectOptions;
  readonly problems: readonly AnnotationProblem[];
  readonly notes: readonly AnnotationProblem[];
}

interface Given {
  readonly annotation: string;
  readonly on: Holder;
  readonly text: string;
}

export function readOptions(sources: AnnotationSources, settings: ReadSettings): OptionsRead {
  const problems: AnnotationProblem[] = [];
  let options = settings.defaults;
  for (const row of ANNOTATIONS) {
    const given = findGiven(row, sources, settings.acceptLinkerd);
    if (given === undefined) continue;
    const { text } = row.takesPortNames === true ? numberPorts(given, sources.portNames) : given;
    const result = row.set(options, text);
    if ("problem" in result) {
      const { annotation, on } = given;
      problems.push({ annotation, on, message: result.problem, hint: result.hint });
    } else options = result;
  }
  if (problems.length === 0) problems.push(...checkTogether(options, sources));
  const notes = (["pod", "namespace"] as const).flatMap((on) =>
    meaningless(sources[on], on, settings.acceptLinkerd),
  );
  return { options, problems, notes };
}

/** The pod's own before the namespace's, and on each of them ours before Linkerd's. */
function findGiven(
  row: AnnotationRow,
  sources: AnnotationSources,
  acceptLinkerd: boolean,
): Given | undefined {
  for (const on of ["pod", "namespace"] as const) {
    const own = ownText(sources[on], annotationName(row));
    if (own !== undefined) return { annotation: annotationName(row), on, text: own };
    if (!acceptLinkerd || row.linkerd === "") continue;
    const theirs = ownText(sources[on], row.linkerd);
    if (theirs === undefined) continue;
    const text = row.fromLinkerd === undefined ? theirs : (row.fromLinkerd(theirs) ?? theirs);
    return { annotation: row.linkerd, on, text };
  }
  return undefined;
}

/** RFC 6335, section 5.1, as far as it tells a name from a number. */
const PORT_NAME = /^[a-z0-9-]*[a-z][a-z0-9-]*$/;

/** A name that only other pods of the namespace have is nothing for this one. */
function numberPorts(
  { annotation, on, text }: Given,
  portNames: ReadonlyMap<string, number>,
): Given {
  const parts = text.split(",").flatMap((part) => {
    const name = part.trim();
    const port = portNames.get(name);
    if (port !== undefined) return [String(port)];
    return on === "namespace" && PORT_NAME.test(name) ? [] : [name];
  });
  return { annotation, on, text: parts.join(",") };
}

function ownText(texts: Texts, key: string): string | undefined {
  return Object.hasOwn(texts, key) ? texts[key]?.trim() : undefined;
}

/** Options that are right one by one and wrong together. */
function checkTogether(
  options: InjectOptions,
  { pod }: AnnotationSources,
): readonly AnnotationProblem[] {
  const problems: AnnotationProblem[] = [];
  const add = (name: string, message: string, hint: string): void => {
    const annotation = `${PREFIX}${name}`;
    const on = Object.hasOwn(pod, annotation) ? "pod" : "namespace";
    problems.push({ annotation, on, message, hint });
  };
  const ports = new Map<number, string>();
  const { inboundPort, outboundPort, adminPort } = options;
  for (const [name, port] of [
    ["inbound-port", inboundPort],
    ["outbound-port", outboundPort],
    ["admin-port", adminPort],
  ] as const) {
    const other = ports.get(port);
    if (other !== undefined) add(name, `is ${port}, and so is ${other}`, "choose another port");
    ports.set(port, name);
  }
  const { requests, limits } = options.resources;
  for (const [resource, request] of Object.entries(requests)) {
    const limit = limits[resource];
    if (limit === undefined || milli(request) <= milli(limit)) continue;
    const message = `${request} is more than the limit, which is ${limit}`;
    add(`proxy-${resource}-request`, message, "the API server would refuse the pod");
  }
  return problems;
}

function milli(quantity: string): number {
  return parseQuantityMilli(quantity) ?? 0;
}

/** Each is compared with all that there are, and a pod may have any number of them. */
const MEANINGLESS_MAX = 32;

/** Annotations that look like options and are none: misspelt, or of another version. */
function meaningless(
  texts: Texts,
  on: Holder,
  acceptLinkerd: boolean,
): readonly AnnotationProblem[] {
  const names = ANNOTATIONS.map(annotationName);
  const known = [INJECT, ...OWN_ANNOTATIONS, ...OWN_LABELS, ...names];
  const equivalents = ANNOTATIONS.map((row) => row.linkerd);
  const problems: AnnotationProblem[] = [];
  for (const annotation of Object.keys(texts)) {
    if (problems.length === MEANINGLESS_MAX) break;
    const isTheirs = acceptLinkerd && annotation.startsWith(LINKERD_PREFIX);
    if (annotation.startsWith(PREFIX) && !known.includes(annotation)) {
      const near = nearest(annotation.slice(PREFIX.length), stems([INJECT, ...names]));
      const hint = near === undefined ? "" : `did you mean "${PREFIX}${near}"?`;
      problems.push({ annotation, on, message: "means nothing here", hint });
    } else if (isTheirs && !equivalents.includes(annotation)) {
      problems.push({ annotation, on, message: "has no equivalent here", hint: "" });
    }
  }
  return problems;
}

function stems(names: readonly string[]): readonly string[] {
  return names.map((name) => name.slice(PREFIX.length));
}
