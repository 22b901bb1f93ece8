/**
 * What is known of endpoints beside what their slices say. A slice is written by whoever may write
 * slices, and its labels are copied from its Service; what stands behind an endpoint only the pod
 * itself can say.
 */

/** Who stands behind an endpoint. */
export interface Standing {
  /** A proxy of ours stands in front of it, and shows `identity`. */
  readonly proxied: boolean;
  /** SPIFFE ID; empty where nobody could show one. */
  readonly identity: string;
}

export interface EndpointFacts {
  /** Of the target with that uid. One that is not known is nobody's we can speak for. */
  standingOf(targetUid: string): Standing;
  /** Empty where it is not known. */
  zoneOf(node: string): string;
  /** Of the service that there is now under the name; empty where it is not known. */
  serviceUid(namespace: string, name: string): string;
  /** Calls back with targets whose standing, and nodes whose zone, is another one now. */
  subscribe(
    listener: (changed: {
      readonly targetUids: readonly string[];
      readonly nodes: readonly string[];
    }) => void,
  ): () => void;
}
