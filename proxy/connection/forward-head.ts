/** Heads on their way through: what every hop must change, and nothing else. */
import type { ByteWriter } from "../../wire/http1/byte-writer.ts";
import { HeadEdits, writeRequestHead } from "../../wire/http1/forward.ts";
import { TARGET_ABSOLUTE } from "../../wire/http1/head.ts";
import type { Exchange } from "../exchange/exchange.ts";

/** `heddle-` fields of an application, or of a peer that has not shown who it is, are removed. */
const FORWARDED = edits(null);
/** A client of HTTP/1.0 may name no host; HTTP/1.1 wants the field all the same. */
const FORWARDED_WITHOUT_HOST = edits(new Uint8Array(0));

/** Writes the request's head as the endpoint is to see it. */
export function forwardRequestHead(writer: ByteWriter, exchange: Exchange): void {
  const { head } = exchange;
  const hasHost = head.hostIndex >= 0 || head.targetForm === TARGET_ABSOLUTE;
  writeRequestHead(writer, head, hasHost ? FORWARDED : FORWARDED_WITHOUT_HOST);
}

function edits(host: Uint8Array | null): HeadEdits {
  const made = new HeadEdits();
  made.host = host;
  made.dropHeddle = true;
  made.upgrade = true;
  return made;
}
