/**
 * Objects, found by the service that they speak about, and the way back from what they refer to:
 * when one object changes, this says which services have to be compiled again, and no others.
 */
import type {
  EndpointSliceIntent,
  IntentObject,
  PolicyIntent,
  ProfileIntent,
  RouteGroupIntent,
  ServiceIntent,
  ServiceName,
  SplitIntent,
} from "../../mesh/intent.ts";
import { addTo, removeFrom } from "../sources/object-groups.ts";
import { type ObjectId, objectId } from "../sources/object-source.ts";

/** `namespace/name` of a service. */
export type ServiceId = string;

export function serviceId(service: ServiceName): ServiceId {
  return `${service.namespace}/${service.name}`;
}

export type ObjectOf<I> = IntentObject & { readonly intent: I };

/** Everything that compiling one service may look at. */
export interface ServiceInputs {
  readonly name: ServiceName;
  readonly service: ObjectOf<ServiceIntent> | undefined;
  readonly profiles: readonly ObjectOf<ProfileIntent>[];
  readonly splits: readonly ObjectOf<SplitIntent>[];
  readonly policies: readonly ObjectOf<PolicyIntent>[];
  serviceNamed(name: ServiceName): ObjectOf<ServiceIntent> | undefined;
  /** Profiles of another service, which as a backend brings its own settings. */
  profilesOf(name: ServiceName): readonly ObjectOf<ProfileIntent>[];
  routeGroup(namespace: string, name: string): ObjectOf<RouteGroupIntent> | undefined;
  /** Those that claim the ClusterIP, this one among them. */
  servicesAt(clusterIp: string): readonly ObjectOf<ServiceIntent>[];
}

/** What has to be done again, by service. */
export interface Dirty {
  /** Compiled again. */
  readonly services: Set<ServiceId>;
  /** Only the slices are judged again: endpoints come and go far too often for more. */
  readonly slices: Set<ServiceId>;
}

export function nothingDirty(): Dirty {
  return { services: new Set(), slices: new Set() };
}

type Slice = ObjectOf<EndpointSliceIntent>;
type Speaker = ObjectOf<ProfileIntent> | ObjectOf<SplitIntent> | ObjectOf<PolicyIntent>;

export class ObjectView {
  readonly #services = new Map<ServiceId, ObjectOf<ServiceIntent>>();
  /** By ClusterIP. */
  readonly #claimantsOf = new Map<string, Set<ServiceId>>();
  readonly #routeGroups = new Map<string, ObjectOf<RouteGroupIntent>>();
  readonly #slices = new Map<ObjectId, Slice>();
  readonly #slicesOf = new Map<ServiceId, Set<ObjectId>>();
  readonly #speakers = new Map<ObjectId, Speaker>();
  readonly #speakersOf = new Map<ServiceId, Set<ObjectId>>();
  /** Who names a service as a backend, and who names a route group. */
  readonly #usersOfBackend = new Map<ServiceId, Set<ObjectId>>();
  readonly #usersOfGroup = new Map<string, Set<ObjectId>>();

