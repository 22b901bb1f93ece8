/**
 * The roots of one authority, and what becomes of them: a pure function of the certificates and the
 * time, so that every replica and every restart comes to the same answer without being told.
 *
 *     announced: clients learn to trust it, nothing is issued from it yet
 *     issuing: the newest that has been announced for long enough
 *     leaving: nothing new is issued from it, clients still trust what was
 *
 * A root is dropped when nothing that was issued from it can be valid any more.
 */
import type { Credential, Signer } from "./certificate.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const AUTHORITY_TIMES = {
  /** Short enough that renewing it is ordinary, and happens while whoever set it up is there. */
  rootLifeMs: 365 * DAY_MS,
  /** Clients look at the bundle whenever they connect; it reaches a node within minutes. */
  announceMs: DAY_MS,
  /** The control connection's own, which is made anew in memory whenever a process starts. */
  servingLifeMs: DAY_MS,
  /** The webhook's, which stays while no operator runs. */
  webhookLifeMs: 30 * DAY_MS,
  /** What is new is valid since then, because clocks of machines differ. */
  backdateMs: 10 * MINUTE_MS,
  /** Of the life of a certificate, after which it is made anew. */
  renewShare: 2 / 3,
  /** Somebody looks at least so often. */
  lookMs: HOUR_MS,
} as const;

/** Nothing lives longer that a root has signed. */
const LEAF_LIFE_MAX_MS = Math.max(AUTHORITY_TIMES.servingLifeMs, AUTHORITY_TIMES.webhookLifeMs);

export interface RootsPlan {
  /** In the order in which they were made; those that are not here are to be dropped. */
  readonly kept: readonly Credential[];
  readonly needsRoot: boolean;
}

export function planRoots(roots: readonly Credential[], wallMs: number): RootsPlan {
  const issuer = issuerAt(roots, wallMs);
  const kept = roots
    .filter((root) => root.notAfterWallMs > wallMs)
    .filter((root) => issuer === undefined || !isSpent(root, issuer, wallMs))
    .sort((a, b) => a.notBeforeWallMs - b.notBeforeWallMs);
  const newest = kept.findLast(({ key }) => key !== null);
  const needsRoot = newest === undefined || renewAtWallMs(newest) <= wallMs;
  return { kept, needsRoot };
}

/** The root to issue from; undefined where there is none that may. */
export function issuerAt(roots: readonly Credential[], wallMs: number): Signer | undefined {
  const usable = roots
    .filter(isSigner)
    .filter((root) => root.notBeforeWallMs <= wallMs && wallMs < root.notAfterWallMs)
    .sort((a, b) => a.notBeforeWallMs - b.notBeforeWallMs);
  // Without one that is known everywhere, the one that has been known longest.
  return usable.findLast((root) => issuesFromWallMs(root) <= wallMs) ?? usable[0];
}

/** When a certificate is to be made anew. */
export function renewAtWallMs({
  notBeforeWallMs,
  notAfterWallMs,
}: Pick<Credential, "notBeforeWallMs" | "notAfterWallMs">): number {
  const { renewShare } = AUTHORITY_TIMES;
  return notBeforeWallMs + (notAfterWallMs - notBeforeWallMs) * renewShare;
}

/** Clocks of two replicas may be apart; so far nobody was. */
function isSpent(root: Credential, issuer: Signer, wallMs: number): boolean {
  if (root.notBeforeWallMs >= issuer.notBeforeWallMs) return false;
  const lastIssuedWallMs = issuesFromWallMs(issuer) + AUTHORITY_TIMES.backdateMs;
  return lastIssuedWallMs + LEAF_LIFE_MAX_MS <= wallMs;
}

function issuesFromWallMs({ notBeforeWallMs }: Credential): number {
  return notBeforeWallMs + AUTHORITY_TIMES.backdateMs + AUTHORITY_TIMES.announceMs;
}

function isSigner(root: Credential): root is Signer {
  return root.key !== null;
}
