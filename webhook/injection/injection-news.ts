/**
 * Tells at the owner of a pod, as Events, what became of an injection that was asked for. Whoever
 * makes pods by a Deployment sees no warnings of theirs: without this there would be silence.
 */
import type { Pod } from "../../inject/pod.ts";
import type { EventRecorder } from "../../kube/events.ts";
import type { Review } from "../review.ts";
import type { OwnerLookup } from "./owner-lookup.ts";

const ACTION = "Inject";

export class InjectionNews {
  readonly #owners: OwnerLookup;
  readonly #recorder: EventRecorder;

  constructor(options: { readonly owners: OwnerLookup; readonly recorder: EventRecorder }) {
    this.#owners = options.owners;
    this.#recorder = options.recorder;
  }

  skipped(review: Review, pod: Pod, message: string, isRefused: boolean): void {
    const reason = isRefused ? "InjectionRefused" : "InjectionSkipped";
    const what = isRefused ? "a pod is refused" : "no proxy is injected";
    this.#tell(review, pod, reason, `${what}: ${message}`);
  }

  /** Of a pod that was injected, annotations that mean nothing. */
  noted(review: Review, pod: Pod, notes: readonly string[]): void {
    this.#tell(review, pod, "AnnotationIgnored", notes.join("; "));
  }

  /** Nobody waits for it. */
  #tell(review: Review, pod: Pod, reason: string, note: string): void {
    // It never rejects: what is not found out is done without.
    void this.#owners.findRegarding(pod, review.namespace, review.name).then((regarding) => {
      // A pod whose name the API server is yet to make up, and that nothing owns, has no place.
      if (regarding.name === "") return;
      this.#recorder.record({ regarding, reason, action: ACTION, note });
    });
  }
}
