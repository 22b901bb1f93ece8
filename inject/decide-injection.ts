/** Whether a pod gets a proxy, and with which options; and if it gets none, why. */
import { describeClash } from "./find-clash.ts";
import type { InjectOptions } from "./inject-options.ts";
import { INJECT } from "./names.ts";
import { annotationsOf, labelsOf, mapAt, type Pod, portNamesOf, type Texts } from "./pod.ts";
import { type AnnotationProblem, type ReadSettings, readOptions } from "./read-options.ts";
import { SKIP_REASON_ROWS, type SkipReason } from "./skip-reason.ts";
import { uninjectPod } from "./uninject-pod.ts";

/** What is known of the pod's namespace. */
export interface NamespaceFacts {
  readonly name: string;
  readonly labels: Texts;
  readonly annotations: Texts;
}

/** The same for all pods. */
export interface InjectionPolicy extends ReadSettings {
  /** Where the operator runs. */
  readonly meshNamespace: string;
  /** Pods are injected unless they say otherwise, and not only those that ask for it. */
  readonly injectUnasked: boolean;
}

export type InjectionDecision =
  | {
      readonly inject: true;
      readonly options: InjectOptions;
      readonly notes: readonly AnnotationProblem[];
    }
  | SkippedInjection;

export interface SkippedInjection {
  readonly inject: false;
  readonly reason: SkipReason;
  /** What exactly, for people. */
  readonly detail: string;
  /** What to do; may be empty. */
  readonly mend: string;
  /** Nobody has to be told. */
  readonly isMeant: boolean;
  /** The pod must not run as it is. */
  readonly isRefused: boolean;
}

/** Set by the kubelet on what it shows of static pods. */
const MIRROR = "kubernetes.io/config.mirror";
const SYSTEM_NAMESPACE = "kube-system";
const POD_SECURITY = "pod-security.kubernetes.io/enforce";
/** The only level that allows adding NET_ADMIN; so does a namespace that enforces none. */
const PRIVILEGED = "privileged";

export function decideInjection(
  pod: Pod,
  namespace: NamespaceFacts,
  policy: InjectionPolicy,
): InjectionDecision {
  const unwanted = describeUnwanted(pod, namespace, policy);
  if (unwanted !== undefined) return unwanted;
  // Injected before: what was put in then is no clash now.
  const bare = uninjectPod(pod);
  if (bare.spec.hostNetwork === true) return skip("host-network", "it uses the host's network");
  if (isWindows(bare)) return skip("windows", "it runs on Windows");
  const sources = {
    pod: annotationsOf(pod),
    namespace: namespace.annotations,
    portNames: portNamesOf(bare),
  };
  const { options, problems, notes } = readOptions(sources, policy);
  const [problem] = problems;
  if (problem !== undefined) {
    return skip("bad-annotation", problems.map(describeProblem).join("; "), problem.hint);
  }
  const clash = describeClash(bare, options);
  if (clash !== undefined) return skip(clash.reason, clash.detail);
  const level = namespace.labels[POD_SECURITY] ?? PRIVILEGED;
  if (options.mode === "transparent" && level !== PRIVILEGED) {
    return skip("pod-security", `the namespace enforces the level "${level}"`);
  }
  return { inject: true, options, notes };
}

/** `heddle.mesh/workers of the namespace must be …`. */
export function describeProblem({ annotation, on, message }: AnnotationProblem): string {
  return `${annotation} of the ${on} ${message}`;
}

function describeUnwanted(
  pod: Pod,
  namespace: NamespaceFacts,
  policy: InjectionPolicy,
): SkippedInjection | undefined {
  if (Object.hasOwn(annotationsOf(pod), MIRROR)) return skip("mirror-pod", "it is a static pod");
  if (namespace.name === SYSTEM_NAMESPACE) {
    return skip("system-namespace", `it is in ${SYSTEM_NAMESPACE}`);
  }
  if (namespace.name === policy.meshNamespace) {
    return skip("own-namespace", "it is in Heddle's own namespace");
  }
  const ofPod = askedByPod(labelsOf(pod), annotationsOf(pod));
  const ofNamespace = askedBy(namespace.labels, namespace.annotations);
  const asked = ofPod ?? ofNamespace;
  const holder = ofPod === undefined ? "namespace" : "pod";
  if (asked === undefined) {
    return policy.injectUnasked ? undefined : skip("not-asked", "nothing asks for it");
  }
  if (asked === "enabled") return undefined;
  if (asked === "disabled") return skip("opted-out", `the ${holder} says ${INJECT}: "disabled"`);
  const shown = JSON.stringify(asked.slice(0, 40));
  return skip("bad-inject-annotation", `the ${holder} says ${INJECT}: ${shown}`);
}

/**
 * What a pod says of its injection; undefined for nothing. One that is labelled `disabled` is never
 * sent to a webhook, so that this has to be final.
 */
export function askedByPod(labels: Texts, annotations: Texts): string | undefined {
  return labels[INJECT] === "disabled" ? "disabled" : askedBy(labels, annotations);
}

/**
 * What a namespace says of the injection of its pods; undefined for nothing. Selectors of webhooks
 * see labels alone, so that it may be said by either; the annotation goes before the label.
 */
export function askedBy(labels: Texts, annotations: Texts): string | undefined {
  if (Object.hasOwn(annotations, INJECT)) return annotations[INJECT]?.trim();
  return Object.hasOwn(labels, INJECT) ? labels[INJECT] : undefined;
}

/** Whether pods of the namespace that say nothing themselves are to have a proxy. */
export function wantsProxies(
  { name, labels, annotations }: NamespaceFacts,
  { meshNamespace, injectUnasked }: Pick<InjectionPolicy, "meshNamespace" | "injectUnasked">,
): boolean {
  if (name === SYSTEM_NAMESPACE || name === meshNamespace) return false;
  const asked = askedBy(labels, annotations);
  return asked === "enabled" || (asked === undefined && injectUnasked);
}

function isWindows({ spec }: Pod): boolean {
  const selector = mapAt(spec, "nodeSelector");
  return (
    mapAt(spec, "os").name === "windows" ||
    selector["kubernetes.io/os"] === "windows" ||
    selector["beta.kubernetes.io/os"] === "windows" ||
    mapAt(spec, "securityContext").windowsOptions !== undefined
  );
}

/** For those who find out before there is a pod to decide about. */
export function skip(reason: SkipReason, detail: string, hint = ""): SkippedInjection {
  const { isMeant, isRefused = false, mend } = SKIP_REASON_ROWS[reason];
  return { inject: false, reason, detail, mend: hint === "" ? mend : hint, isMeant, isRefused };
}
