/**
 * Flags that several programs have: `heddle run` passes them on to the operator and the proxy that
 * it starts, so that each must mean the same, and take the same, in all of them.
 */

export const logLevelFlag = {
  kind: "enum",
  values: ["debug", "info", "warn", "error"],
  default: "info",
  help: "the least important messages to show",
} as const;

export const logFormatFlag = {
  kind: "enum",
  values: ["text", "json"],
  default: "text",
  help: "form of the log",
} as const;

export const accessLogFlag = {
  kind: "enum",
  values: ["off", "text", "json"],
  default: "off",
  help: "one line for every request",
} as const;

/** Threads beyond the machine's cores only wait for each other. */
const WORKERS_MAX = 64;

export const workersFlag = {
  kind: "integer",
  value: "NUMBER",
  min: 1,
  max: WORKERS_MAX,
  default: "1",
  help: "threads that serve, for machines on which one core is not enough",
} as const;

/** Of `heddle run` and `heddle proxy`; of these, the latter alone knows the second. */
const APP_NEEDS = ["app", "transparent"] as const;

/** How many requests an application behind the inbound listener gets at a time. */
export const appLimitFlags = {
  "app-concurrency": {
    kind: "integer",
    needs: APP_NEEDS,
    min: 1,
    max: 1_000_000,
    help: "requests that each --app gets at a time; others wait, or are refused (503)",
  },
  "app-adaptive": {
    kind: "boolean",
    needs: APP_NEEDS,
    help: "find that number from how latency answers to load, up to --app-concurrency",
  },
  "app-queue": {
    kind: "integer",
    needs: APP_NEEDS,
    min: 0,
    max: 1_000_000,
    default: "64",
    help: "requests that may wait for each --app when that number is reached",
  },
  "app-queue-timeout": {
    kind: "duration",
    needs: APP_NEEDS,
    default: "1s",
    help: "how long a request waits at most",
  },
} as const;
