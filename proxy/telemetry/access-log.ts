/**
 * One line for each exchange, and for each connection that is carried as it is, after it ended,
 * whatever became of it.
 */
import type { Clock } from "../../base/clock.ts";
import { formatTimestamp } from "../../base/timestamp.ts";
import { type Direction, type Exchange, INBOUND } from "../exchange/exchange.ts";
import type { TcpRecord } from "./tcp-recorder.ts";

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

  recordConnection(record: TcpRecord): void {
    const entry = describeConnection(record, this.#deps.clock);
    const isJson = this.#deps.format === "json";
    this.#deps.write(`${isJson ? JSON.stringify(entry) : formatConnection(entry)}\n`);
  }
}

/** Fields that a request has too are named as they are there. */
interface ConnectionEntry {
  readonly time: string;
  readonly direction: "inbound" | "outbound";
  readonly protocol: "tcp";
  readonly client: string;
  readonly originalDestination: string;
  readonly sni: string;
  readonly service: string;
  readonly route: string;
  readonly backend: string;
  readonly endpoint: string;
  readonly reason: string;
  readonly fault: string;
  readonly attempts: number;
  readonly requestBytes: number;
  readonly answerBytes: number;
  /** Until an endpoint took the connection, or none had. */
  readonly connectMs: number;
  readonly totalMs: number;
}

function describeConnection(record: TcpRecord, clock: Clock): ConnectionEntry {
  const { startedMs, connectedMs, endedMs } = record;
  return {
    time: formatTimestamp(clock.wallMs()),
    direction: directionName(record.direction),
    protocol: "tcp",
    client: record.client,
    originalDestination: record.originalDestination,
    sni: record.sni.slice(0, TEXT_CHARS_MAX),
    service: record.service,
    route: record.route,
    backend: record.backend,
    endpoint: record.endpoint,
    reason: record.end,
    fault: record.fault?.code ?? "",
    attempts: record.attempts,
    requestBytes: record.requestBytes,
    answerBytes: record.answerBytes,
    connectMs: round((connectedMs > 0 ? connectedMs : endedMs) - startedMs),
    totalMs: round(endedMs - startedMs),
  };
}

function formatConnection(entry: ConnectionEntry): string {
  return [
    entry.time,
    entry.direction,
    "tcp",
    entry.sni === "" ? "-" : JSON.stringify(entry.sni),
    entry.originalDestination || "-",
    entry.reason,
    entry.fault || "-",
    entry.route === "" ? "-" : JSON.stringify(entry.route),
    entry.backend || "-",
    entry.endpoint || "-",
    `attempts=${entry.attempts}`,
    `bytes=${entry.requestBytes}/${entry.answerBytes}`,
    `ms=${entry.connectMs}/${entry.totalMs}`,
  ].join(" ");
}

function directionName(direction: Direction): "inbound" | "outbound" {
  return direction === INBOUND ? "inbound" : "outbound";
}

interface AccessEntry {
  readonly time: string;
  readonly direction: "inbound" | "outbound";
  readonly originalDestination: string;
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
    direction: directionName(exchange.direction),
    originalDestination: exchange.originalDestination,
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
    entry.originalDestination || "-",
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