  /** Takes the object's new live version, or null when it has none. */
  replace(id: ObjectId, object: IntentObject | null, { services: dirty, slices }: Dirty): void {
    this.#removeSpeaker(id, dirty);
    this.#removeSlice(id, slices);
    if (object === null) {
      this.#removeNamed(id, dirty);
      return;
    }
    const { ref, intent } = object;
    switch (intent.type) {
      case "service":
        this.#replaceService(`${ref.namespace}/${ref.name}`, { ...object, intent }, dirty);
        return;
      case "route-group":
        this.#routeGroups.set(`${ref.namespace}/${ref.name}`, { ...object, intent });
        this.#markUsersOfGroup(`${ref.namespace}/${ref.name}`, dirty);
        return;
      case "profile":
        this.#addSpeaker(id, { ...object, intent }, dirty);
        return;
      case "split":
        this.#addSpeaker(id, { ...object, intent }, dirty);
        return;
      case "policy":
        this.#addSpeaker(id, { ...object, intent }, dirty);
        return;
      case "endpoint-slice": {
        const service = serviceId(intent.service);
        this.#slices.set(id, { ...object, intent });
        addTo(this.#slicesOf, service, id);
        slices.add(service);
        return;
      }
    }
  }

  serviceNamed(id: ServiceId): ObjectOf<ServiceIntent> | undefined {
    return this.#services.get(id);
  }

  /** EndpointSlices that say they belong to the service. */
  slicesOf(id: ServiceId): readonly ObjectOf<EndpointSliceIntent>[] {
    const slices = [...(this.#slicesOf.get(id) ?? [])].map((slice) => this.#slices.get(slice));
    return slices.filter((slice) => slice !== undefined);
  }

  inputs(id: ServiceId): ServiceInputs {
    const slash = id.indexOf("/");
    const profiles: ObjectOf<ProfileIntent>[] = [];
    const splits: ObjectOf<SplitIntent>[] = [];
    const policies: ObjectOf<PolicyIntent>[] = [];
    for (const speakerId of this.#speakersOf.get(id) ?? []) {
      const speaker = this.#speakers.get(speakerId);
      if (speaker === undefined) continue;
      const { intent } = speaker;
      if (intent.type === "profile") profiles.push({ ...speaker, intent });
      else if (intent.type === "split") splits.push({ ...speaker, intent });
      else policies.push({ ...speaker, intent });
    }
    return {
      name: { namespace: id.slice(0, slash), name: id.slice(slash + 1) },
      service: this.#services.get(id),
      profiles,
      splits,
      policies,
      serviceNamed: (name) => this.#services.get(serviceId(name)),
      profilesOf: (name) => this.#profilesOf(serviceId(name)),
      routeGroup: (namespace, name) => this.#routeGroups.get(`${namespace}/${name}`),
      servicesAt: (clusterIp) => this.#servicesAt(clusterIp),
    };
  }

  #servicesAt(clusterIp: string): readonly ObjectOf<ServiceIntent>[] {
    const services = [...(this.#claimantsOf.get(clusterIp) ?? [])];
    return services.flatMap((service) => this.#services.get(service) ?? []);
  }

  /** Whoever shares an address with it, before or after, may get or lose that. */
  #replaceService(
    id: ServiceId,
    service: ObjectOf<ServiceIntent> | null,
    dirty: Set<ServiceId>,
  ): void {
    for (const ip of this.#services.get(id)?.intent.clusterIps ?? []) {
      removeFrom(this.#claimantsOf, ip, id);
      for (const other of this.#claimantsOf.get(ip) ?? []) dirty.add(other);
    }
    if (service === null) this.#services.delete(id);
    else this.#services.set(id, service);
    for (const ip of service?.intent.clusterIps ?? []) {
      for (const other of this.#claimantsOf.get(ip) ?? []) dirty.add(other);
      addTo(this.#claimantsOf, ip, id);
    }
    this.#markUsersOfService(id, dirty);
  }

  #addSpeaker(id: ObjectId, speaker: Speaker, dirty: Set<ServiceId>): void {
    this.#speakers.set(id, speaker);
    const service = serviceId(speaker.intent.service);
    addTo(this.#speakersOf, service, id);
    for (const backend of backendsOf(speaker)) addTo(this.#usersOfBackend, backend, id);
    for (const group of groupsOf(speaker)) addTo(this.#usersOfGroup, group, id);
    this.#markSpokenOf(speaker, dirty);
  }

  #removeSpeaker(id: ObjectId, dirty: Set<ServiceId>): void {
    const speaker = this.#speakers.get(id);
    if (speaker === undefined) return;
    this.#speakers.delete(id);
    const service = serviceId(speaker.intent.service);
    removeFrom(this.#speakersOf, service, id);
    for (const backend of backendsOf(speaker)) removeFrom(this.#usersOfBackend, backend, id);
    for (const group of groupsOf(speaker)) removeFrom(this.#usersOfGroup, group, id);
    this.#markSpokenOf(speaker, dirty);
  }

  /** The service itself, and those whose requests it serves where that changes how. */
  #markSpokenOf({ intent }: Speaker, dirty: Set<ServiceId>): void {
    const service = serviceId(intent.service);
    if (intent.type === "profile" && speaksOfEndpoints(intent)) {
      this.#markUsersOfService(service, dirty);
    } else dirty.add(service);
  }

  #profilesOf(service: ServiceId): readonly ObjectOf<ProfileIntent>[] {
    const profiles: ObjectOf<ProfileIntent>[] = [];
    for (const id of this.#speakersOf.get(service) ?? []) {
      const speaker = this.#speakers.get(id);
      if (speaker?.intent.type !== "profile") continue;
      profiles.push({ ...speaker, intent: speaker.intent });
    }
    return profiles;
  }

  #removeSlice(id: ObjectId, dirty: Set<ServiceId>): void {
    const slice = this.#slices.get(id);
    if (slice === undefined) return;
    this.#slices.delete(id);
    const service = serviceId(slice.intent.service);
    removeFrom(this.#slicesOf, service, id);
    dirty.add(service);
  }

  #removeNamed(id: ObjectId, dirty: Set<ServiceId>): void {
    // The id ends in `namespace/name`, which is what these maps are keyed by.
    const key = id.split("/").slice(-2).join("/");
    const service = this.#services.get(key);
    if (service !== undefined && objectId(service.ref) === id) {
      this.#replaceService(key, null, dirty);
    }
    const group = this.#routeGroups.get(key);
    if (group !== undefined && objectId(group.ref) === id) {
      this.#routeGroups.delete(key);
      this.#markUsersOfGroup(key, dirty);
    }
  }

  #markUsersOfService(service: ServiceId, dirty: Set<ServiceId>): void {
    dirty.add(service);
    this.#markServicesOf(this.#usersOfBackend.get(service), dirty);
  }

  #markUsersOfGroup(group: string, dirty: Set<ServiceId>): void {
    this.#markServicesOf(this.#usersOfGroup.get(group), dirty);
  }

  #markServicesOf(users: Iterable<ObjectId> | undefined, dirty: Set<ServiceId>): void {
    for (const user of users ?? []) {
      const speaker = this.#speakers.get(user);
      if (speaker !== undefined) dirty.add(serviceId(speaker.intent.service));
    }
  }
}

function backendsOf({ intent }: Speaker): Set<ServiceId> {
  if (intent.type === "policy") return new Set();
  return new Set(backendNames(intent).map(serviceId));
}

/** Whether a profile says anything about how its service's endpoints are used. */
export function speaksOfEndpoints({ balancer, breaker, discovery }: ProfileIntent): boolean {
  return balancer !== null || breaker !== null || discovery !== null;
}

/** Services that an object sends requests to, copies of them too. */
export function backendNames(intent: SplitIntent | ProfileIntent): readonly ServiceName[] {
  if (intent.type === "split") return intent.backends.map(({ service }) => service);
  const mirrors = intent.routes.flatMap(({ behaviour: { mirror } }) =>
    mirror === null ? [] : [mirror.service],
  );
  return [...intent.overrides.map(({ service }) => service), ...mirrors];
}

function groupsOf({ ref, intent }: Speaker): Set<string> {
  const groups = new Set<string>();
  if (intent.type !== "split") return groups;
  for (const match of intent.matches) {
    if (match.kind === "group") groups.add(`${ref.namespace}/${match.group}`);
  }
  return groups;
}
