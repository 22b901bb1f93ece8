/**
 * Where the judges take a case otherwise than we do, and why that is right for us. A difference
 * that is not here, or is another one than is written here, fails the conformance test.
 *
 * Written for Node 26, nginx 1.22 and HAProxy 2.6, each as its package configures it.
 */
import { HEAD_REASONS } from "./head-differences.ts";
import type { JudgeName } from "./judge.ts";
import { MESSAGE_REASONS } from "./message-differences.ts";

export interface Reason {
  readonly about: string;
  readonly why: string;
  /** By case: what each judge that differs takes it for. */
  readonly cases: Readonly<Record<string, Readonly<Partial<Record<JudgeName, string>>>>>;
}

export const REASONS: readonly Reason[] = [...HEAD_REASONS, ...MESSAGE_REASONS];

/** What the judge is known to take the case for, and why; undefined when it is to agree. */
export function knownDifference(
  judge: JudgeName,
  caseName: string,
): { readonly takes: string; readonly reason: Reason } | undefined {
  for (const reason of REASONS) {
    const takes = reason.cases[caseName]?.[judge];
    if (takes !== undefined) return { takes, reason };
  }
  return undefined;
}
