/** Where the publisher hands on what proxies report about their traffic. */
import type { StatReport } from "../../mesh/stat-report.ts";
import type { SessionInfo } from "../publish/resources.ts";

export interface StatSink {
  /** The report's shape has been validated; `session` says whose it is. */
  reported(session: SessionInfo, report: StatReport): void;
}
