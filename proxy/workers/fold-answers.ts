/** Several workers' answers to one question as one: what differs is shown side by side. */
import { isRecord } from "../../base/shape.ts";
import type { CheckAnswer, CheckResult } from "../../mesh/self-check.ts";

/** Levels of an answer that are looked into; below, what differs is shown whole. */
const DEPTH_MAX = 16;

/**
 * A member that differs becomes `{ "workers": [...] }`, one entry for each. Numbers that belong
 * together are not guessed at.
 */
export function foldAnswers(answers: readonly unknown[], depth = 0): unknown {
  const [first, ...others] = answers;
  if (others.every((one) => one === first)) return first;
  const records = answers.filter(isRecord);
  if (records.length === answers.length && depth < DEPTH_MAX) {
    const keys = new Set(records.flatMap((record) => Object.keys(record)));
    const folded = [...keys].map((key) => {
      const members = records.map((record) => record[key] ?? null);
      return [key, foldAnswers(members, depth + 1)];
    });
    return Object.fromEntries(folded);
  }
  const lists = answers.filter((one): one is readonly unknown[] => Array.isArray(one));
  const length = lists[0]?.length ?? 0;
  if (lists.length === answers.length && lists.every((list) => list.length === length)) {
    return Array.from({ length }, (_, index) => {
      const members = lists.map((list) => list[index]);
      return foldAnswers(members, depth + 1);
    });
  }
  return { workers: answers };
}

const RANK = { ok: 0, warning: 1, failed: 2 } as const;

/** Of each check the worst that any worker has found. */
export function foldChecks(answers: readonly CheckAnswer[]): CheckAnswer {
  const worst = new Map<string, CheckResult>();
  for (const { checks } of answers) {
    for (const check of checks) {
      const before = worst.get(check.name);
      if (before === undefined || RANK[check.verdict] > RANK[before.verdict]) {
        worst.set(check.name, check);
      }
    }
  }
  return { checks: [...worst.values()] };
}
