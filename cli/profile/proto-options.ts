/** What a method's options say about calling it twice. */
import type { Method } from "protobufjs";

const HARMLESS: readonly unknown[] = ["IDEMPOTENT", "NO_SIDE_EFFECTS"];

export function isIdempotent({ options, parsedOptions }: Method): boolean {
  if (HARMLESS.includes(options?.idempotency_level)) return true;
  const parsed: unknown = parsedOptions;
  if (!Array.isArray(parsed)) return false;
  return parsed.some((one: unknown) => {
    const level = typeof one === "object" && one !== null && "idempotency_level" in one;
    return level && HARMLESS.includes(one.idempotency_level);
  });
}
