/**
 * The applications behind this proxy. Each is served from the first moment on, with nothing known
 * but its address; once the operator has told what its service is, its routes have names and
 * limits here as they have at its callers.
 */
import type { Address } from "../../base/address.ts";
import type { Log } from "../../base/log.ts";
import { noRegexes, type RegexCompiler } from "../../mesh/regex-engine.ts";
import type { Concurrency } from "../../mesh/route-behaviour.ts";
import { needsRegexEngine } from "../../mesh/rule-expressions.ts";
import { formatServiceKey, type ServiceKey } from "../../mesh/service-key.ts";
import type { Configuration } from "../control/configuration.ts";
import type { DestinationState, LiveDestination } from "../control/held.ts";
import type { ConfigurationListener } from "../control/intake.ts";
import type { DestinationStack } from "../exchange/stacks.ts";
import type { Stream } from "../net/stream.ts";
import type { FixedStack } from "../outbound/compose-fixed.ts";
import { inboundDestination } from "./inbound-destination.ts";
import type { ParsedApp } from "./parse-apps.ts";

/** An application in use says so to the configuration no more often than this. */
const TOUCH_MS = 5_000;

/** What applications count as of which no service is known: all of them are one in metrics. */
export const UNNAMED_SERVICE = formatServiceKey({
  scheme: "local",
  namespace: "",
  name: "unnamed",
  port: 1,
});

export interface InboundAppsDeps {
  readonly open: (app: ParsedApp, concurrency: Concurrency) => FixedStack;
  readonly configuration: Configuration;
  readonly log: Log;
  readonly loadRegexes: () => Promise<RegexCompiler>;
  /** Of each application. */
  readonly concurrency: Concurrency;
}

/** One application behind this proxy. */
export class InboundApp {
  readonly service: ServiceKey;
  stack: DestinationStack;
  /** What the configuration said last. */
  state: DestinationState = "pending";
  /** The configuration tells its changes. */
  followed = false;
  touchedMs = Number.NEGATIVE_INFINITY;
  readonly #fixed: FixedStack;
  readonly #deps: InboundAppsDeps;

  constructor(app: ParsedApp, deps: InboundAppsDeps) {
    this.service = app.service;
    this.#deps = deps;
    this.#fixed = deps.open(app, deps.concurrency);
    this.stack = this.#fixed.stack;
  }

  /** What was served before is served until this one can be. */
  compose({ destination, revision }: LiveDestination, regexes: RegexCompiler): void {
    const before = this.stack;
    const rules = inboundDestination(destination, this.#deps.concurrency);
    this.stack = this.#fixed.recompose(rules, revision, regexes);
    for (const { recorder } of before.routes) recorder.close();
  }

  /** Takes a connection to it that somebody else has opened: the next request gets it. */
  adopt(stream: Stream): void {
    this.#fixed.backend.adopt(stream);
  }

  /** Closes connections to it that are free, as long as more than so many are open. */
  trim(openMax: number): void {
    this.#fixed.backend.trim(openMax);
  }

  close(): void {
    this.#fixed.close(this.stack);
  }
}

export class InboundApps implements ConfigurationListener {
  readonly #apps = new Set<InboundApp>();
  readonly #deps: InboundAppsDeps;
  #regexes: RegexCompiler = noRegexes;

  constructor(deps: InboundAppsDeps) {
    this.#deps = deps;
    deps.configuration.listen(this);
  }

  /** An application whose service is known. */
  open(app: ParsedApp): InboundApp {
    const made = new InboundApp(app, this.#deps);
    this.#apps.add(made);
    this.#follow(made);
    return made;
  }

  openUnnamed(address: Address): InboundApp {
    return new InboundApp({ service: UNNAMED_SERVICE, address }, this.#deps);
  }

  /** Nobody is sent there any more. What is under way is finished. */
  close(app: InboundApp): void {
    this.#apps.delete(app);
    app.close();
  }

  /** To be called for every request: what is not used is not followed for ever. */
  touch(app: InboundApp, nowMs: number): void {
    if (nowMs - app.touchedMs < TOUCH_MS) return;
    app.touchedMs = nowMs;
    if (app.followed) this.#deps.configuration.touch(app.service);
    else if (this.#apps.has(app)) this.#follow(app);
  }

  destinationChanged(key: ServiceKey, live: LiveDestination | "absent"): void {
    for (const app of this.#apps) {
      if (app.service === key) this.#take(app, live);
    }
  }

  destinationDropped(key: ServiceKey): void {
    for (const app of this.#apps) {
      if (app.service === key) app.followed = false;
    }
  }

  #follow(app: InboundApp): void {
    app.followed = true;
    this.#take(app, this.#deps.configuration.watch(app.service));
  }

  /** A service that is not known any more keeps its last rules: the application is still there. */
  #take(app: InboundApp, state: DestinationState): void {
    app.state = state;
    if (state === "pending" || state === "absent") return;
    if (needsRegexEngine(state.destination.rules) && this.#regexes === noRegexes) {
      void this.#takeWithRegexes(app, state);
    } else this.#compose(app, state);
  }

  async #takeWithRegexes(app: InboundApp, state: LiveDestination): Promise<void> {
    try {
      this.#regexes = await this.#deps.loadRegexes();
    } catch (error) {
      this.#deps.log.error("regular expressions cannot be used", { error: String(error) });
      return;
    }
    if (app.state === state && this.#apps.has(app)) this.#compose(app, state);
  }

  #compose(app: InboundApp, state: LiveDestination): void {
    try {
      app.compose(state, this.#regexes);
    } catch (error) {
      const { key, revision } = state;
      const problem = { key, revision, error: String(error) };
      this.#deps.log.error("a destination cannot be served", problem);
    }
  }
}
