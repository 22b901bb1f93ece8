/** One annotation as data: how its value is read, what it means, and what Linkerd calls it. */
import type { InjectOptions, Resources } from "./inject-options.ts";
import { PREFIX } from "./names.ts";
import { type Misread, type Reading, readQuantity } from "./read-option-value.ts";

/** Where Linkerd's annotations of the same kind begin. */
export const LINKERD_PREFIX = "config.linkerd.io/";

export interface AnnotationRow {
  /** What follows `heddle.mesh/`. */
  readonly name: string;
  /** The form of its value, for people. */
  readonly form: string;
  /** What holds without it, for people. */
  readonly default: string;
  readonly meaning: string;
  /** Linkerd's annotation, whole; empty where it has none. */
  readonly linkerd: string;
  /** What Linkerd's value is called here; undefined where it means nothing. */
  readonly fromLinkerd?: (text: string) => string | undefined;
  /** Names of the pod's ports are taken for their numbers. */
  readonly takesPortNames?: boolean;
  /** The options with this one set. */
  readonly set: (options: InjectOptions, text: string) => InjectOptions | Misread;
}

/** A row whose value becomes one option. */
export function row<T>(
  texts: Pick<AnnotationRow, "name" | "form" | "default" | "meaning">,
  linkerd: string,
  read: (text: string) => Reading<T>,
  change: (value: T) => Partial<InjectOptions>,
): AnnotationRow {
  const set: AnnotationRow["set"] = (options, text) => {
    const reading = read(text);
    return "problem" in reading ? reading : { ...options, ...change(reading.value) };
  };
  const known = linkerd === "" ? "" : `${LINKERD_PREFIX}${linkerd}`;
  return { ...texts, linkerd: known, set };
}

export function resourceRow(
  resource: string,
  kind: keyof Resources,
  fallback: string,
): AnnotationRow {
  const word = kind === "requests" ? "request" : "limit";
  const name = `proxy-${resource}-${word}`;
  return {
    name,
    form: "quantity",
    default: fallback,
    meaning: `the proxy container's ${resource} ${word}`,
    linkerd: `${LINKERD_PREFIX}${name}`,
    set: (options, text) => {
      const reading = readQuantity(text);
      if ("problem" in reading) return reading;
      const { resources } = options;
      const quantities = { ...resources[kind], [resource]: reading.value };
      return { ...options, resources: { ...resources, [kind]: quantities } };
    },
  };
}

export function annotationName(row: AnnotationRow): string {
  return `${PREFIX}${row.name}`;
}
