/**
 * The two load tools, both written by others: wrk for saturation, fortio for latency at a fixed
 * rate. Each runs for a bounded time on the load core, and any failed request fails the run.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runToEnd } from "../../tools/parts/run-to-end.ts";
import { HOST, PATH } from "./contender.ts";

/** What a load tool may take beyond its duration. */
const SLACK_MS = 15_000;

/** Of a thousand connections, some wait long for wrk itself, which shares its core. */
const LATE_ANSWER = "10s";

export interface Saturation {
  readonly requestCount: number;
  readonly requestsPerSecond: number;
}

export interface Latency {
  readonly requestCount: number;
  /** What was reached; below what was asked for when the load core is short of time. */
  readonly requestsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
}

export interface LoadTools {
  readonly wrk: string;
  /** Absent where it could not be had: then no latency is measured. */
  readonly fortio?: string;
  readonly core: number;
  /** A folder for what the tools write. */
  readonly folder: string;
}

export async function saturate(
  tools: LoadTools,
  port: number,
  connections: number,
  durationS: number,
): Promise<Saturation> {
  const printed = await runToEnd(
    [
      "taskset",
      ...["-c", String(tools.core), tools.wrk],
      ...["-t1", `-c${connections}`, `-d${durationS}s`, "--timeout", LATE_ANSWER],
      ...["-H", `Host: ${HOST}`],
      `http://127.0.0.1:${port}${PATH}`,
    ],
    durationS * 1000 + SLACK_MS,
  );
  return parseWrk(printed);
}

/** Throws when any request failed: figures of a failing proxy are worthless. */
export function parseWrk(printed: string): Saturation {
  const failure = /Non-2xx.*|Socket errors:.*/.exec(printed)?.[0];
  if (failure !== undefined) throw new Error(`wrk: ${failure}`);
  const requestCount = Number(/(\d+) requests in/.exec(printed)?.[1]);
  const requestsPerSecond = Number(/Requests\/sec:\s*([\d.]+)/.exec(printed)?.[1]);
  if (!(requestCount > 0 && requestsPerSecond > 0)) throw new Error(`wrk printed: ${printed}`);
  return { requestCount, requestsPerSecond };
}

/**
 * A constant rate, the connections out of step with one another. A connection that was held up
 * sends what it missed at once, and every connection feels a stall of the proxy: at 64 connections
 * stalls longer than a connection's own interval are counted once for each of the 64.
 */
export async function loadAtRate(
  tools: LoadTools,
  port: number,
  connections: number,
  rate: number,
  durationS: number,
): Promise<Latency> {
  if (tools.fortio === undefined) throw new Error("fortio is not there");
  const report = join(tools.folder, "fortio.json");
  await runToEnd(
    [
      "taskset",
      ...["-c", String(tools.core), tools.fortio, "load", "-quiet", "-uniform"],
      ...["-qps", String(rate), "-c", String(connections), "-t", `${durationS}s`],
      ...["-r", "0.00001", "-p", "50,99,99.9", "-H", `Host: ${HOST}`, "-json", report],
      `http://127.0.0.1:${port}${PATH}`,
    ],
    durationS * 1000 + SLACK_MS,
  );
  return parseFortio(JSON.parse(await readFile(report, "utf8")));
}

interface FortioReport {
  readonly ActualQPS: number;
  readonly RetCodes: Readonly<Record<string, number>>;
  readonly DurationHistogram: {
    readonly Count: number;
    readonly Percentiles: readonly { readonly Percentile: number; readonly Value: number }[];
  };
}

/** Throws when any request was answered with anything but 200. */
export function parseFortio(value: unknown): Latency {
  // The report of a program that we started, of a version that we chose.
  const report = value as FortioReport;
  const codes = Object.keys(report.RetCodes);
  if (codes.some((code) => code !== "200")) {
    throw new Error(`fortio: not only 200 but ${JSON.stringify(report.RetCodes)}`);
  }
  const percentile = (wanted: number): number => {
    const found = report.DurationHistogram.Percentiles.find((one) => one.Percentile === wanted);
    if (found === undefined) throw new Error(`fortio did not report percentile ${wanted}`);
    return Math.round(found.Value * 1e6);
  };
  return {
    requestCount: report.DurationHistogram.Count,
    requestsPerSecond: report.ActualQPS,
    p50Us: percentile(50),
    p99Us: percentile(99),
    p999Us: percentile(99.9),
  };
}
