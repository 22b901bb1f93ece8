/**
 * What a proxy and the operator say to each other: one JSON object per WebSocket text message,
 * named by its member `message`. `docs/control-protocol.md` tells the whole story. The shapes
 * here are checked against the schema beside this file when types are checked.
 */
import type { Endpoint } from "./endpoint-set.ts";
import type { ServiceKey } from "./service-key.ts";
import type { ResourceType, Revision } from "./snapshot.ts";
import type { StatReport } from "./stat-report.ts";

/** Raised when an old peer could misunderstand a new one, not for what is merely added. */
export const CONTROL_PROTOCOL = 1;

/** Asked for and confirmed in the WebSocket handshake: no other speaker gets in by chance. */
export const CONTROL_SUBPROTOCOL = "heddle.control.v1";

/** The path of the WebSocket on the operator. */
export const CONTROL_PATH = "/control";

/** Where to look first when a message is refused for its size: each growing thing has its bound. */
export const CONTROL_LIMITS = {
  /** A `hello` that lists all that a proxy can hold; every later message is far smaller. */
  helloBytesMax: 2 * 1024 * 1024,
  /** Every other message of a proxy. */
  proxyMessageBytesMax: 1024 * 1024,
  /** A snapshot of `ENDPOINTS_MAX` endpoints fits. */
  operatorMessageBytesMax: 32 * 1024 * 1024,
  /** Destinations that one proxy may be subscribed to. */
  destinationsMax: 1000,
  /** Endpoint sets that one proxy may hold. */
  endpointSetsMax: 4000,
  /** Addresses that one proxy may be subscribed to. */
  addressesMax: 4000,
  /** Characters of what is written for people: reasons and details. Longer ones are cut. */
  textLengthMax: 1000,
  /** Characters of a name or a version. */
  nameLengthMax: 256,
  /** Levels of objects and arrays in a message. A match of full depth takes about 40. */
  depthMax: 64,
} as const;

/** One resource that a proxy has, and at which revision. */
export interface Holding {
  readonly type: ResourceType;
  readonly key: string;
  readonly revision: Revision;
}

/**
 * First on every connection. `holds` resumes: each entry is a `subscribe` with its revision.
 * Addresses are not among them: only the welcome says whether the operator knows any.
 */
export interface Hello {
  readonly message: "hello";
  readonly protocol: number;
  readonly proxy: Program;
  readonly namespace: string;
  /** Words of `FEATURES`, and words that this operator may not know yet. */
  readonly features: readonly string[];
  readonly holds: readonly Holding[];
}

/** A name and a version, for people. Never trusted as an identity. */
export interface Program {
  readonly name: string;
  readonly version: string;
}

/**
 * Asks for a resource, and says what is held of it: a revision, or empty for nothing. Asking again
 * starts that resource afresh, which is how a proxy that is unsure of itself gets a full snapshot.
 */
export interface Subscribe {
  readonly message: "subscribe";
  readonly type: ResourceType;
  readonly key: string;
  readonly revision: Revision;
}

/** The proxy no longer holds the resource, and wants to hear no more of it. */
export interface Unsubscribe {
  readonly message: "unsubscribe";
  readonly type: ResourceType;
  readonly key: string;
}

/** The revision is live on the proxy. */
export interface Ack {
  readonly message: "ack";
  readonly type: ResourceType;
  readonly key: string;
  readonly revision: Revision;
}

export const NACK_CODES = ["requires", "invalid", "revision", "too-large"] as const;
export type NackCode = (typeof NACK_CODES)[number];

/** The revision was refused, and what was live before it still is. */
export interface Nack {
  readonly message: "nack";
  readonly type: ResourceType;
  readonly key: string;
  readonly revision: Revision;
  readonly code: NackCode;
  readonly reason: string;
}

/** What the proxy saw of its traffic. Sent after configuration, and dropped before it. */
export interface Report {
  readonly message: "report";
  readonly kind: "stats";
  readonly body: StatReport;
}

