/** The checks as a list for people: a mark, what was found, and below it what to do. */
import type { CheckResult, CheckVerdict } from "../../mesh/self-check.ts";
import type { CheckGroup } from "../checks/check-group.ts";
import type { Paint, Tone } from "./paint.ts";
import { printable } from "./printable.ts";

const MARKS: Readonly<Record<CheckVerdict, readonly [mark: string, tone: Tone]>> = {
  ok: ["✓", "good"],
  warning: ["‼", "warn"],
  failed: ["✗", "bad"],
};

export function formatChecks(groups: readonly CheckGroup[], paint: Paint): string {
  const sections = groups.map(({ subject, results }) => {
    const lines = results.map((result) => formatResult(result, paint));
    return `${paint("strong", subject)}\n${lines.join("")}`;
  });
  return `${sections.join("\n")}\n${formatVerdict(groups, paint)}\n`;
}

/** Only what is not well, and the sum. */
export function formatShortChecks(groups: readonly CheckGroup[], paint: Paint): string {
  const lines = groups
    .flatMap(({ results }) => results)
    .filter(({ verdict }) => verdict !== "ok")
    .map((result) => formatResult(result, paint));
  return `${lines.join("")}${formatVerdict(groups, paint)}\n`;
}

function formatResult({ verdict, detail, hint }: CheckResult, paint: Paint): string {
  const [mark, tone] = MARKS[verdict];
  const below = hint === "" ? "" : `    ${paint("dim", printable(hint))}\n`;
  return `${paint(tone, mark)} ${printable(detail)}\n${below}`;
}

function formatVerdict(groups: readonly CheckGroup[], paint: Paint): string {
  const all = groups.flatMap(({ results }) => results);
  const count = (verdict: CheckVerdict) => all.filter((one) => one.verdict === verdict).length;
  const [failed, warnings] = [count("failed"), count("warning")];
  if (failed + warnings === 0) return paint("good", "all is well");
  const parts = [
    failed === 0 ? "" : paint("bad", `${failed} failed`),
    warnings === 0 ? "" : paint("warn", `${warnings} ${warnings === 1 ? "warning" : "warnings"}`),
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** Whether nothing has failed: a warning is for people, and no reason to stop a script. */
export function hasPassed(groups: readonly CheckGroup[]): boolean {
  return groups.every(({ results }) => results.every(({ verdict }) => verdict !== "failed"));
}
