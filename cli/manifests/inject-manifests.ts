/** Injects and uninjects the pods of whole files of manifests. */
import {
  decideInjection,
  describeProblem,
  type InjectionPolicy,
  type NamespaceFacts,
  type SkippedInjection,
} from "../../inject/decide-injection.ts";
import { injectPod } from "../../inject/inject-pod.ts";
import { findOwner } from "../../inject/owner.ts";
import type { SkipReason } from "../../inject/skip-reason.ts";
import { isInjected, uninjectPod } from "../../inject/uninject-pod.ts";
import type { SourceFile } from "../lint/read-paths.ts";
import {
  type EditPod,
  editWorkloads,
  findNamespaces,
  type PodEdit,
  type WorkloadsEdited,
} from "./edit-workloads.ts";
import { readManifestStream } from "./manifest-stream.ts";

/** Whoever wrote these wanted something else; the other reasons are of the pod's nature. */
const MISTAKES: readonly SkipReason[] = ["bad-annotation", "bad-inject-annotation"];

export function injectManifests(
  files: readonly SourceFile[],
  policy: InjectionPolicy,
  defaultNamespace: string,
): WorkloadsEdited {
  const streams = files.map(({ file, bytes }) => readManifestStream(file, bytes));
  const namespaces = findNamespaces(streams);
  const edit: EditPod = (pod, { owner, namespace }) => {
    const decision = decideInjection(pod, factsOf(namespaces, namespace), policy);
    if (!decision.inject) return { pod, outcome: skipped(decision) };
    const notes = decision.notes.map(
      (note) => describeProblem(note) + (note.hint === "" ? "" : `: ${note.hint}`),
    );
    const injected = injectPod(pod, decision.options, owner ?? findOwner(pod));
    const how = isInjected(pod) ? "injected anew" : "injected";
    const mode = decision.options.mode === "explicit" ? ", without redirection" : "";
    return { pod: injected, outcome: { verdict: "done", text: how + mode, hint: "", notes } };
  };
  return editWorkloads(streams, defaultNamespace, edit);
}

export function uninjectManifests(files: readonly SourceFile[]): WorkloadsEdited {
  const streams = files.map(({ file, bytes }) => readManifestStream(file, bytes));
  const edit: EditPod = (pod) => {
    const none = { hint: "", notes: [] };
    const left = { verdict: "left", text: "was not injected", ...none } as const;
    if (!isInjected(pod)) return { pod, outcome: left };
    return { pod: uninjectPod(pod), outcome: { verdict: "done", text: "uninjected", ...none } };
  };
  return editWorkloads(streams, "default", edit);
}

function factsOf(namespaces: ReadonlyMap<string, NamespaceFacts>, name: string): NamespaceFacts {
  return namespaces.get(name) ?? { name, labels: {}, annotations: {} };
}

function skipped({ reason, detail, mend, isMeant }: SkippedInjection): PodEdit["outcome"] {
  const verdict = isMeant ? "left" : MISTAKES.includes(reason) ? "mistake" : "passed";
  return { verdict, text: `skipped (${reason}): ${detail}`, hint: mend, notes: [] };
}
