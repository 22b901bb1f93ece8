/** Heads on their way through: what every hop must change, and nothing else. */
import type { Clock } from "../../base/clock.ts";
import { latin1Bytes } from "../../mesh/latin1.ts";
import { parseServiceKey } from "../../mesh/service-key.ts";
import type { ByteWriter } from "../../wire/http1/byte-writer.ts";
import { HeadEdits, writeRequestHead } from "../../wire/http1/forward.ts";
import { TARGET_ABSOLUTE } from "../../wire/http1/head.ts";
import { GRPC_TIMEOUT } from "../exchange/caller-deadline.ts";
import { type Exchange, NO_DEADLINE_MS } from "../exchange/exchange.ts";
import { tryLines } from "./try-lines.ts";

/** `heddle-` fields of an application, or of a peer that has not shown who it is, are removed. */
const FORWARDED = edits();
/** Of a connection that was redirected: whoever was dialled is a proxy itself, and is asked so. */
const REDIRECTED = edits();
REDIRECTED.absolute = true;
/** For routes that change heads and tries that have something to say. Used within one call. */
const EDITED = edits();
const HTTP_PORT = 80;
const NOTHING: HeadEdits["dropped"] = [];

/** Writes the request's head as the endpoint is to see it. */
export function forwardRequestHead(writer: ByteWriter, exchange: Exchange, clock: Clock): void {
  const { head } = exchange;
  const hasHost = head.hostIndex >= 0 || head.targetForm === TARGET_ABSOLUTE;
  const edits = exchange.route?.edits?.request ?? null;
  const lines = tryLines(exchange, clock);
  const redirected = exchange.originalDestination !== "";
  if (edits === null && lines === null && hasHost) {
    writeRequestHead(writer, head, redirected ? REDIRECTED : FORWARDED);
    return;
  }
  EDITED.absolute = redirected;
  EDITED.host = edits?.host ?? (hasHost ? null : routedHost(exchange));
  if (edits === null) EDITED.target = null;
  else edits.editTarget(head, EDITED);
  EDITED.lines = edits?.lines ?? null;
  EDITED.extra = lines;
  EDITED.dropped = edits?.dropped ?? NOTHING;
  const again = exchange.hasGrpcTimeout && exchange.deadlineMs !== NO_DEADLINE_MS;
  if (again) EDITED.dropped = [...EDITED.dropped, GRPC_TIMEOUT];
  writeRequestHead(writer, head, EDITED);
}

/**
 * A client of HTTP/1.0 may name no host, and HTTP/1.1 wants one that is: the service that the
 * request was taken for.
 */
function routedHost({ destination }: Exchange): Uint8Array {
  const service = destination === null ? undefined : parseServiceKey(destination.key);
  if (service === undefined) return new Uint8Array(0);
  const { name, namespace, port } = service;
  const host = namespace === "" ? name : `${name}.${namespace}`;
  return latin1Bytes(port === HTTP_PORT ? host : `${host}:${port}`);
}

function edits(): HeadEdits {
  const made = new HeadEdits();
  made.dropHeddle = true;
  made.upgrade = true;
  return made;
}
