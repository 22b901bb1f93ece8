/**
 * The lines of a request's head that are written anew for each try: how much time remains, and
 * which try it is. Put together in one buffer, which the next head uses again.
 */
import type { Clock } from "../../base/clock.ts";
import { ByteWriter } from "../../wire/http1/byte-writer.ts";
import { FieldName } from "../../wire/http1/field-name.ts";
import { type Exchange, INBOUND, NO_DEADLINE_MS } from "../exchange/exchange.ts";
import { deadlineValueMs, formatGrpcTimeout } from "../limits/remaining-time.ts";

const RETRY_ATTEMPT = new FieldName("heddle-retry-attempt");
/** More tries than anybody makes. */
const ATTEMPT_DIGITS_MAX = 3;
const LINES = new ByteWriter(256);

/** Null when there is nothing to say. To be used up before the next call. */
export function tryLines(exchange: Exchange, clock: Clock): ByteWriter | null {
  const { deadlineMs, tryNumber, direction, head } = exchange;
  const limited = deadlineMs !== NO_DEADLINE_MS;
  const told = direction === INBOUND && head.hasHeddle;
  if (!limited && tryNumber < 2 && !told) return null;
  LINES.reset();
  if (limited) {
    const remainingMs = deadlineMs - clock.nowMs();
    LINES.ascii("heddle-deadline: ");
    LINES.decimal(deadlineValueMs(remainingMs));
    LINES.crlf();
    if (exchange.hasGrpcTimeout) {
      LINES.ascii(`grpc-timeout: ${formatGrpcTimeout(remainingMs)}`);
      LINES.crlf();
    }
  }
  const retry = tryNumber > 1 ? tryNumber - 1 : told ? toldAttempt(exchange) : 0;
  if (retry > 0) {
    LINES.ascii("heddle-retry-attempt: ");
    LINES.decimal(retry);
    LINES.crlf();
  }
  return LINES.length === 0 ? null : LINES;
}

/** The application is told of its callers' tries; what is no number of tries is not passed on. */
function toldAttempt({ head }: Exchange): number {
  const text = head.textOf(RETRY_ATTEMPT) ?? "";
  return text.length <= ATTEMPT_DIGITS_MAX && /^\d+$/.test(text) ? Number(text) : 0;
}
