/** When a token ends, as it says itself: to be believed only of one that was found to be good. */
import { isRecord } from "../../base/shape.ts";

/**
 * Since the epoch; undefined for what is no JSON Web Token, or does not say (RFC 7519, section
 * 4.1.4).
 */
export function tokenExpiryWallMs(token: string): number | undefined {
  const [, payload = ""] = token.split(".");
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    const seconds = isRecord(claims) ? claims.exp : undefined;
    return typeof seconds === "number" && seconds > 0 ? seconds * 1000 : undefined;
  } catch {
    return undefined;
  }
}
