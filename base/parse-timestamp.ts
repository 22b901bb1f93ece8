/** Reads the times of the APIs, without touching the machine's clock. */

const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

const MS_PER_DAY = 86_400_000;
const DAYS_PER_400_YEARS = 146_097;
/** From the first of March of year 0, where the count below begins, to 1970-01-01. */
const DAYS_TO_EPOCH = 719_468;

/** Milliseconds since the Unix epoch of an RFC 3339 time; undefined when it is none. */
export function parseTimestamp(text: string): number | undefined {
  const found = RFC3339.exec(text);
  if (found === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map(Number);
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const fractionMs = Number(found[7] ?? 0) * 1000;
  const offsetMinutes = Number(found[9] ?? 0) * 60 + Number(found[10] ?? 0);
  const offsetMs = (found[8] === "-" ? -1 : 1) * offsetMinutes * 60_000;
  const dayMs = ((hour * 60 + minute) * 60 + second) * 1000 + fractionMs;
  return daysSinceEpoch(year, month, day) * MS_PER_DAY + dayMs - offsetMs;
}

/** Of a date; `month` from 1. Years begin in March, so that the leap day comes last. */
export function daysSinceEpoch(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const marchMonth = (month + 9) % 12;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * marchMonth + 2) / 5) + day - 1;
  const leapDays = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return era * DAYS_PER_400_YEARS + yearOfEra * 365 + leapDays + dayOfYear - DAYS_TO_EPOCH;
}
