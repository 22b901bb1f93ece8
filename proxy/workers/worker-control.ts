/**
 * A worker's way to the operator: the main thread, which holds the one connection there is. Nothing
 * here can be lost or fall silent, so that there is nothing to greet, to resume or to try again;
 * what is known of the operator itself is what the main thread last said.
 */

import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { ProxyMessage } from "../../mesh/control-messages.ts";
import { decodeOperatorMessage } from "../../mesh/decode-message.ts";
import type { StatReport } from "../../mesh/stat-report.ts";
import type { ControlStatus, OperatorLink } from "../control/client.ts";
import type { Configuration } from "../control/configuration.ts";
import type { AddressSource } from "../control/watched-addresses.ts";
import type { OperatorWord } from "./worker-messages.ts";

export interface WorkerControlDeps {
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly log: Log;
  readonly post: (text: string) => void;
}

const NEVER_HEARD: ControlStatus = {
  state: "stopped",
  address: "",
  operator: null,
  lastMessageAgeMs: null,
  sessions: 0,
  reportsSent: 0,
  reportsDropped: 0,
};

export class WorkerControl implements OperatorLink {
  readonly #deps: WorkerControlDeps;
  #word: OperatorWord = { status: null, addressSource: "away" };
  #wordMs = 0;

  constructor(deps: WorkerControlDeps) {
    this.#deps = deps;
  }

  start(): void {
    const send = (message: ProxyMessage) => this.#deps.post(JSON.stringify(message));
    // The main thread may hold what was asked for, whatever an operator could tell.
    this.#deps.configuration.attach({ takesAddresses: true, send });
  }

  stop(): void {
    this.#deps.configuration.endSession();
  }

  status(): ControlStatus {
    const { status } = this.#word;
    if (status === null) return NEVER_HEARD;
    const { lastMessageAgeMs: ageMs } = status;
    const sinceMs = this.#deps.clock.nowMs() - this.#wordMs;
    return { ...status, lastMessageAgeMs: ageMs === null ? null : ageMs + sinceMs };
  }

  get addressSource(): AddressSource {
    return this.#word.addressSource;
  }

  /** The main thread adds it to those of the others, and drops it where there is no room. */
  sendReport(body: StatReport): boolean {
    this.#deps.post(JSON.stringify({ message: "report", kind: "stats", body }));
    return true;
  }

  /** The main thread says how things stand with the operator. */
  told(word: OperatorWord): void {
    this.#word = word;
    this.#wordMs = this.#deps.clock.nowMs();
  }

  /** The main thread passes on what the operator has said. */
  heard(text: string): void {
    const message = decodeOperatorMessage(text);
    if (message.message === "snapshot") this.#deps.configuration.receive(message, text);
    else this.#deps.log.error("a worker cannot read its configuration", { what: message.message });
  }
}
