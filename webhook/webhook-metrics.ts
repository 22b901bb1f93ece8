/** The webhook's own metrics, and the observers through which its parts count. */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Metrics } from "../base/metrics.ts";
import { VERSION } from "../base/version.ts";
import type { SettingsObserver } from "../inject/injection-settings.ts";
import type { CertificateHolder, CertificateObserver } from "./certificate/serving-certificate.ts";
import type { InjectionObserver } from "./injection/injector.ts";
import type { LookUpOutcome } from "./look-up.ts";
import type { ValidationObserver } from "./validation/validator.ts";

/** Kinds that are ours; what else is sent here is counted as other. */
const KINDS = ["RetryPolicy", "ServiceProfile", "TrafficSplit"];

/** Which part asks. */
export type LookUpSubject = "namespace" | "owner";

export interface WebhookObservers {
  readonly injection: InjectionObserver;
  readonly validation: ValidationObserver;
  readonly certificate: CertificateObserver;
  readonly settings: SettingsObserver;
  readonly lookedUp: (subject: LookUpSubject, outcome: LookUpOutcome) => void;
  /** A request that was none of an API server's. */
  readonly turnedAway: (reason: string) => void;
  readonly events: {
    readonly dropped: () => void;
    readonly failed: (cause: unknown) => void;
  };
}

export function createObservers(metrics: Metrics, log: Log): WebhookObservers {
  const lookUps = metrics.counter({
    name: "heddle_webhook_lookups_total",
    help: "Questions to the API server that a pod waited for.",
    labels: ["subject", "outcome"],
  });
  const turnedAway = metrics.counter({
    name: "heddle_webhook_turned_away_total",
    help: "Requests that were none of an API server's.",
    labels: ["reason"],
  });
  return {
    ...{ injection: observeInjection(metrics), validation: observeValidation(metrics) },
    ...{ certificate: observeCertificate(metrics, log), settings: observeSettings(metrics, log) },
    lookedUp: (subject, outcome) => lookUps.slot([subject, outcome]).add(1),
    turnedAway: (reason) => turnedAway.slot([reason]).add(1),
    events: countEvents(metrics, log),
  };
}

function observeInjection(metrics: Metrics): InjectionObserver {
  const injections = metrics.counter({
    name: "heddle_webhook_injections_total",
    help: "Pods that were asked about, by what became of them and why.",
    labels: ["outcome", "reason"],
  });
  const duration = metrics.histogram({
    name: "heddle_webhook_injection_duration_seconds",
    help: "Time to decide about a pod and to make its patch.",
  });
  return {
    injected: (outcome, reason, durationMs) => {
      injections.slot([outcome, reason]).add(1);
      duration.slot([]).record(durationMs);
    },
  };
}

function observeValidation(metrics: Metrics): ValidationObserver {
  const validations = metrics.counter({
    name: "heddle_webhook_validations_total",
    help: "Objects of our kinds that were asked about, by what was answered.",
    labels: ["kind", "outcome"],
  });
  const duration = metrics.histogram({
    name: "heddle_webhook_validation_duration_seconds",
    help: "Time to read an object, and to see it beside the others.",
  });
  return {
    validated: (kind, outcome, durationMs) => {
      validations.slot([KINDS.includes(kind) ? kind : "other", outcome]).add(1);
      duration.slot([]).record(durationMs);
    },
  };
}

function observeCertificate(metrics: Metrics, log: Log): CertificateObserver {
  const changes = metrics.counter({
    name: "heddle_webhook_certificate_changes_total",
    help: "Certificates that came, and whether they could be used.",
    labels: ["outcome"],
  });
  return {
    taken: ({ fingerprint }) => {
      changes.slot(["taken"]).add(1);
      log.info("a certificate is in use", { fingerprint });
    },
    refused: (problem) => {
      changes.slot(["refused"]).add(1);
      log.error("a certificate cannot be used, and the one before it stays", { problem });
    },
  };
}

function observeSettings(metrics: Metrics, log: Log): SettingsObserver {
  const changes = metrics.counter({
    name: "heddle_webhook_defaults_changes_total",
    help: "Readings of the defaults file that had something new, and whether it was taken.",
    labels: ["outcome"],
  });
  return {
    taken: () => changes.slot(["taken"]).add(1),
    refused: (problem) => {
      changes.slot(["refused"]).add(1);
      log.error("the defaults file has a mistake, and what held before it stays", { problem });
    },
  };
}

function countEvents(metrics: Metrics, log: Log): WebhookObservers["events"] {
  const lost = metrics.counter({
    name: "heddle_webhook_events_lost_total",
    help: "Events beyond the limit, and tries to write one that failed.",
    labels: ["reason"],
  });
  return {
    dropped: () => lost.slot(["limit"]).add(1),
    failed: (cause) => {
      lost.slot(["failed"]).add(1);
      log.debug("an Event could not be written", { cause: String(cause) });
    },
  };
}

/** What is read when somebody scrapes. */
export function observeState(
  metrics: Metrics,
  { holder, clock }: { readonly holder: CertificateHolder; readonly clock: Clock },
): void {
  metrics.observe({
    name: "heddle_webhook_certificate_not_after_seconds",
    help: "When the certificate that is shown ends, in seconds since the epoch.",
    type: "gauge",
    read: (emit) => {
      if (holder.current !== undefined) emit(holder.current.notAfterWallMs / 1000);
    },
  });
  metrics.observe({
    name: "heddle_webhook_certificate_expires_seconds",
    help: "For how long the certificate that is shown is still good; negative when it is over.",
    type: "gauge",
    read: (emit) => {
      const { current } = holder;
      if (current !== undefined) emit((current.notAfterWallMs - clock.wallMs()) / 1000);
    },
  });
  metrics.observe({
    name: "heddle_build_info",
    help: "Always 1; the label says which version runs.",
    type: "gauge",
    labels: ["version"],
    read: (emit) => emit(1, VERSION),
  });
}
