/**
 * The probes of everything that Heddle runs. They are patient, because what a probe of ours sees is
 * nearly always a node whose processors are all taken: then every answer is late, and whoever calls
 * the pod unready, or starts it anew, takes more from it than the wait did. Who fails requests is
 * found out by those who send them, and sooner.
 */
import type { Fields } from "./pod.ts";

/** A late answer is one. On a node that is not starved each takes a millisecond. */
const ANSWER_SECONDS_MAX = 5;

/** Long enough for a node that starts hundreds of pods at once. */
const STARTUP_SECONDS_MIN = 120;

/** Half a minute; to be ready again takes one answer. */
const READINESS_PERIOD_SECONDS = 5;
const READINESS_FAILURES_MAX = 6;

/**
 * Two minutes without one answer in ten seconds: it hangs. Long after it is no longer ready, for to
 * begin anew costs what is under way, and more processor time than there is.
 */
const LIVENESS_PERIOD_SECONDS = 10;
const LIVENESS_SECONDS_MAX = 10;
const LIVENESS_FAILURES_MAX = 12;

export interface ProbedDoor {
  /** Its number, or its name among the container's ports. */
  readonly port: number | string;
  /** What must be answered before the next container starts. */
  readonly startupPath: "/live" | "/ready";
}

export function patientProbes({ port, startupPath }: ProbedDoor): Fields {
  const httpGet = (path: string): Fields => ({ path, port, scheme: "HTTP" });
  return {
    startupProbe: {
      httpGet: httpGet(startupPath),
      periodSeconds: 1,
      timeoutSeconds: ANSWER_SECONDS_MAX,
      failureThreshold: STARTUP_SECONDS_MIN,
    },
    readinessProbe: {
      httpGet: httpGet("/ready"),
      periodSeconds: READINESS_PERIOD_SECONDS,
      timeoutSeconds: ANSWER_SECONDS_MAX,
      failureThreshold: READINESS_FAILURES_MAX,
    },
    livenessProbe: {
      httpGet: httpGet("/live"),
      periodSeconds: LIVENESS_PERIOD_SECONDS,
      timeoutSeconds: LIVENESS_SECONDS_MAX,
      failureThreshold: LIVENESS_FAILURES_MAX,
    },
  };
}