/** Answers `hello`. */
export interface Welcome {
  readonly message: "welcome";
  readonly protocol: number;
  readonly operator: Program;
  /** A side that heard nothing for this long sends a ping; for `SILENCE_FACTOR` times, leaves. */
  readonly heartbeatMs: number;
  readonly limits: WelcomeLimits;
}

export interface WelcomeLimits {
  readonly messageBytesMax: number;
  readonly destinationsMax: number;
  readonly endpointSetsMax: number;
  /** Absent or 0: this operator knows nothing of addresses, and must not be asked. */
  readonly addressesMax?: number;
}

/** A whole resource. `body` is null, and the revision `absent`, when there is none. */
export interface Snapshot {
  readonly message: "snapshot";
  readonly type: ResourceType;
  readonly key: string;
  readonly revision: Revision;
  /** The proxy must be able to do all of this, or keeps what it has. */
  readonly requires: readonly string[];
  /** Stands last in the message, in its canonical encoding: its hash is the revision. */
  readonly body: unknown;
}

/** What to do to the endpoint set at revision `base` to get the one at `revision`. */
export interface Delta {
  readonly message: "delta";
  readonly type: "endpoints";
  readonly key: string;
  readonly revision: Revision;
  readonly base: Revision;
  readonly requires: readonly string[];
  readonly body: EndpointDelta;
}

export interface EndpointDelta {
  readonly service: ServiceKey;
  readonly source: string;
  readonly synced: boolean;
  /** Sorted by id. Each takes the place of the one with its id, or is new. */
  readonly upsert: readonly Endpoint[];
  /** Ids, sorted. Each is there in the base, and not in `upsert`. */
  readonly remove: readonly string[];
}

/** What the proxy said that it holds is still right. */
export interface Current {
  readonly message: "current";
  readonly type: ResourceType;
  readonly key: string;
  readonly revision: Revision;
}

export interface Ping {
  readonly message: "ping";
}

export interface Pong {
  readonly message: "pong";
}

export const CONTROL_ERROR_CODES = [
  /** The message's name is unknown. Not fatal. */
  "unsupported",
  /** No JSON, the wrong shape, out of bounds. Fatal. */
  "malformed",
  /** Right in itself, wrong at this point. Fatal. */
  "out-of-order",
  /** The two sides share no version of the protocol. Fatal. */
  "protocol-version",
  /** A resource needs what the proxy cannot do, and was not sent. Not fatal. */
  "requires",
  /** A bound was reached; what would have passed it was not done. Not fatal. */
  "limit",
  /** Messages come faster than anything honest sends them. Fatal. */
  "flood",
  /** Whoever reads this should go to another replica. Fatal. */
  "going-away",
] as const;
export type ControlErrorCode = (typeof CONTROL_ERROR_CODES)[number];

/** Something about the other side's messages is wrong. Never answered, so that none can loop. */
export interface ControlError {
  readonly message: "error";
  readonly code: ControlErrorCode;
  /** For people. */
  readonly detail: string;
  /** The message or the resource that it is about; may be empty. */
  readonly about: string;
}

export type ProxyMessage =
  | Hello
  | Subscribe
  | Unsubscribe
  | Ack
  | Nack
  | Report
  | Ping
  | Pong
  | ControlError;

export type OperatorMessage = Welcome | Snapshot | Delta | Current | Ping | Pong | ControlError;

/** Silence of this many heartbeats ends a connection: one lost ping and its answer are forgiven. */
export const SILENCE_FACTOR = 2.5;

export const HEARTBEAT_MS_MIN = 100;
export const HEARTBEAT_MS_MAX = 60_000;

/** WebSocket close codes that we give (RFC 6455 section 7.4; 4000 and above are private). */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  unsupportedData: 1003,
  tooBig: 1009,
  tryAgainLater: 1013,
} as const;
