/** What certificates and tokens do, for whoever watches the operator. */
import type { Log } from "../../base/log.ts";
import type { Metrics } from "../../base/metrics.ts";
import { KubeError } from "../../kube/kube-error.ts";
import type { KeeperObserver } from "./certificate-keeper.ts";
import type { TokenObserver } from "./token-authenticator.ts";

export function createTokenObserver(metrics: Metrics): TokenObserver {
  const reviews = metrics.counter({
    name: "heddle_operator_token_reviews_total",
    help: "Questions to the API server about tokens, by what came of them.",
    labels: ["outcome"],
  });
  const duration = metrics.histogram({
    name: "heddle_operator_token_review_duration_seconds",
    help: "Time that a question about a token took.",
  });
  const unasked = metrics.counter({
    name: "heddle_operator_tokens_unasked_total",
    help: "Tokens about which nothing was asked: remembered, or trusted without an API server.",
    labels: ["reason"],
  });
  return {
    reviewed: (outcome, tookMs) => {
      reviews.slot([outcome]).add(1);
      duration.slot([]).record(tookMs);
    },
    remembered: () => unasked.slot(["remembered"]).add(1),
    trusted: () => unasked.slot(["trusted"]).add(1),
  };
}

export function createKeeperObserver(metrics: Metrics, log: Log): KeeperObserver {
  const writes = metrics.counter({
    name: "heddle_operator_certificate_writes_total",
    help: "Certificates that were brought to where they are needed.",
    labels: ["object"],
  });
  const failures = metrics.counter({
    name: "heddle_operator_certificate_write_failures_total",
    help: "Certificates that could not be, by the API server's word for it or ours.",
    labels: ["object", "reason"],
  });
  return {
    written: (what) => writes.slot([what]).add(1),
    failed: (what, error) => {
      const reason = error instanceof KubeError && error.reason !== "" ? error.reason : "Other";
      failures.slot([what, reason]).add(1);
      log.warn("a certificate cannot be brought to where it is needed", {
        object: what,
        cause: error instanceof Error ? error.message : String(error),
      });
    },
  };
}

/** When each ends, since the epoch; undefined for one that is not there. */
export interface CertificateEnds {
  readonly root: number | undefined;
  readonly control: number | undefined;
  readonly webhook: number | undefined;
}

export function observeCertificates(metrics: Metrics, ends: () => CertificateEnds): void {
  metrics.observe({
    name: "heddle_operator_certificate_not_after_seconds",
    help: "When a certificate ends, since the epoch: the root that is issued from, and others.",
    type: "gauge",
    labels: ["certificate"],
    read: (emit) => {
      for (const [name, wallMs] of Object.entries(ends())) {
        if (wallMs !== undefined) emit(wallMs / 1000, name);
      }
    },
  });
}
