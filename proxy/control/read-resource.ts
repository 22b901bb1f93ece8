/**
 * From a snapshot or a delta to a resource that the data path may trust, or the reason why not.
 * The revision must be the hash of what was sent: that is what makes it safe to resume at another
 * replica, to apply a delta to what is held, and to believe that both sides mean the same thing.
 */
import { revisionOf } from "../../base/canonical-json.ts";
import type { AddressBinding } from "../../mesh/address-binding.ts";
import { type AddressKey, isAddressKey } from "../../mesh/address-key.ts";
import {
  readAddressBinding,
  readDestination,
  readEndpointDelta,
  readEndpointSet,
  readWorkload,
} from "../../mesh/check-body.ts";
import type { Delta, NackCode, Snapshot } from "../../mesh/control-messages.ts";
import { bodyTextOf } from "../../mesh/decode-message.ts";
import type { Destination } from "../../mesh/destination.ts";
import { applyEndpointDelta } from "../../mesh/endpoint-delta.ts";
import type { EndpointSet } from "../../mesh/endpoint-set.ts";
import type { Read } from "../../mesh/first-problem.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import { ABSENT, FEATURES } from "../../mesh/snapshot.ts";
import type { Workload } from "../../mesh/workload.ts";

/** A resource that has passed every check; its body is null when it is absent. */
export type Resource =
  | { readonly type: "workload"; readonly workload: Workload }
  | {
      readonly type: "destination";
      readonly key: ServiceKey;
      readonly destination: Destination | null;
    }
  | { readonly type: "endpoints"; readonly key: ServiceKey; readonly set: EndpointSet | null }
  | {
      readonly type: "address";
      readonly key: AddressKey;
      readonly binding: AddressBinding | null;
    };

export interface Refusal {
  readonly type: "refusal";
  readonly code: NackCode;
  readonly reason: string;
}

/** What is wrong with a snapshot before its body is read. `text` is the message as it came. */
export function snapshotProblem(message: Snapshot, text: string): Refusal | undefined {
  const missing = message.requires.find((word) => !isFeature(word));
  if (missing !== undefined) return refuse("requires", `this proxy lacks ${missing}`);
  if (message.revision === ABSENT) {
    if (message.body === null) return undefined;
    return refuse("revision", "what is absent cannot have a body");
  }
  if (message.body === null) return refuse("revision", "a body is missing");
  if (revisionOf(bodyTextOf(text)) === message.revision) return undefined;
  return refuse("revision", "the revision is not the hash of the body");
}

/** Reads what a snapshot without such a problem says. */
export function readSnapshotBody(message: Snapshot): Resource | Refusal {
  return message.revision === ABSENT ? absent(message) : readBody(message);
}

/** Reads a body whose hash has been checked, or is checked by the caller. */
export function readBody(named: Pick<Snapshot, "type" | "key" | "body">): Resource | Refusal {
  const { type, key, body } = named;
  switch (type) {
    case "workload":
      return resource(readWorkload(body), (workload) => ({ type, workload }));
    case "destination":
      return resource(readDestination(key, body), (destination) => ({
        type,
        key: destination.service,
        destination,
      }));
    case "endpoints":
      return resource(readEndpointSet(key, body), (set) => ({ type, key: set.service, set }));
    case "address":
      if (!isAddressKey(key)) return refuse("invalid", `${key} is no address`);
      return resource(readAddressBinding(key, body), (binding) => ({ type, key, binding }));
  }
}

/** The set that the delta makes of `base`; undefined when the two do not fit: ask for it whole. */
export function readDelta(message: Delta, base: EndpointSet): Resource | Refusal | undefined {
  const missing = message.requires.find((word) => !isFeature(word));
  if (missing !== undefined) return refuse("requires", `this proxy lacks ${missing}`);
  const read = readEndpointDelta(message.key, message.body);
  if ("problem" in read) return refuse("invalid", read.problem);
  const set = applyEndpointDelta(base, read.body);
  if (set === undefined) return undefined;
  if (revisionOf(canonicalText(set)) !== message.revision) return undefined;
  return { type: "endpoints", key: set.service, set };
}

/**
 * The canonical encoding of what was read from canonical encodings: members of parsed objects keep
 * their order. Ten times as fast as encoding from nothing, and were the order ever wrong, the hash
 * would not match.
 */
function canonicalText(set: EndpointSet): string {
  try {
    return JSON.stringify(set);
  } catch {
    // Members that we do not know can nest deeper than the encoder can follow. No hash fits that.
    return "";
  }
}

function resource<T>(read: Read<T>, make: (body: T) => Resource): Resource | Refusal {
  return "problem" in read ? refuse("invalid", read.problem) : make(read.body);
}

function absent(message: Snapshot): Resource | Refusal {
  // Keys were checked when the message was decoded; only the type system has forgotten.
  const key = message.key as ServiceKey;
  switch (message.type) {
    case "workload":
      return refuse("invalid", "the workload cannot be absent");
    case "destination":
      return { type: "destination", key, destination: null };
    case "endpoints":
      return { type: "endpoints", key, set: null };
    case "address":
      return { type: "address", key: message.key as AddressKey, binding: null };
  }
}

function refuse(code: NackCode, reason: string): Refusal {
  return { type: "refusal", code, reason };
}

function isFeature(word: string): boolean {
  return FEATURES.some((feature) => feature === word);
}
