/** The proxy's admin API, as the verbs use it. Shape: `mesh/explain.ts`. */

import type { Address } from "../../base/address.ts";
import type { ObjectRef } from "../../mesh/destination.ts";
import type {
  ExplainedAddress,
  ExplainedBackend,
  ExplainedBreaker,
  ExplainedDestination,
  ExplainedEndpoint,
  ExplainedRule,
  ExplainedSplit,
  Explanation,
} from "../../mesh/explain.ts";
import { PORT_PROTOCOLS } from "../../mesh/port-protocol.ts";
import { CHECK_VERDICTS, type CheckAnswer, type CheckResult } from "../../mesh/self-check.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { Answer } from "./answer.ts";
import { ask, askText, type Peer } from "./ask.ts";
import { readPolicy } from "./explained-policy.ts";
import type { HttpGet } from "./http.ts";

const ENDPOINT_STATES = ["ready", "serving", "terminating", "not-ready"] as const;

export interface ExplainQuery {
  /** Null: any connection to the address. */
  readonly request: ExplainRequest | null;
  /** `host:port` that was dialled; null where a name decides. */
  readonly address: string | null;
}

export interface ExplainRequest {
  readonly method: string;
  readonly url: string;
  /** `name:value`, as they would be sent. */
  readonly headers: readonly string[];
}

export class ProxyApi {
  readonly #get: HttpGet;
  readonly #peer: Peer;

  /** `place` where it is asked through a cluster: `in pod shop/web-0`. `flag` names another. */
  constructor(get: HttpGet, address: Address, place?: string, flag: Peer["flag"] = "--admin") {
    this.#get = get;
    const peer: Peer = { name: "the proxy", flag, address };
    this.#peer = place === undefined ? peer : { ...peer, place };
  }

  version(): Promise<string> {
    return ask({ get: this.#get }, this.#peer, "/version", (answer) => answer.text("version"));
  }

  /** What it runs with, as it tells it. */
  config(): Promise<object> {
    return ask({ get: this.#get }, this.#peer, "/config", (answer) => answer.raw);
  }

  /** Prometheus text. */
  metrics(): Promise<string> {
    return askText({ get: this.#get }, this.#peer, "/metrics");
  }

  /** It may look for a moment before it answers. */
  check(): Promise<CheckAnswer> {
    return ask({ get: this.#get }, this.#peer, "/check", (answer) => ({
      checks: answer.list("checks", readCheck),
    }));
  }

  explain({ request, address }: ExplainQuery): Promise<Explanation> {
    const parts = address === null ? [] : [`address=${encodeURIComponent(address)}`];
    if (request !== null) {
      parts.push(
        `method=${encodeURIComponent(request.method)}`,
        `url=${encodeURIComponent(request.url)}`,
        ...request.headers.map((header) => `header=${encodeURIComponent(header)}`),
      );
    }
    return ask({ get: this.#get }, this.#peer, `/explain?${parts.join("&")}`, readExplanation);
  }
}

function readCheck(answer: Answer): CheckResult {
  return {
    name: answer.text("name"),
    verdict: answer.word("verdict", CHECK_VERDICTS),
    detail: answer.text("detail"),
    hint: answer.textOr("hint", ""),
  };
}

function readExplanation(answer: Answer): Explanation {
  const request = answer.object("request");
  return {
    request: {
      method: request.text("method"),
      authority: request.text("authority"),
      path: request.text("path"),
    },
    address: readOrNull(answer.objectOrNull("address"), readAddress),
    namesTried: answer.texts("namesTried").map(asKey),
    service: answer.has("service") ? asKey(answer.text("service")) : null,
    destination: readOrNull(answer.objectOrNull("destination"), readDestination),
    rules: answer.listOrEmpty("rules", readRule),
    split: readOrNull(answer.objectOrNull("split"), readSplit),
    policy: readOrNull(answer.objectOrNull("policy"), (policy) =>
      readPolicy(policy, readRef, asKey),
    ),
  };
}

function readOrNull<T>(answer: Answer | null, read: (answer: Answer) => T): T | null {
  return answer === null ? null : read(answer);
}

function readAddress(answer: Answer): ExplainedAddress {
  return {
    address: answer.text("address"),
    state: answer.word("state", ["pending", "unknown", "service", "endpoint"]),
    service: answer.has("service") ? asKey(answer.text("service")) : null,
    protocol: answer.word("protocol", PORT_PROTOCOLS),
    endpoint: readOrNull(answer.objectOrNull("endpoint"), (endpoint) => ({
      id: endpoint.text("id"),
      state: endpoint.word("state", ENDPOINT_STATES),
    })),
    ageMs: answer.numberOr("ageMs", 0),
    problem: answer.textOr("problem", ""),
  };
}

function readDestination(answer: Answer): ExplainedDestination {
  return {
    revision: answer.text("revision"),
    ageMs: answer.number("ageMs"),
    objects: answer.listOrEmpty("objects", readRef),
  };
}

function readRule(answer: Answer): ExplainedRule {
  return {
    index: answer.number("index"),
    route: answer.textOr("route", ""),
    object: readOrNull(answer.objectOrNull("object"), readRef),
    matched: answer.flag("matched"),
    failed: answer.textOr("failed", ""),
  };
}

function readSplit(answer: Answer): ExplainedSplit {
  return {
    object: readOrNull(answer.objectOrNull("object"), readRef),
    backends: answer.list("backends", readBackend),
  };
}

function readBackend(answer: Answer): ExplainedBackend {
  return {
    service: asKey(answer.text("service")),
    weight: answer.number("weight"),
    share: answer.number("share"),
    available: answer.flag("available"),
    standing: answer.textOr("standing", "live"),
    endpoints: answer.listOrEmpty("endpoints", readEndpoint),
  };
}

function readEndpoint(answer: Answer): ExplainedEndpoint {
  return {
    id: answer.text("id"),
    address: answer.text("address"),
    port: answer.number("port"),
    state: answer.word("state", ENDPOINT_STATES),
    eligible: answer.flag("eligible"),
    weight: answer.numberOr("weight", 1),
    zone: answer.textOr("zone", ""),
    rttMs: answer.number("rttMs"),
    pending: answer.number("pending"),
    load: answer.number("load"),
    kept: answer.textOr("kept", ""),
    breaker: readOrNull(answer.objectOrNull("breaker"), readBreaker),
  };
}

function readBreaker(answer: Answer): ExplainedBreaker {
  return {
    state: answer.word("state", ["closed", "open", "probing", "slow-start"]),
    reason: answer.textOr("reason", ""),
    isPenalised: answer.flag("isPenalised"),
    forMs: answer.number("forMs"),
    probeInMs: answer.number("probeInMs"),
    consecutiveFailures: answer.number("consecutiveFailures"),
  };
}

function readRef(answer: Answer): ObjectRef {
  return {
    group: answer.textOr("group", ""),
    kind: answer.text("kind"),
    namespace: answer.textOr("namespace", ""),
    name: answer.text("name"),
    generation: answer.numberOr("generation", 0),
  };
}

/** Names are only shown here: one of a form that this version does not know is still a name. */
function asKey(text: string): ServiceKey {
  return text as ServiceKey;
}
