/**
 * What replicas of the operator say to each other, on a control connection of their own: whoever
 * does not lead tells the one that does how the proxies stand that it serves. One JSON object per
 * message, named by its member `message`, as on the connections of proxies.
 */
import { isRecord } from "../../base/shape.ts";
import { CONTROL_LIMITS, type Program } from "../../mesh/control-messages.ts";
import type { ObjectRef } from "../../mesh/destination.ts";
import { FEATURES, RESOURCE_TYPES, type ResourceName } from "../../mesh/snapshot.ts";
import type { ProxyIdentity } from "../publish/peer.ts";
import type { SessionId, SessionInfo, SessionResource } from "../publish/resources.ts";

export const REPLICA_PROTOCOL = 1;

export const REPLICA_LIMITS = {
  /** Entries of one message, of whatever sort. */
  entriesMax: 500,
  /** So many entries with long names and reasons fit. */
  messageBytesMax: 2 * 1024 * 1024,
  /** Objects that have a part in one destination. */
  objectsMax: 1_000,
  /** Revisions of one resource whose objects both sides remember, in the order they were told. */
  revisionsKept: 4,
} as const;

/** First, once. */
export interface ReplicaHello {
  readonly message: "replica";
  readonly protocol: number;
  readonly operator: Program;
  /** Of the process, as in the Lease. */
  readonly identity: string;
}

/** Answers it: this replica leads. */
export interface LeaderHello {
  readonly message: "leader";
  readonly protocol: number;
  readonly heartbeatMs: number;
}

export interface OpenedSession {
  readonly info: SessionInfo;
  readonly openedAtWallMs: number;
}

/** Which objects a revision of a resource is made of; told before the revision is spoken of. */
export interface ToldRevision {
  readonly name: ResourceName;
  readonly revision: string;
  readonly objects: readonly ObjectRef[];
}

/** As `SessionResource`, with the revision's name. Empty for nothing. */
export interface ToldResource extends Omit<SessionResource, "held"> {
  readonly session: SessionId;
  readonly held: string;
}

export interface DroppedResource {
  readonly session: SessionId;
  readonly name: ResourceName;
}

/** What has changed since the last one. Taken in the order of the members. */
export interface SessionsMessage {
  readonly message: "sessions";
  readonly revisions: readonly ToldRevision[];
  readonly opened: readonly OpenedSession[];
  readonly resources: readonly ToldResource[];
  readonly dropped: readonly DroppedResource[];
  readonly closed: readonly SessionId[];
  /** From now on the leader knows all. */
  readonly isWhole: boolean;
}

export interface BareMessage {
  readonly message: "ping" | "pong" | "not-leading";
}

export type ReplicaMessage = ReplicaHello | LeaderHello | SessionsMessage | BareMessage;

