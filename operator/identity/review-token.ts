/**
 * Asks the API server who a service account's token stands for. The token must have been made for
 * us (its audience), and be bound to a pod: one that somebody asked for by hand names no workload.
 */
import { isRecord } from "../../base/shape.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import { malformed } from "../../kube/kube-error.ts";
import type { ProxyIdentity } from "../publish/peer.ts";

const PATH = "/apis/authentication.k8s.io/v1/tokenreviews";

const USER = /^system:serviceaccount:([^:]+):([^:]+)$/;
const EXTRA = {
  podName: "authentication.kubernetes.io/pod-name",
  podUid: "authentication.kubernetes.io/pod-uid",
} as const;

export type Review =
  | { readonly result: "known"; readonly identity: ProxyIdentity }
  /** `reason` becomes a label. */
  | { readonly result: "refused"; readonly reason: ReviewRefusal };

export type ReviewRefusal = "token-invalid" | "token-audience" | "token-user" | "token-unbound";

/** Throws `KubeError` where the API server gives no verdict. */
export async function reviewToken(
  client: KubeClient,
  token: string,
  audience: string,
  signal: AbortSignal,
): Promise<Review> {
  const review = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenReview",
    spec: { token, audiences: [audience] },
  };
  return parseReview(await client.create(PATH, review, signal), audience);
}

export function parseReview(answer: unknown, audience: string): Review {
  if (!isRecord(answer) || !isRecord(answer.status)) throw malformed("a TokenReview has no status");
  const { authenticated, audiences, user } = answer.status;
  if (authenticated !== true) return { result: "refused", reason: "token-invalid" };
  // One that knows of no audiences takes tokens that were made for others.
  const isForUs = Array.isArray(audiences) && audiences.includes(audience);
  if (!isForUs) return { result: "refused", reason: "token-audience" };
  const { username, extra } = isRecord(user) ? user : {};
  const found = USER.exec(typeof username === "string" ? username : "");
  if (found === null) return { result: "refused", reason: "token-user" };
  const [, namespace = "", serviceAccount = ""] = found;
  const name = extraText(extra, EXTRA.podName);
  const podUid = extraText(extra, EXTRA.podUid);
  if (name === "" || podUid === "") return { result: "refused", reason: "token-unbound" };
  return { result: "known", identity: { namespace, name, serviceAccount, podUid } };
}

/** The one value of an extra; empty without one. */
function extraText(extra: unknown, key: string): string {
  const values = isRecord(extra) ? extra[key] : undefined;
  const first: unknown = Array.isArray(values) ? values[0] : undefined;
  return typeof first === "string" ? first : "";
}
