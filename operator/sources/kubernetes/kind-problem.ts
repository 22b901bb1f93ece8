/** What is wrong with a kind as a whole, in words for people. */
import type { Informer } from "../../../kube/informer.ts";
import type { Problem } from "../../../mesh/problem.ts";

export interface FollowedKind {
  readonly informer: Pick<Informer, "name" | "state" | "message">;
  /** Without it there is no mesh; the others are read where somebody has installed them. */
  readonly isRequired: boolean;
}

export function kindProblem({ informer, isRequired }: FollowedKind): Problem | undefined {
  const { name, state, message } = informer;
  const problem = (
    severity: Problem["severity"],
    code: string,
    text: string,
    hint: string,
  ): Problem => {
    const place = { file: "", line: 0, column: 0, object: name, field: "" };
    return { severity, code, ...place, message: text, hint };
  };
  if (state === "absent" && isRequired) {
    return problem("warning", "not-installed", "is no kind of this cluster", "install its CRD");
  }
  if (state === "forbidden") {
    const severity = isRequired ? "error" : "warning";
    return problem(severity, "forbidden", message, "grant the verbs list and watch");
  }
  if (state !== "failing") return undefined;
  return problem("warning", "not-read", `cannot be read now: ${message}`, "");
}
