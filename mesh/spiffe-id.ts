/** Names of workloads, as their certificates show them: SPIFFE ID, section 2. */

/** As Kubernetes' own examples and its other meshes write it. */
export function spiffeId(workload: {
  readonly trustDomain: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}): string {
  const { trustDomain, namespace, serviceAccount } = workload;
  return `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
}
