/**
 * `Retry-After`, read and written (RFC 9110, section 10.2.3), and what gRPC has in its place. Read
 * off the hot path, only from answers that failed.
 */
import { daysSinceEpoch } from "../../base/parse-timestamp.ts";
import type { Random } from "../../base/random.ts";

/** Any date is shorter, and no honest number is longer. */
const VALUE_CHARS_MAX = 40;
const DAY_MS = 86_400_000;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** The three forms of an HTTP date, of which the last two are obsolete and still to be read. */
const IMF_FIXDATE = /^\w{3}, (\d{2}) (\w{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const RFC850_DATE = /^\w{6,9}, (\d{2})-(\w{3})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const ASCTIME_DATE = /^\w{3} (\w{3}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/;

/**
 * How long the answer asks to wait, from now on; a date that has passed asks for nothing. Never
 * more than `capMs`. Undefined, and as good as absent, when it is neither seconds nor a date.
 */
export function parseRetryAfterMs(
  value: string,
  wallMs: number,
  capMs: number,
): number | undefined {
  if (value.length > VALUE_CHARS_MAX) return undefined;
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, capMs);
  const atMs = parseHttpDateMs(value, wallMs);
  return atMs === undefined ? undefined : Math.min(Math.max(0, atMs - wallMs), capMs);
}

/**
 * How long `grpc-retry-pushback-ms` asks to wait, never more than `capMs`. Undefined when it asks
 * for no other try at all: by a negative number, or by what is none (gRFC A6).
 */
export function parsePushbackMs(value: string, capMs: number): number | undefined {
  if (value.length > VALUE_CHARS_MAX || !/^\d+$/.test(value)) return undefined;
  return Math.min(Number(value), capMs);
}

/**
 * A whole number of seconds from `minSeconds` to twice that, drawn anew for every answer, so that
 * those who were refused together do not come back together.
 */
export function jitteredRetryAfterSeconds(minSeconds: number, random: Random): number {
  return minSeconds + Math.floor(random.nextFloat() * (minSeconds + 1));
}

/** Milliseconds since the epoch. `wallMs` tells the century of a year of two digits. */
export function parseHttpDateMs(text: string, wallMs: number): number | undefined {
  const fixdate = IMF_FIXDATE.exec(text);
  if (fixdate !== null) {
    const [, day, month, year, hour, minute, second] = fixdate;
    return epochMs(Number(year), month, Number(day), Number(hour), Number(minute), Number(second));
  }
  const rfc850 = RFC850_DATE.exec(text);
  if (rfc850 !== null) {
    const [, day, month, shortYear, hour, minute, second] = rfc850;
    const year = fullYear(Number(shortYear), wallMs);
    return epochMs(year, month, Number(day), Number(hour), Number(minute), Number(second));
  }
  const asctime = ASCTIME_DATE.exec(text);
  if (asctime === null) return undefined;
  const [, month, day, hour, minute, second, year] = asctime;
  return epochMs(Number(year), month, Number(day), Number(hour), Number(minute), Number(second));
}

/** More than 50 years ahead means the century before (RFC 9110, section 5.6.7). */
function fullYear(shortYear: number, wallMs: number): number {
  const thisYear = 1970 + Math.floor(wallMs / (365.2425 * DAY_MS));
  const year = thisYear - (thisYear % 100) + shortYear;
  return year > thisYear + 50 ? year - 100 : year;
}

function epochMs(
  year: number,
  monthName: string | undefined,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number | undefined {
  const month = MONTHS.indexOf(monthName ?? "");
  // Second 60 is a leap second.
  if (month < 0 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) {
    return undefined;
  }
  return (
    daysSinceEpoch(year, month + 1, day) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000
  );
}
