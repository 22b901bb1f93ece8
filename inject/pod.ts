/**
 * The parts of a pod that injection reads. Everything else a pod may hold is carried along as it
 * is, so that fields of Kubernetes that are newer than this program survive.
 */
import { isRecord } from "../base/shape.ts";

/** A map of which nothing is known but that its keys are texts. */
export type Fields = Readonly<Record<string, unknown>>;

/** Labels or annotations. */
export type Texts = Readonly<Record<string, string>>;

export interface Container extends Fields {
  readonly name: string;
}

export interface Volume extends Fields {
  readonly name: string;
}

/** Kubernetes takes null for absent. */
export interface PodSpec extends Fields {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[] | null;
  readonly volumes?: readonly Volume[] | null;
}

export interface PodMetadata extends Fields {
  readonly labels?: Texts | null;
  readonly annotations?: Texts | null;
}

/** A Pod, or the template of one. */
export interface Pod extends Fields {
  readonly metadata?: PodMetadata | null;
  readonly spec: PodSpec;
}

/** The value as a pod, or what keeps it from being one. */
export function parsePod(value: unknown): { readonly pod: Pod } | { readonly problem: string } {
  if (isPod(value)) return { pod: value };
  return { problem: describeMisfit(value) ?? "is no pod" };
}

export function labelsOf(pod: Pod): Texts {
  return pod.metadata?.labels ?? {};
}

export function annotationsOf(pod: Pod): Texts {
  return pod.metadata?.annotations ?? {};
}

export function initContainersOf(pod: Pod): readonly Container[] {
  return pod.spec.initContainers ?? [];
}

export function volumesOf(pod: Pod): readonly Volume[] {
  return pod.spec.volumes ?? [];
}

/** Every container that runs in it at some time, but for those that people add to debug it. */
export function allContainers(pod: Pod): readonly Container[] {
  return [...initContainersOf(pod), ...pod.spec.containers];
}

/** Where two containers have ports of one name, the first of them. */
export function portNamesOf(pod: Pod): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  for (const container of allContainers(pod)) {
    for (const { name, containerPort } of mapsAt(container, "ports")) {
      if (typeof name !== "string" || typeof containerPort !== "number") continue;
      if (!names.has(name)) names.set(name, containerPort);
    }
  }
  return names;
}

/** A map below `fields`, empty where there is none. */
export function mapAt(fields: Fields, key: string): Fields {
  const value = fields[key];
  return isRecord(value) ? value : {};
}

/** A list below `fields`, of which only the maps are taken. */
export function mapsAt(fields: Fields, key: string): readonly Fields[] {
  const value = fields[key];
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function isPod(value: unknown): value is Pod {
  return describeMisfit(value) === undefined;
}

function describeMisfit(value: unknown): string | undefined {
  if (!isRecord(value)) return "must be a map";
  const { metadata, spec } = value;
  if (!isRecord(spec)) return '"spec" must be a map';
  const metadataMisfit = describeMetadata(metadata ?? {});
  if (metadataMisfit !== undefined) return metadataMisfit;
  const { containers, initContainers, volumes } = spec;
  if (!Array.isArray(containers) || containers.length === 0) {
    return '"spec.containers" must be a list, and not empty';
  }
  return (
    describeNamed(containers, "spec.containers") ??
    describeNamed(initContainers ?? [], "spec.initContainers") ??
    describeNamed(volumes ?? [], "spec.volumes")
  );
}

function describeMetadata(metadata: unknown): string | undefined {
  if (!isRecord(metadata)) return '"metadata" must be a map';
  return (
    describeTexts(metadata.labels ?? {}, "metadata.labels") ??
    describeTexts(metadata.annotations ?? {}, "metadata.annotations")
  );
}

function describeTexts(value: unknown, path: string): string | undefined {
  if (!isRecord(value)) return `"${path}" must be a map`;
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") return `"${path}" has "${key}", which must be text: quote it`;
  }
  return undefined;
}

function describeNamed(value: unknown, path: string): string | undefined {
  if (!Array.isArray(value)) return `"${path}" must be a list`;
  for (const [index, item] of value.entries()) {
    if (!isRecord(item) || typeof item.name !== "string") {
      return `"${path}[${index}]" must be a map with a name`;
    }
  }
  return undefined;
}
