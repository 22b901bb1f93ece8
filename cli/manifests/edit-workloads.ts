/** Goes through manifests, edits the pods in them, and gathers what was done. */
import { isRecord } from "../../base/shape.ts";
import type { NamespaceFacts } from "../../inject/decide-injection.ts";
import { type Pod, parsePod, type Texts } from "../../inject/pod.ts";
import { findWorkload, type Workload } from "../../inject/workload.ts";
import { editDocument } from "./edit-document.ts";
import { type ManifestDocument, type ManifestStream, replaceDocuments } from "./manifest-stream.ts";

/** What became of one workload, as people are told. */
export interface WorkloadOutcome {
  /** `Deployment shop/web`. */
  readonly label: string;
  readonly file: string;
  /** `left`: as it is, and meant to be. `passed`: wanted, and not possible. */
  readonly verdict: "done" | "left" | "passed" | "mistake";
  readonly text: string;
  /** What to do; may be empty. */
  readonly hint: string;
  /** What is not wrong and may not be meant. */
  readonly notes: readonly string[];
}

export interface PodEdit {
  /** The same object when nothing is changed. */
  readonly pod: Pod;
  readonly outcome: Omit<WorkloadOutcome, "label" | "file">;
}

export type EditPod = (pod: Pod, workload: Workload) => PodEdit;

export interface WorkloadsEdited {
  /** All files one after another. */
  readonly text: string;
  readonly outcomes: readonly WorkloadOutcome[];
}

export function editWorkloads(
  streams: readonly ManifestStream[],
  defaultNamespace: string,
  edit: EditPod,
): WorkloadsEdited {
  const outcomes: WorkloadOutcome[] = [];
  let text = "";
  for (const stream of streams) {
    const edited = new Map<ManifestDocument, string>();
    for (const { line, message, hint } of stream.unread) {
      const label = line === 0 ? stream.file : `${stream.file}:${line}`;
      const about = { label, file: stream.file, verdict: "mistake", notes: [] } as const;
      outcomes.push({ ...about, text: message, hint });
    }
    for (const document of stream.documents) {
      const take = (workload: Workload, pod: unknown): unknown => {
        const { label } = workload;
        const parsed = parsePod(pod);
        if ("problem" in parsed) {
          outcomes.push({ label, file: stream.file, ...noPod(parsed.problem) });
          return pod;
        }
        const done = edit(parsed.pod, workload);
        outcomes.push({ label, file: stream.file, ...done.outcome });
        return done.pod;
      };
      const value = editObjects(document.value, defaultNamespace, take);
      if (value !== document.value) edited.set(document, editDocument(document, value));
    }
    text = appendFile(text, replaceDocuments(stream, edited));
  }
  return { text, outcomes };
}

function noPod(problem: string): PodEdit["outcome"] {
  const hint = "mend the manifest: the API server would refuse it";
  return { verdict: "mistake", text: `is left as it is: ${problem}`, hint, notes: [] };
}

type TakePod = (workload: Workload, pod: unknown) => unknown;

/** An object, or the items of a `List`; the same value when nothing in it was changed. */
function editObjects(value: unknown, defaultNamespace: string, take: TakePod): unknown {
  if (isRecord(value) && value.kind === "List" && Array.isArray(value.items)) {
    const items: readonly unknown[] = value.items;
    const edited = items.map((item) => editObjects(item, defaultNamespace, take));
    return edited.every((item, index) => item === items[index])
      ? value
      : { ...value, items: edited };
  }
  const workload = findWorkload(value, defaultNamespace);
  if (workload === undefined) return value;
  return editAt(value, workload.templatePath, (pod) => take(workload, pod));
}

function editAt(
  value: unknown,
  path: readonly string[],
  edit: (value: unknown) => unknown,
): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return edit(value);
  // Nothing to go down to: whoever edits is told that there is no pod.
  const before = isRecord(value) ? value[key] : undefined;
  const after = editAt(before, rest, edit);
  return after === before || !isRecord(value) ? value : { ...value, [key]: after };
}

/** Two files are two documents, whether the second begins as one or not. */
function appendFile(before: string, text: string): string {
  if (before === "" || text === "") return before + text;
  const ended = before.endsWith("\n") ? before : `${before}\n`;
  return ended + (text.startsWith("---") ? text : `---\n${text}`);
}

/** What the manifests themselves say of their namespaces. */
export function findNamespaces(
  streams: readonly ManifestStream[],
): ReadonlyMap<string, NamespaceFacts> {
  const found = new Map<string, NamespaceFacts>();
  const look = (value: unknown): void => {
    if (!isRecord(value)) return;
    if (value.kind === "List" && Array.isArray(value.items)) value.items.forEach(look);
    if (value.kind !== "Namespace" || value.apiVersion !== "v1" || !isRecord(value.metadata))
      return;
    const { name, labels, annotations } = value.metadata;
    if (typeof name !== "string") return;
    found.set(name, { name, labels: textsOf(labels), annotations: textsOf(annotations) });
  };
  for (const { documents } of streams) for (const { value } of documents) look(value);
  return found;
}

function textsOf(value: unknown): Texts {
  if (!isRecord(value)) return {};
  const entries = Object.entries(value).flatMap(([key, text]) =>
    typeof text === "string" ? [[key, text] as const] : [],
  );
  return Object.fromEntries(entries);
}
