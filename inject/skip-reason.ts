/**
 * Why a pod is not injected: a closed set, which metrics, events and the command line share. A pod
 * that was meant to be in the mesh and is not has to be told of; for the others silence is right.
 */

export const SKIP_REASONS = [
  "mirror-pod",
  "system-namespace",
  "own-namespace",
  "not-asked",
  "opted-out",
  "bad-inject-annotation",
  "no-pod",
  "host-network",
  "windows",
  "sidecar-exists",
  "name-taken",
  "bad-annotation",
  "uid-clash",
  "port-clash",
  "pod-security",
] as const;

export type SkipReason = (typeof SKIP_REASONS)[number];

interface ReasonRow {
  /** Nobody has to be told: this is how it is meant to be. */
  readonly isMeant: boolean;
  /** The webhook does not let the pod run as it is: without a proxy it would do harm. */
  readonly isRefused?: boolean;
  /** For the documentation. */
  readonly meaning: string;
  /** What to do about it; empty where there is nothing. */
  readonly mend: string;
}

export const SKIP_REASON_ROWS: Readonly<Record<SkipReason, ReasonRow>> = {
  "mirror-pod": {
    isMeant: true,
    meaning: "The pod mirrors a static one of its node, which nobody can change through the API.",
    mend: "",
  },
  "system-namespace": {
    isMeant: true,
    meaning: "`kube-system` is what the cluster itself needs, and is never touched.",
    mend: "",
  },
  "own-namespace": {
    isMeant: true,
    meaning: "The namespace is Heddle's own: its programs must start without a proxy.",
    mend: "",
  },
  "not-asked": {
    isMeant: true,
    meaning: "Neither the pod nor its namespace asks for it.",
    mend: 'annotate one of them with heddle.mesh/inject: "enabled"',
  },
  "opted-out": {
    isMeant: true,
    meaning:
      "The pod, or its namespace, says `disabled`. The API server does not send a pod that is " +
      "labelled so, whatever its annotations say.",
    mend: "",
  },
  "bad-inject-annotation": {
    isMeant: false,
    meaning: "`heddle.mesh/inject` is neither `enabled` nor `disabled`.",
    mend: 'write heddle.mesh/inject: "enabled" or "disabled"',
  },
  "no-pod": {
    isMeant: false,
    meaning: "What stands there is no pod that the API server would take.",
    mend: "mend the manifest",
  },
  "host-network": {
    isMeant: false,
    meaning: "The pod is in the node's own network: redirecting it would redirect the node.",
    mend: 'take hostNetwork away, or say heddle.mesh/inject: "disabled"',
  },
  windows: {
    isMeant: false,
    meaning: "The pod runs on Windows, for which there is no proxy.",
    mend: 'say heddle.mesh/inject: "disabled"',
  },
  "sidecar-exists": {
    isMeant: false,
    meaning: "Another mesh has a proxy in the pod: both would redirect the same connections.",
    mend: "leave the other mesh first",
  },
  "name-taken": {
    isMeant: false,
    meaning: "A container or volume of the pod has one of the names that injection uses.",
    mend: "names that begin with heddle- are the mesh's: rename it",
  },
  "bad-annotation": {
    isMeant: false,
    meaning: "An option of the pod or its namespace has a value that cannot be read.",
    mend: "mend the annotation",
  },
  "uid-clash": {
    isMeant: false,
    isRefused: true,
    meaning:
      "The application runs as the proxy's user, and its connections would pass it by; the " +
      "webhook refuses the pod.",
    mend: "let it run as another user, or set heddle.mesh/proxy-uid",
  },
  "port-clash": {
    isMeant: false,
    meaning: "The application listens on one of the proxy's ports.",
    mend: "set heddle.mesh/inbound-port, outbound-port or admin-port",
  },
  "pod-security": {
    isMeant: false,
    meaning:
      "The namespace's enforced Pod Security level forbids the container that redirects, since " +
      "it needs the capability NET_ADMIN.",
    mend: 'enforce "privileged" there, or set heddle.mesh/mode: "explicit"',
  },
};
