/** Pods without their proxy, or with an old one, as metrics and as an answer of the admin port. */
import type { Metrics } from "../../base/metrics.ts";
import type { InjectionAnswer, InjectionEntry } from "../../mesh/operator-api.ts";
import type { InjectionBook, InjectionFinding } from "./injection-book.ts";

/** Of each metric; the others are counted as `other`. */
const SERIES_MAX = 100;
/** More nobody reads; how many there are is told as well. */
const ENTRIES_MAX = 1_000;

type Findings = Pick<InjectionBook, "list">;

export function observeInjection(metrics: Metrics, book: Findings): void {
  metrics.observe({
    name: "heddle_operator_uninjected_pods",
    help: "Pods that ask for a proxy and run without one, by the reason.",
    type: "gauge",
    labels: ["namespace", "reason"],
    read: (emit) => {
      const counts = countBy(book, "uninjected", ({ pod, reason }) => [pod.namespace, reason]);
      for (const [labels, count] of counts) emit(count, ...labels);
    },
  });
  metrics.observe({
    name: "heddle_operator_outdated_pods",
    help: "Pods whose proxy is of another version than the operator, by that version.",
    type: "gauge",
    labels: ["version"],
    read: (emit) => {
      const counts = countBy(book, "outdated", ({ pod }) => [pod.proxyVersion]);
      for (const [labels, count] of counts) emit(count, ...labels);
    },
  });
}

function countBy(
  book: Findings,
  problem: InjectionFinding["problem"],
  labelsOf: (finding: InjectionFinding) => readonly string[],
): Iterable<readonly [labels: readonly string[], count: number]> {
  const counts = new Map<string, [readonly string[], number]>();
  for (const finding of book.list()) {
    if (finding.problem !== problem) continue;
    const own = labelsOf(finding);
    const isKnown = counts.has(own.join("\0")) || counts.size < SERIES_MAX;
    const labels = isKnown ? own : own.map(() => "other");
    const counted = counts.get(labels.join("\0"));
    if (counted === undefined) counts.set(labels.join("\0"), [labels, 1]);
    else counted[1] += 1;
  }
  return counts.values();
}

/** Sorted by namespace and pod; the first of them where there are very many. */
export function describeInjection(book: Findings, namespace: string | null): InjectionAnswer {
  const findings = [...book.list()].filter(
    ({ pod }) => namespace === null || pod.namespace === namespace,
  );
  const uninjected = findings.filter(({ problem }) => problem === "uninjected");
  const outdated = findings.filter(({ problem }) => problem === "outdated");
  return {
    uninjected: entriesOf(uninjected),
    uninjectedTotal: uninjected.length,
    outdated: entriesOf(outdated),
    outdatedTotal: outdated.length,
  };
}

function entriesOf(findings: readonly InjectionFinding[]): readonly InjectionEntry[] {
  return findings
    .map(({ pod, reason, detail, mend }) => ({
      ...{ namespace: pod.namespace, pod: pod.name, version: pod.proxyVersion },
      owner: pod.owner === null ? "" : `${pod.owner.kind}/${pod.owner.name}`,
      ...{ reason, detail, mend },
    }))
    .sort((a, b) => (`${a.namespace}/${a.pod}` < `${b.namespace}/${b.pod}` ? -1 : 1))
    .slice(0, ENTRIES_MAX);
}
