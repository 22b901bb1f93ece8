/**
 * The reviews, in the version that $VERSION says: v2 has stars, v1 has none. `POST /break` makes
 * it fail every request, `POST /mend` ends that.
 */
import { serve } from "./service.ts";

const version = process.env.VERSION ?? "v2";
let isBroken = false;

serve((method, path) => {
  if (method === "POST" && (path === "/break" || path === "/mend")) {
    isBroken = path === "/break";
    return { body: { version, broken: isBroken } };
  }
  const headers = { "x-reviews-version": version };
  if (isBroken) return { status: 500, headers, body: { error: "the reviews are broken" } };
  const review = { text: "Well made.", by: "Ada", version };
  return { headers, body: version === "v1" ? review : { ...review, stars: 5 } };
});
