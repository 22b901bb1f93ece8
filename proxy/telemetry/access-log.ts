/** One line for each exchange, after it ended, whatever became of it. */
import type { Clock } from "../../base/clock.ts";
import { formatTimestamp } from "../../base/timestamp.ts";
import { type Exchange, INBOUND } from "../exchange/exchange.ts";

export type AccessLogFormat = "json" | "text";

export interface AccessLogDeps {
  readonly clock: Clock;
  readonly format: AccessLogFormat;
  /** Takes one whole line. */
  readonly write: (line: string) => void;
}

/** What a caller may put into one line; longer texts are cut. */
const TEXT_CHARS_MAX = 2_048;

export class AccessLog {
  readonly #deps: AccessLogDeps;

  constructor(deps: AccessLogDeps) {
    this.#deps = deps;
  }

  record(exchange: Exchange): void {
    const entry = describe(exchange, this.#deps.clock);
    this.#deps.write(
      this.#deps.format === "json" ? `${JSON.stringify(entry)}\n` : `${formatEntry(entry)}\n`,
    );
  }
}

interface AccessEntry {
  readonly time: string;
  readonly direction: "inbound" | "outbound";
  readonly method: string;
  readonly authority: string;
  readonly target: string;
  readonly service: string;
  readonly route: string;
  readonly backend: string;
  readonly endpoint: string;
  readonly status: number;
  readonly fault: string;
  readonly attempts: number;
  readonly requestBytes: number;
  readonly answerBytes: number;
  readonly firstByteMs: number;
  readonly totalMs: number;
}

function describe(exchange: Exchange, clock: Clock): AccessEntry {
  const { head, destination, route, backend, endpoint } = exchange;
  const firstMs = exchange.answeredMs > 0 ? exchange.answeredMs : exchange.endedMs;
  return {
    time: formatTimestamp(clock.wallMs()),
    direction: exchange.direction === INBOUND ? "inbound" : "outbound",
    method: head.methodText(),
    authority: head.authorityText().slice(0, TEXT_CHARS_MAX),
    target: head.targetText().slice(0, TEXT_CHARS_MAX),
    service: destination?.key ?? "",
    route: route?.rule.route ?? "",
    backend: backend?.key ?? "",
    endpoint: endpoint?.endpoint.id ?? "",
    status: exchange.status,
    fault: exchange.fault?.code ?? "",
    attempts: exchange.attempt,
    requestBytes: exchange.requestBytes,
    answerBytes: exchange.answerBytes,
    firstByteMs: round(firstMs - exchange.startedMs),
    totalMs: round(exchange.endedMs - exchange.startedMs),
  };
}

function round(durationMs: number): number {
  return Math.round(durationMs * 1_000) / 1_000;
}

/** Quoted where a caller's text could otherwise be taken for something else. */
function formatEntry(entry: AccessEntry): string {
  const request = JSON.stringify(`${entry.method} ${entry.target}`);
  return [
    entry.time,
    entry.direction,
    JSON.stringify(entry.authority),
    request,
    entry.status,
    entry.fault || "-",
    entry.route === "" ? "-" : JSON.stringify(entry.route),
    entry.backend || "-",
    entry.endpoint || "-",
    `attempts=${entry.attempts}`,
    `bytes=${entry.requestBytes}/${entry.answerBytes}`,
    `ms=${entry.firstByteMs}/${entry.totalMs}`,
  ].join(" ");
}
