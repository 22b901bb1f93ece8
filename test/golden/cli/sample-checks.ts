/** What a proxy finds when it looks at itself: once all is well, once hardly anything. */
import { VERSION } from "../../../base/version.ts";
import type { CheckAnswer } from "../../../mesh/self-check.ts";
import { describeOutcome } from "../../../proxy/transparent/interception-outcome.ts";

const PROBE = { host: "192.0.2.1", port: 4_199, outboundPort: 4_140, userId: 2_102 };

export const SAMPLE_PROXY = { "4191/version": { program: "proxy", version: VERSION } };

export const CHECKS: CheckAnswer = {
  checks: [
    { name: "ready", verdict: "ok", detail: "ready for traffic", hint: "" },
    { name: "interception-ipv4", verdict: "ok", ...describeOutcome("proven", PROBE) },
    {
      name: "operator-connected",
      verdict: "ok",
      detail: "connected to the operator at ws://127.0.0.1:4190",
      hint: "",
    },
    { name: "open-files", verdict: "ok", detail: "24 of 1048576 open files are in use", hint: "" },
  ],
};

export const FAILED_CHECKS: CheckAnswer = {
  checks: [
    {
      name: "ready",
      verdict: "failed",
      detail: "not ready: the operator has not been heard yet",
      hint: "",
    },
    { name: "interception-ipv4", verdict: "failed", ...describeOutcome("timeout", PROBE) },
    {
      name: "open-files",
      verdict: "warning",
      detail: "24 of 1024 open files are in use",
      hint: "raise its limit of open files (ulimit -n, LimitNOFILE= of systemd)",
    },
  ],
};
