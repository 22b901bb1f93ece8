/**
 * Tries again what is safe to try again: a request of which provably not one byte reached an
 * application. That is so when connecting failed, when nothing was written, and when the proxy in
 * front of the application says so; then any method may go to another endpoint. A connection that
 * had served before and dies without a byte of answer may have delivered the request, so there
 * only an idempotent method is sent once more, and on a fresh connection (RFC 9110 section 9.2.2,
 * RFC 9112 section 9.3.1).
 */
import type { Fault } from "../../base/fault.ts";
import { FieldName } from "../../wire/http1/field-name.ts";
import { BODY_NONE, type Head } from "../../wire/http1/head.ts";
import { isIdempotentMethod } from "../../wire/http1/method.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { Layer } from "./layer.ts";

const HEDDLE_UNSENT = new FieldName("heddle-unsent");
const HEDDLE_ERROR = new FieldName("heddle-error");

/** What a meshed peer may claim to have kept from its application. */
const UNSENT_ERRORS: ReadonlySet<string> = new Set(["app-unreachable", "draining", "overloaded"]);

export class RetryLayer extends Layer {
  readonly #maxRetries: number;

  constructor(maxRetries: number) {
    super();
    this.#maxRetries = maxRetries;
  }

  override head(exchange: Exchange, head: Head): void {
    if (head.status >= 500 && saysUnsent(exchange, head) && this.#mayRepeat(exchange)) {
      this.below.cancel(exchange);
      this.#again(exchange);
      return;
    }
    this.above.head(exchange, head);
  }

  override fault(exchange: Exchange, fault: Fault): void {
    if (!exchange.answered && this.#worthAnother(exchange, fault)) this.#again(exchange);
    else this.above.fault(exchange, fault);
  }

  #worthAnother(exchange: Exchange, fault: Fault): boolean {
    if (fault.side !== "upstream") return false;
    if (!exchange.sent) return fault.code !== "no-endpoints" && this.#mayRepeat(exchange);
    const lost = fault.code === "connection-lost" && exchange.reused && !exchange.heard;
    if (!lost || exchange.lostOnce || !isIdempotentMethod(exchange.head.methodCode)) return false;
    if (exchange.head.bodyKind !== BODY_NONE) return false;
    exchange.lostOnce = true;
    return true;
  }

  /** Whether there is a try left, and the request is still whole in our hands. */
  #mayRepeat(exchange: Exchange): boolean {
    return exchange.attempt <= this.#maxRetries && exchange.bodySentBytes === 0;
  }

  #again(exchange: Exchange): void {
    exchange.failedEndpoint = exchange.endpoint;
    exchange.endpoint = null;
    this.below.start(exchange);
  }
}

/** Only a peer that is known to be a proxy of ours is believed. */
function saysUnsent(exchange: Exchange, head: Head): boolean {
  if (exchange.endpoint?.endpoint.proxied !== true) return false;
  const flag = head.find(HEDDLE_UNSENT);
  const reason = head.find(HEDDLE_ERROR);
  if (flag < 0 || reason < 0) return false;
  return head.valueText(flag) === "1" && UNSENT_ERRORS.has(head.valueText(reason));
}
