/**
 * Tells in the log what changed about objects, each thing once: problems in the form in which
 * lint prints them, conflicts, references that lead nowhere, and versions that came into force.
 */
import type { Log } from "../../base/log.ts";
import type { IntentObject } from "../../mesh/intent.ts";
import { formatProblem, type Problem } from "../../mesh/problem.ts";
import type { Condition, ConditionType } from "../../mesh/status.ts";
import { describeRef } from "../index/verdict.ts";
import type { ObjectId, ObjectSource } from "../sources/object-source.ts";
import type { StatusBook, StatusEntry } from "./status-book.ts";

/** Lines for one change; what is beyond is counted. */
export const LOG_LINES_MAX = 100;

/** What was said last about one object. */
interface Said {
  readonly liveGeneration: number | undefined;
  readonly findings: ReadonlyMap<ConditionType, Condition>;
}

const NOTHING_SAID: Said = { liveGeneration: undefined, findings: new Map() };

export class StatusLog {
  readonly #objects: ObjectSource;
  readonly #status: StatusBook;
  readonly #log: Log;
  #problems: ReadonlySet<string> = new Set();
  #said = new Map<ObjectId, Said>();
  #unsubscribe: (() => void)[] = [];

  constructor(options: {
    readonly objects: ObjectSource;
    readonly status: StatusBook;
    readonly log: Log;
  }) {
    this.#objects = options.objects;
    this.#status = options.status;
    this.#log = options.log;
  }

  /** Tells what is wrong now, and from then on what changes. */
  start(): void {
    this.#tellProblems();
    this.#tellEntries(this.#status.list(), true);
    this.#unsubscribe = [
      this.#objects.subscribe((changed) => {
        for (const id of changed) if (this.#objects.get(id) === undefined) this.#said.delete(id);
        this.#tellProblems();
      }),
      this.#status.subscribe((changed) => this.#tellEntries(changed, false)),
    ];
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#unsubscribe = [];
  }

  #tellProblems(): void {
    const now = new Map<string, Problem["severity"]>();
    const add = (problem: Problem): void => {
      now.set(formatProblem(problem), problem.severity);
    };
    this.#objects.problems().forEach(add);
    for (const { problems } of this.#objects.list()) problems.forEach(add);
    const fresh = [...now].filter(([line]) => !this.#problems.has(line));
    this.#problems = new Set(now.keys());
    this.#tell(fresh);
  }

  #tellEntries(entries: readonly StatusEntry[], first: boolean): void {
    const lines: [string, Problem["severity"]][] = [];
    const said = first ? new Map<ObjectId, Said>() : this.#said;
    for (const entry of entries) {
      const before = said.get(entry.id) ?? NOTHING_SAID;
      const live = this.#objects.get(entry.id)?.live;
      const liveGeneration = live?.ref.generation;
      const findings = findingsOf(entry.conditions);
      said.set(entry.id, { liveGeneration, findings });
      const name = describeRef(entry.ref);
      const isNews = !first && liveGeneration !== before.liveGeneration;
      if (isNews && liveGeneration !== undefined && !isOfController(live)) {
        lines.push([`${name}: generation ${liveGeneration} is live`, "note"]);
      }
      for (const [type, finding] of findings) {
        const old = before.findings.get(type);
        if (old !== undefined && findingKey(old) === findingKey(finding)) continue;
        const where = entry.location === "" ? "" : `${entry.location}: `;
        const what = `${finding.reason}: ${finding.message}`;
        lines.push([`${where}warning: ${name}: ${what}`, "warning"]);
      }
      for (const type of before.findings.keys()) {
        if (!findings.has(type)) lines.push([`${name}: ${type} is mended`, "note"]);
      }
    }
    this.#said = said;
    this.#tell(lines);
  }

  #tell(lines: readonly (readonly [line: string, severity: Problem["severity"]])[]): void {
    for (const [line, severity] of lines.slice(0, LOG_LINES_MAX)) {
      if (severity === "error") this.#log.error(line);
      else if (severity === "warning") this.#log.warn(line);
      else this.#log.info(line);
    }
    const rest = lines.length - LOG_LINES_MAX;
    if (rest > 0) this.#log.warn(`and ${rest} more of the same kind: ask for /objects`);
  }
}

/** Slices that belong to a Service are written by the cluster itself, with each pod that comes. */
function isOfController(live: IntentObject | null | undefined): boolean {
  return live?.intent.type === "endpoint-slice" && live.intent.serviceUid !== "";
}

/** Problems have told why something is not accepted. */
function findingsOf(conditions: readonly Condition[]): ReadonlyMap<ConditionType, Condition> {
  return new Map(conditions.filter(isFinding).map((condition) => [condition.type, condition]));
}

/** By what findings are told apart: on how many proxies something is live changes all the time. */
export function findingKey({ type, reason, message }: Condition): string {
  return type === "Programmed" ? `${type} ${reason}` : `${type} ${reason} ${message}`;
}

/** Whether it says that something is wrong with an object that is accepted. */
export function isFinding({ type, status, reason }: Condition): boolean {
  return (
    (type === "Conflicted" && status === "True") ||
    (type === "ResolvedRefs" && status === "False") ||
    (type === "Programmed" && (reason === "Rejected" || reason === "ProxyTooOld"))
  );
}
