/** Where the publisher hands on what proxies report about their traffic. */
import type { StatReport } from "../../mesh/stat-report.ts";
import type { SessionId } from "../publish/resources.ts";

export interface StatSink {
  /** The report has been validated; `session` says whose it is. */
  reported(session: SessionId, report: StatReport): void;
}
