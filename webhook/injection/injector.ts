/**
 * Answers what the API server asks about a pod that is to be made: with the patch that puts the
 * proxy into it, with nothing, or, for the one kind of pod that would do harm, with a refusal.
 * Whatever goes wrong here, the pod is let through as it is: that is counted, logged, and told.
 */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { createPatch } from "../../inject/create-patch.ts";
import {
  decideInjection,
  describeProblem,
  type InjectionPolicy,
  type NamespaceFacts,
  type SkippedInjection,
} from "../../inject/decide-injection.ts";
import { injectPod } from "../../inject/inject-pod.ts";
import { findOwner } from "../../inject/owner.ts";
import { type Pod, parsePod } from "../../inject/pod.ts";
import type { AnnotationProblem } from "../../inject/read-options.ts";
import { allow, type Review, type ReviewAnswer } from "../review.ts";
import type { InjectionNews } from "./injection-news.ts";
import type { NamespaceLookup } from "./namespace-lookup.ts";
import type { OwnerLookup } from "./owner-lookup.ts";

export type InjectionOutcome = "injected" | "unchanged" | "skipped" | "refused" | "failed";

export interface InjectionObserver {
  /** `reason` is a skip reason or what failed; empty where nothing has to be said. */
  injected(outcome: InjectionOutcome, reason: string, durationMs: number): void;
}

export interface InjectorOptions {
  readonly namespaces: NamespaceLookup;
  readonly owners: OwnerLookup;
  /** Read for each pod: the defaults of the installation may change. */
  readonly policy: () => InjectionPolicy;
  readonly news: InjectionNews;
  readonly observer: InjectionObserver;
  readonly clock: Clock;
  readonly log: Log;
}

interface Result {
  readonly outcome: InjectionOutcome;
  readonly reason: string;
  readonly answer: ReviewAnswer;
}

export class Injector {
  readonly #options: InjectorOptions;

  constructor(options: InjectorOptions) {
    this.#options = options;
  }

  async review(review: Review): Promise<ReviewAnswer> {
    const { clock, observer } = this.#options;
    const startMs = clock.nowMs();
    const { outcome, reason, answer } = await this.#answer(review);
    observer.injected(outcome, reason, clock.nowMs() - startMs);
    return answer;
  }

  async #answer(review: Review): Promise<Result> {
    // Nothing else is asked for; a configuration that others have written may be wider.
    if (review.kind !== "Pod" || review.group !== "" || review.operation !== "CREATE") {
      return { outcome: "skipped", reason: "no-pod", answer: allow() };
    }
    let namespace = this.#options.namespaces.find(review.namespace);
    try {
      namespace ??= await this.#options.namespaces.ask(review.namespace);
    } catch (cause) {
      return this.#failed(review, "namespace-unknown", cause);
    }
    try {
      return await this.#decide(review, namespace);
    } catch (cause) {
      return this.#failed(review, "defect", cause);
    }
  }

  async #decide(review: Review, namespace: NamespaceFacts): Promise<Result> {
    const parsed = parsePod(review.object);
    if ("problem" in parsed) {
      // The API server is about to find out the same, and says it better.
      return { outcome: "skipped", reason: "no-pod", answer: allow() };
    }
    const { pod } = parsed;
    const decision = decideInjection(pod, namespace, this.#options.policy());
    if (!decision.inject) return this.#skip(review, pod, decision);
    const { options, notes } = decision;
    const { owners, news } = this.#options;
    const owner = review.isDryRun ? findOwner(pod) : await owners.find(pod, review.namespace);
    const patch = createPatch(pod, injectPod(pod, options, owner));
    if (notes.length > 0 && !review.isDryRun) news.noted(review, pod, notes.map(describeNote));
    const warnings = notes.map(describeNote);
    const outcome = patch.length === 0 ? "unchanged" : "injected";
    return { outcome, reason: "", answer: allow(warnings, patch) };
  }

  #skip(review: Review, pod: Pod, decision: SkippedInjection): Result {
    const { reason, detail, mend, isMeant, isRefused } = decision;
    if (isMeant) return { outcome: "skipped", reason, answer: allow() };
    const message = describeSkip(detail, mend);
    if (!review.isDryRun) this.#options.news.skipped(review, pod, message, isRefused);
    if (!isRefused) {
      const warnings = [`no proxy is injected into this pod: ${message}`];
      return { outcome: "skipped", reason, answer: allow(warnings) };
    }
    const refusal = { allowed: false, message, causes: [], warnings: [] } as const;
    return { outcome: "refused", reason, answer: refusal };
  }

  #failed(review: Review, reason: string, cause: unknown): Result {
    const { namespace, name } = review;
    const text = cause instanceof Error ? cause.message : String(cause);
    const stack = reason === "defect" && cause instanceof Error ? cause.stack : undefined;
    this.#options.log.error("a pod is let through without a look at it", {
      ...{ namespace, pod: name, reason, cause: text, stack },
    });
    const warnings = [`no proxy is injected into this pod, if it wanted one: ${text}`];
    return { outcome: "failed", reason, answer: allow(warnings) };
  }
}

export function describeSkip(detail: string, mend: string): string {
  return mend === "" ? detail : `${detail} (${mend})`;
}

function describeNote(note: AnnotationProblem): string {
  return describeSkip(describeProblem(note), note.hint);
}
