/**
 * Takes out of a pod what injection has put in. The inverse of `injectPod`: what is left is what
 * was there before, but that lists and maps which had been empty are gone.
 */
import { INJECTION, OWN_ANNOTATIONS, OWN_CONTAINERS, OWN_LABELS, OWN_VOLUMES } from "./names.ts";
import { annotationsOf, type Pod, type PodMetadata, type PodSpec, type Texts } from "./pod.ts";

export function isInjected(pod: Pod): boolean {
  return Object.hasOwn(annotationsOf(pod), INJECTION);
}

/** A pod that was never injected is returned as it is, whatever names it uses. */
export function uninjectPod(pod: Pod): Pod {
  if (!isInjected(pod)) return pod;
  const { metadata, spec, ...rest } = pod;
  const bareMetadata = bareTexts(metadata ?? {});
  const bareSpec = withoutOwn(spec);
  if (Object.keys(bareMetadata).length === 0) return { ...rest, spec: bareSpec };
  return { ...pod, metadata: bareMetadata, spec: bareSpec };
}

function bareTexts({ labels, annotations, ...rest }: PodMetadata): PodMetadata {
  const bareLabels = without(labels ?? {}, OWN_LABELS);
  const bareAnnotations = without(annotations ?? {}, OWN_ANNOTATIONS);
  return {
    ...rest,
    ...(isEmpty(bareLabels) ? {} : { labels: bareLabels }),
    ...(isEmpty(bareAnnotations) ? {} : { annotations: bareAnnotations }),
  };
}

function withoutOwn({ initContainers, volumes, ...rest }: PodSpec): PodSpec {
  const theirs = (initContainers ?? []).filter(({ name }) => !OWN_CONTAINERS.includes(name));
  const theirVolumes = (volumes ?? []).filter(({ name }) => !OWN_VOLUMES.includes(name));
  return {
    ...rest,
    containers: rest.containers,
    ...(theirs.length === 0 ? {} : { initContainers: theirs }),
    ...(theirVolumes.length === 0 ? {} : { volumes: theirVolumes }),
  };
}

function without(texts: Texts, keys: readonly string[]): Texts {
  return Object.fromEntries(Object.entries(texts).filter(([key]) => !keys.includes(key)));
}

function isEmpty(texts: Texts): boolean {
  return Object.keys(texts).length === 0;
}
