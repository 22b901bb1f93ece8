/**
 * The reference of error codes, from the one table of faults. What makes each of them happen is
 * told here; the compiler asks for a text as soon as there is a new code.
 */
import { FAULT_CODES, FAULTS, type FaultCode } from "../../base/fault.ts";

const INTRODUCTION = `
# Error codes

Made from \`base/fault.ts\` by \`make generate\`.

When the mesh itself fails a request it answers with one of these codes in the header
\`heddle-error\`, the status beside it, and one line of text that says what happened and what to do.
An answer without that header came from the application. When an answer had already begun, the
connection is cut instead, so that the caller can tell. Either way the access log has the code, and
\`heddle_faults_total{direction,code}\` counts it.

**Side** says whose doing it was: the caller's (\`downstream\`), the endpoint's (\`upstream\`), or the
mesh's own (\`self\`). **Send again** says whether a caller may repeat the request as it is:
\`if idempotent\` means that the endpoint may have acted on it.
`;

const CLOSING = `
An inbound proxy that could not reach its application adds \`heddle-unsent: 1\`: the application
never saw the request, so that the caller's proxy may try another endpoint whatever the method. It
believes this only of endpoints that are known to have a proxy. \`heddle-\` headers that come from
applications, or from outside the mesh, are removed.
`;

const OCCASIONS: Readonly<Record<FaultCode, string>> = {
  "bad-request": "The request's syntax or framing is wrong, or ambiguous.",
  "head-timeout": "The head of a request was not whole in time.",
  "body-timeout": "The body of a request stood still, or came too slowly.",
  "head-too-large": "The head of a request is longer, or has more fields, than is allowed.",
  "target-too-long": "The request's target is longer than is allowed.",
  "unsupported-coding": "The request has a transfer coding other than `chunked`.",
  "unsupported-version": "The request is of another major version of HTTP.",
  "connect-not-allowed": "CONNECT came to the proxy in front of an application.",
  "client-gone": "The caller closed its connection, or its sending side, before the answer's end.",
  "unknown-service": "The name in Host or in the target is no service of the mesh.",
  "no-config": "The proxy has not been told of this service within a second.",
  "no-endpoints": "The backend has no endpoint, or none that is ready.",
  "backend-invalid": "The rule that matched has no backend that exists, or cannot be used.",
  "connect-failed": "The endpoint refused the connection, or could not be reached.",
  "connect-timeout": "The endpoint did not take the connection in time.",
  "connection-lost": "The endpoint closed the connection before its answer was whole.",
  "upstream-protocol": "The endpoint's answer is not valid HTTP/1, or passes a limit.",
  "request-timeout": "The route's `timeouts.request` passed, over all tries.",
  "response-timeout": "The route's `timeouts.response` passed before the answer began.",
  "per-try-timeout":
    "A try was not answered within the policy's `perTryTimeout`; no other followed.",
  "idle-timeout": "No byte moved either way for the route's `timeouts.idle`.",
  "deadline-exceeded": "The caller's own deadline had passed.",
  "app-unreachable": "The application behind an inbound proxy refused the connection.",
  "loop-detected": "The name leads back to the proxy that was asked.",
  overloaded: "Too many requests are under way or wait, or one could not be served in time.",
  "rate-limited": "The route's `rateLimit`, of all callers or of this one, is used up.",
  "abort-injected": "The route's `faults.abort` took this request. The status is the route's.",
  draining: "The proxy is about to stop and takes no more requests.",
  internal: "Something happened in the proxy that must not.",
};

const SEND_AGAIN = { no: "no", "if-idempotent": "if idempotent", yes: "yes" } as const;

export function errorCodesPage(): string {
  const rows = FAULT_CODES.map((code) => {
    const { status, side, retry, hint } = FAULTS[code];
    // Nobody is there to read it.
    const shown = code === "client-gone" ? `${status}, in logs only` : String(status);
    const cells = [`\`${code}\``, shown, side, SEND_AGAIN[retry], OCCASIONS[code], hint];
    return `| ${cells.join(" | ")} |`;
  });
  const head = "| code | status | side | send again | what happened | what to do |";
  const table = [head, "| --- | --- | --- | --- | --- | --- |", ...rows].join("\n");
  return `${[INTRODUCTION.trim(), table, CLOSING.trim()].join("\n\n")}\n`;
}
