/**
 * The way in, in front of the applications of this workload. Of those that are named by `--app`
 * the service decides that the caller names; what is not one of them is refused, for a proxy must
 * not carry strangers on. Connections that were redirected bring their application with them.
 */
import { Fault } from "../../base/fault.ts";
import { parseServiceKey, type ServiceKey } from "../../mesh/service-key.ts";
import { METHOD_CONNECT } from "../../wire/http1/method.ts";
import type { ExchangeService, ServerConnection } from "../connection/server-connection.ts";
import { type Exchange, INBOUND } from "../exchange/exchange.ts";
import type { RecordDeps } from "../layers/record.ts";
import { refuseExchange } from "../layers/refuse.ts";
import { OpenConnections } from "../lifecycle/open-connections.ts";
import type { Identifier } from "../outbound/identify.ts";
import type { InboundApp, InboundApps } from "./inbound-apps.ts";
import type { ParsedApp } from "./parse-apps.ts";

export interface InboundDeps {
  readonly apps: InboundApps;
  /** Those that callers may name. */
  readonly named: readonly ParsedApp[];
  readonly identifier: Identifier;
  readonly record: RecordDeps;
}

export class Inbound implements ExchangeService {
  readonly direction = INBOUND;
  readonly connections = new OpenConnections();
  readonly apps: InboundApps;
  readonly #named: readonly InboundApp[];
  readonly #deps: InboundDeps;

  constructor(deps: InboundDeps) {
    this.#deps = deps;
    this.apps = deps.apps;
    this.#named = deps.named.map((app) => deps.apps.open(app));
  }

  get draining(): boolean {
    return this.connections.leaving;
  }

  start(exchange: Exchange): void {
    if (exchange.head.methodCode === METHOD_CONNECT) {
      this.refuseConnect(exchange);
      return;
    }
    const app = this.#appOf(exchange);
    if (app !== undefined) this.serve(exchange, app);
    else this.#refuse(exchange, new Fault("unknown-service", "it is not served here"));
  }

  /** Gives an exchange to an application. */
  serve(exchange: Exchange, app: InboundApp): void {
    this.apps.touch(app, exchange.startedMs);
    exchange.destination = app.stack;
    app.stack.top.start(exchange);
  }

  refuseConnect(exchange: Exchange): void {
    this.#refuse(exchange, new Fault("connect-not-allowed", "not in front of an application"));
  }

  cancel(exchange: Exchange): void {
    exchange.destination?.top.cancel(exchange);
  }

  refused(fault: Fault): void {
    this.#deps.record.faults.count(INBOUND, fault);
  }

  closed(connection: ServerConnection): void {
    this.connections.delete(connection);
  }

  /** With a single application, whoever comes means it, whatever name was used. */
  #appOf(exchange: Exchange): InboundApp | undefined {
    const { identifier } = this.#deps;
    if (this.#named.length === 1) return this.#named[0];
    const { authority } = identifier.identify(exchange.head);
    return this.#named.find(({ service }) =>
      authority?.candidates.some((candidate) => isSameService(candidate, service)),
    );
  }

  #refuse(exchange: Exchange, fault: Fault): void {
    refuseExchange(exchange, fault, this.#deps.record);
  }
}

/** Ports aside: the caller's port is the service's, and the proxy stands behind another. */
function isSameService(one: ServiceKey, other: ServiceKey): boolean {
  const a = parseServiceKey(one);
  const b = parseServiceKey(other);
  return a !== undefined && a.name === b?.name && a.namespace === b.namespace;
}