/** Undefined for what is no message of these. */
export function parseReplicaMessage(text: string): ReplicaMessage | undefined {
  if (text.length > REPLICA_LIMITS.messageBytesMax) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const { message } = value;
  if (message === "ping" || message === "pong" || message === "not-leading") return { message };
  if (message === "replica") return parseReplicaHello(value);
  if (message === "leader") return parseLeaderHello(value);
  return message === "sessions" ? parseSessions(value) : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function parseReplicaHello({ protocol, operator, identity }: Fields): ReplicaHello | undefined {
  if (!isCount(protocol) || !isName(identity) || !isRecord(operator)) return undefined;
  const { name, version } = operator;
  if (!isName(name) || !isName(version)) return undefined;
  return { message: "replica", protocol, identity, operator: { name, version } };
}

function parseLeaderHello({ protocol, heartbeatMs }: Fields): LeaderHello | undefined {
  if (!isCount(protocol) || !isCount(heartbeatMs) || heartbeatMs < 100) return undefined;
  return { message: "leader", protocol, heartbeatMs };
}

function parseSessions(value: Fields): SessionsMessage | undefined {
  const revisions = parseList(value.revisions, parseRevision);
  const opened = parseList(value.opened, parseOpened);
  const resources = parseList(value.resources, parseResource);
  const dropped = parseList(value.dropped, parseDropped);
  const closed = parseList(value.closed, (one) => (isName(one) ? one : undefined));
  const { isWhole } = value;
  if (revisions === undefined || opened === undefined || resources === undefined) return undefined;
  if (dropped === undefined || closed === undefined) return undefined;
  if (typeof isWhole !== "boolean") return undefined;
  return { message: "sessions", revisions, opened, resources, dropped, closed, isWhole };
}

function parseOpened(value: unknown): OpenedSession | undefined {
  if (!isRecord(value) || !isRecord(value.info)) return undefined;
  const { id, proxyName, proxyVersion, namespace, remote } = value.info;
  const { openedAtWallMs } = value;
  if (!isName(id) || !isName(proxyName) || !isName(proxyVersion)) return undefined;
  if (!isName(namespace) || !isName(remote) || !isCount(openedAtWallMs)) return undefined;
  const identity = value.info.identity === null ? null : parseIdentity(value.info.identity);
  const names = parseNames(value.info.features);
  if (identity === undefined || names === undefined) return undefined;
  const features = FEATURES.filter((feature) => names.includes(feature));
  const info = { id, proxyName, proxyVersion, namespace, identity, features, remote };
  return { info, openedAtWallMs };
}

function parseIdentity(value: unknown): ProxyIdentity | undefined {
  if (!isRecord(value)) return undefined;
  const { namespace, name, serviceAccount, podUid } = value;
  if (!isName(namespace) || !isName(name)) return undefined;
  if (!isName(serviceAccount) || !isName(podUid)) return undefined;
  return { namespace, name, serviceAccount, podUid };
}

function parseRevision(value: unknown): ToldRevision | undefined {
  if (!isRecord(value) || !isName(value.revision)) return undefined;
  const name = parseResourceName(value.name);
  const objects = parseList(value.objects, parseRef, REPLICA_LIMITS.objectsMax);
  if (name === undefined || objects === undefined) return undefined;
  return { name, revision: value.revision, objects };
}

function parseRef(value: unknown): ObjectRef | undefined {
  if (!isRecord(value)) return undefined;
  const { group, kind, namespace, name, generation } = value;
  if (!isName(group) || !isName(kind) || !isName(namespace) || !isName(name)) return undefined;
  return isCount(generation) ? { group, kind, namespace, name, generation } : undefined;
}

function parseResource(value: unknown): ToldResource | undefined {
  if (!isRecord(value)) return undefined;
  const { session, held } = value;
  const name = parseResourceName(value.name);
  const refused = value.refused === null ? null : parseRefusal(value.refused);
  const lacking = parseNames(value.missing);
  if (!isName(session) || name === undefined || !isName(held)) return undefined;
  if (refused === undefined || lacking === undefined) return undefined;
  const missing = FEATURES.filter((feature) => lacking.includes(feature));
  return { session, name, held, refused, missing };
}

function parseRefusal(value: unknown): ToldResource["refused"] | undefined {
  if (!isRecord(value)) return undefined;
  const { revision, reason } = value;
  return isName(revision) && isText(reason, 2_000) ? { revision, reason } : undefined;
}

function parseDropped(value: unknown): DroppedResource | undefined {
  if (!isRecord(value) || !isName(value.session)) return undefined;
  const name = parseResourceName(value.name);
  return name === undefined ? undefined : { session: value.session, name };
}

function parseResourceName(value: unknown): ResourceName | undefined {
  if (!isRecord(value)) return undefined;
  const type = RESOURCE_TYPES.find((one) => one === value.type);
  const { key } = value;
  return type === undefined || !isText(key, 1_000) ? undefined : { type, key };
}

function parseNames(value: unknown): readonly string[] | undefined {
  return parseList(value, (one) => (isName(one) ? one : undefined));
}

/** Undefined where one of them is. */
function parseList<T>(
  value: unknown,
  parse: (one: unknown) => T | undefined,
  lengthMax: number = REPLICA_LIMITS.entriesMax,
): readonly T[] | undefined {
  if (!Array.isArray(value) || value.length > lengthMax) return undefined;
  const parsed: T[] = [];
  for (const one of value) {
    const read = parse(one);
    if (read === undefined) return undefined;
    parsed.push(read);
  }
  return parsed;
}

function isName(value: unknown): value is string {
  return isText(value, CONTROL_LIMITS.nameLengthMax);
}

function isText(value: unknown, lengthMax: number): value is string {
  return typeof value === "string" && value.length <= lengthMax;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
