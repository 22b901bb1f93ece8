/**
 * What the mesh knows of one address and port that an application may dial: `kind` says whether
 * all of a service stands there, as behind a ClusterIP, or one endpoint that the caller has chosen
 * by itself, as StatefulSets and headless services are called. Of an address that the mesh does
 * not know there is no binding at all.
 */
import type { Endpoint } from "./endpoint-set.ts";
import type { PortProtocol } from "./port-protocol.ts";
import type { ServiceKey } from "./service-key.ts";

export interface AddressBinding {
  readonly kind: "service" | "endpoint";
  /** Of an endpoint that serves several, the first by key. */
  readonly service: ServiceKey;
  readonly protocol: PortProtocol;
  /** In whatever state it is; null where `kind` is `service`. */
  readonly endpoint: Endpoint | null;
}
