/**
 * Who is at the other end of a control connection, and who finds that out. It follows from a
 * credential alone; what a peer says about itself is for people.
 */

/** A proxy, as its credential names it. */
export interface ProxyIdentity {
  readonly namespace: string;
  /** Of its pod, or of whatever else it was admitted as. */
  readonly name: string;
  /** Empty where there are none. */
  readonly serviceAccount: string;
  /** Two pods of one name differ in it. Empty for what is no pod. */
  readonly podUid: string;
}

export type Peer =
  /** On this machine: whoever may connect is believed what it says of itself. */
  | { readonly kind: "local" }
  | { readonly kind: "proxy"; readonly identity: ProxyIdentity }
  /** Another replica of the operator. */
  | { readonly kind: "operator"; readonly identity: ProxyIdentity };

export const LOCAL_PEER: Peer = { kind: "local" };

export type Authentication =
  | { readonly result: "peer"; readonly peer: Peer }
  /** `reason` is from a closed set of the authenticator's: it becomes a label. */
  | { readonly result: "refused"; readonly reason: string }
  /** It cannot be told now; the peer should come again. */
  | { readonly result: "unavailable"; readonly reason: string };

export interface Authenticator {
  /** Of a token whose length has been looked at. Never rejects. */
  authenticate(token: string): Promise<Authentication>;
}
