/**
 * What stands at each address: the services behind their ClusterIPs, and every endpoint, in
 * whatever state, under the service that it serves. Follows the endpoint sets and the compiled
 * ports change by change, so that one endpoint that comes or goes costs one address, and only what
 * proxies have asked about is ever encoded.
 */
import { encodeCanonical, revisionOf } from "../../base/canonical-json.ts";
import type { AddressBinding } from "../../mesh/address-binding.ts";
import { type AddressKey, addressKey } from "../../mesh/address-key.ts";
import { diffEndpointSets } from "../../mesh/endpoint-delta.ts";
import type { Endpoint, EndpointSet } from "../../mesh/endpoint-set.ts";
import type { PortProtocol } from "../../mesh/port-protocol.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { PublishedAs } from "../publish/resources.ts";

/** What is spoken on one service port, and at which addresses of its own it is dialled. */
export interface AddressedPort {
  readonly addresses: readonly AddressKey[];
  readonly protocol: PortProtocol;
  /** Where clients of a namespace are told something else. */
  readonly byClientNamespace: ReadonlyMap<string, PortProtocol>;
}

/** One that says that it stands at an address. `endpoint` is null for a service. */
interface Claim {
  readonly service: ServiceKey;
  readonly endpoint: Endpoint | null;
}

const NO_PORT: AddressedPort = {
  addresses: [],
  protocol: "detect",
  byClientNamespace: new Map(),
};

export class AddressIndex {
  /** Never empty lists: services first, then by service key, then by the endpoint's id. */
  readonly #claims = new Map<AddressKey, readonly Claim[]>();
  readonly #ports = new Map<ServiceKey, AddressedPort>();
  readonly #sets = new Map<ServiceKey, EndpointSet>();
  /** What was asked about since it changed last, one for each protocol that was told. */
  readonly #published = new Map<AddressKey, PublishedAs<"address">[]>();

  /** Addresses at which something stands. */
  get count(): number {
    return this.#claims.size;
  }

  /** How many are encoded for proxies now. */
  get publishedCount(): number {
    return this.#published.size;
  }

  keys(): IterableIterator<AddressKey> {
    return this.#claims.keys();
  }

  /** The same reference until what stands there changes. */
  lookup(key: string, clientNamespace: string): PublishedAs<"address"> | undefined {
    // A text that is no key of an address is in no map, so that nothing is assumed here.
    const address = key as AddressKey;
    const body = this.binding(address, clientNamespace);
    if (body === undefined) return undefined;
    let published = this.#published.get(address);
    const known = published?.find((one) => one.body.protocol === body.protocol);
    if (known !== undefined) return known;
    const made = publish(address, body);
    if (published === undefined) {
      published = [];
      this.#published.set(address, published);
    }
    published.push(made);
    return made;
  }

  /** What clients of a namespace find at an address. */
  binding(address: AddressKey, clientNamespace: string): AddressBinding | undefined {
    const claim = this.#claims.get(address)?.[0];
    if (claim === undefined) return undefined;
    const { service, endpoint } = claim;
    const protocol = this.#protocolOf(claim, clientNamespace);
    return { kind: endpoint === null ? "service" : "endpoint", service, protocol, endpoint };
  }

