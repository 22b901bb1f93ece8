/** One thing that is wrong, or worth knowing, about what a user wrote. */
export interface Problem {
  readonly severity: "error" | "warning" | "note";
  /** A stable word for machines: `unknown-field`, `bad-duration`, `conflict`, `not-enforced` … */
  readonly code: string;
  readonly file: string;
  /** From 1; 0 when the whole file is meant. */
  readonly line: number;
  readonly column: number;
  /** `ServiceProfile shop/web`, or empty. */
  readonly object: string;
  /** `spec.routes[2].timeout`, or empty. */
  readonly field: string;
  readonly message: string;
  /** What to do, when it is known: `did you mean "timeout"?` */
  readonly hint: string;
}

/**
 * `file:line:column: error: object: field: message (hint)`, the form that editors understand. What
 * stands in no file begins with its severity.
 */
export function formatProblem(problem: Problem): string {
  const place =
    problem.line === 0 ? problem.file : `${problem.file}:${problem.line}:${problem.column}`;
  const about = [problem.object, problem.field].filter((text) => text !== "").join(": ");
  const hint = problem.hint === "" ? "" : ` (${problem.hint})`;
  const subject = about === "" ? "" : `${about}: `;
  const where = place === "" ? "" : `${place}: `;
  return `${where}${problem.severity}: ${subject}${problem.message}${hint}`;
}
