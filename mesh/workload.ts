/** What the operator tells a proxy about itself: where it is, and what it serves. */
export interface Workload {
  readonly namespace: string;
  readonly clusterDomain: string;
  /** Naming schemes and capabilities that this mesh speaks; informative. */
  readonly mesh: string;
}