  /** A port was compiled, or is gone. Returns the addresses whose answer may have changed. */
  putPort(service: ServiceKey, next: AddressedPort | null): readonly AddressKey[] {
    const before = this.#ports.get(service) ?? NO_PORT;
    const after = next ?? NO_PORT;
    if (next === null) this.#ports.delete(service);
    else this.#ports.set(service, next);
    const changed: AddressKey[] = [];
    const isSpokenAnew = !saysTheSame(before, after);
    for (const address of before.addresses) {
      if (after.addresses.includes(address)) {
        if (isSpokenAnew) changed.push(address);
      } else if (this.#withdraw(address, service, "")) changed.push(address);
    }
    for (const address of after.addresses) {
      if (before.addresses.includes(address)) continue;
      if (this.#claim(address, { service, endpoint: null })) changed.push(address);
    }
    if (isSpokenAnew) changed.push(...this.#endpointsOf(service));
    return this.#forget(changed);
  }

  /** A set has changed, or is gone. Returns the addresses whose answer may have changed. */
  putSet(service: ServiceKey, next: EndpointSet | null): readonly AddressKey[] {
    const empty = { service, source: "", synced: true, endpoints: [] };
    const before = this.#sets.get(service) ?? empty;
    const after = next ?? empty;
    if (next === null) this.#sets.delete(service);
    else this.#sets.set(service, next);
    const { upsert, remove } = diffEndpointSets(before, after);
    const changed: AddressKey[] = [];
    if (remove.length > 0) {
      const gone = new Set(remove);
      for (const endpoint of before.endpoints) {
        if (!gone.has(endpoint.id)) continue;
        const address = addressKey(endpoint.address, endpoint.port);
        if (address !== undefined && this.#withdraw(address, service, endpoint.id)) {
          changed.push(address);
        }
      }
    }
    for (const endpoint of upsert) {
      const address = addressKey(endpoint.address, endpoint.port);
      if (address !== undefined && this.#claim(address, { service, endpoint })) {
        changed.push(address);
      }
    }
    return this.#forget(changed);
  }

  #endpointsOf(service: ServiceKey): readonly AddressKey[] {
    const endpoints = this.#sets.get(service)?.endpoints ?? [];
    return endpoints.flatMap(({ address, port }) => addressKey(address, port) ?? []);
  }

  /** What its objects say of the port goes first where that is opaque: they know of all callers. */
  #protocolOf({ service, endpoint }: Claim, clientNamespace: string): PortProtocol {
    const port = this.#ports.get(service) ?? NO_PORT;
    const said = port.byClientNamespace.get(clientNamespace) ?? port.protocol;
    if (endpoint === null || said === "opaque" || endpoint.protocol === "unknown") return said;
    return endpoint.protocol;
  }

  /** True when the first claim is now another one. */
  #claim(address: AddressKey, claim: Claim): boolean {
    const before = this.#claims.get(address);
    if (before === undefined) {
      this.#claims.set(address, [claim]);
      return true;
    }
    const others = before.filter((one) => !isBySame(one, claim.service, claim.endpoint?.id ?? ""));
    const after = [...others, claim].sort(compareClaims);
    this.#claims.set(address, after);
    return after[0] !== before[0];
  }

  /** `id` is empty for the claim of a service. */
  #withdraw(address: AddressKey, service: ServiceKey, id: string): boolean {
    const before = this.#claims.get(address) ?? [];
    const after = before.filter((one) => !isBySame(one, service, id));
    if (after.length === 0) this.#claims.delete(address);
    else this.#claims.set(address, after);
    return after[0] !== before[0];
  }

  #forget(changed: readonly AddressKey[]): readonly AddressKey[] {
    for (const address of changed) this.#published.delete(address);
    return changed;
  }
}

function publish(key: AddressKey, body: AddressBinding): PublishedAs<"address"> {
  const encoded = encodeCanonical(body);
  const revision = revisionOf(encoded);
  // No object has a part in it that it has not in the destination or the set it follows from.
  return { type: "address", key, revision, body, encoded, requires: ["addresses"], objects: [] };
}

function isBySame(claim: Claim, service: ServiceKey, id: string): boolean {
  return claim.service === service && (claim.endpoint?.id ?? "") === id;
}

function compareClaims(a: Claim, b: Claim): number {
  return (
    Number(a.endpoint !== null) - Number(b.endpoint !== null) ||
    compare(a.service, b.service) ||
    stateOrder(a.endpoint) - stateOrder(b.endpoint) ||
    compare(a.endpoint?.id ?? "", b.endpoint?.id ?? "")
  );
}

/** One address, two targets: the one that goes has not left the list yet, and the other is here. */
function stateOrder(endpoint: Endpoint | null): number {
  return endpoint === null || endpoint.state === "ready" ? 0 : 1;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function saysTheSame(a: AddressedPort, b: AddressedPort): boolean {
  if (a.protocol !== b.protocol || a.byClientNamespace.size !== b.byClientNamespace.size) {
    return false;
  }
  for (const [namespace, protocol] of a.byClientNamespace) {
    if (b.byClientNamespace.get(namespace) !== protocol) return false;
  }
  return true;
}
