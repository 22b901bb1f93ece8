/** What the operator tells a proxy about itself: where it is, and what it serves. */
export interface Workload {
  readonly namespace: string;
  readonly clusterDomain: string;
  /** Naming schemes and capabilities that this mesh speaks; informative. */
  readonly mesh: string;
  /** Where it is proven who the proxy is, and its pod is known. */
  readonly pod?: WorkloadPod;
}

/** Each text is empty where it is not known. */
export interface WorkloadPod {
  readonly name: string;
  /** As in manifests: `Deployment`; of what people know the pod by. */
  readonly ownerKind: string;
  readonly ownerName: string;
  readonly serviceAccount: string;
  readonly node: string;
  readonly zone: string;
}
