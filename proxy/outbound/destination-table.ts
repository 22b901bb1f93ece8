/**
 * The destinations that callers have named, each with its stacks when it is live, and who waits
 * for the first word about it. The configuration decides how many there may be and drops those
 * that nobody uses; this table follows it.
 */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { TimerWheel } from "../../base/timer-wheel.ts";
import type { BackendSettings } from "../../mesh/backend-settings.ts";
import type { Destination } from "../../mesh/destination.ts";
import type { EndpointSet } from "../../mesh/endpoint-set.ts";
import { noRegexes, type RegexCompiler } from "../../mesh/regex-engine.ts";
import { expressionProblem, needsRegexEngine } from "../../mesh/rule-expressions.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { Configuration } from "../control/configuration.ts";
import type { LiveDestination } from "../control/held.ts";
import type { ConfigurationListener } from "../control/intake.ts";
import type { DestinationStack } from "../exchange/stacks.ts";
import { Backend, type BackendDeps } from "./backend.ts";
import { type ComposeDeps, composeDestination } from "./compose-destination.ts";
import { DestinationMemory } from "./destination-memory.ts";

/** Exchanges and connections that may wait for one destination's first configuration. */
export const WAITING_MAX = 1_024;

/** A destination in use is reported to the configuration no more often than this. */
const TOUCH_MS = 5_000;

/** An exchange or a connection that waits for the first word about a destination. */
export interface DestinationWaiter {
  /** It is known now, or `slot.dropped` says that it had to make room. */
  destinationDecided(slot: DestinationSlot): void;
}

export class DestinationSlot {
  readonly key: ServiceKey;
  /** `invalid`: the only revision there ever was cannot be served. */
  state: "pending" | "absent" | "invalid" | "live" = "pending";
  /** Why it is invalid. */
  problem = "";
  stack: DestinationStack | null = null;
  /** What is known of it over its revisions; null until the first. */
  memory: DestinationMemory | null = null;
  touchedMs = 0;
  /** No longer in the table: whoever remembers it must ask again. */
  dropped = false;
  readonly waiting = new Set<DestinationWaiter>();

  constructor(key: ServiceKey) {
    this.key = key;
  }
}

export interface DestinationTableDeps extends Omit<ComposeDeps, "backend" | "regexes"> {
  readonly configuration: Configuration;
  readonly backend: BackendDeps;
  readonly log: Log;
  readonly wheel: TimerWheel;
  readonly clock: Clock;
  /** Loads the engine for expressions that need one; most proxies never do. */
  readonly loadRegexes: () => Promise<RegexCompiler>;
}

export class DestinationTable implements ConfigurationListener {
  readonly #deps: DestinationTableDeps;
  readonly #slots = new Map<ServiceKey, DestinationSlot>();
  readonly #backends = new Map<ServiceKey, Backend>();
  /** Whose word on a backend's settings holds. */
  readonly #settingsFrom = new Map<ServiceKey, ServiceKey>();
  #regexes: RegexCompiler = noRegexes;

  constructor(deps: DestinationTableDeps) {
    this.#deps = deps;
    deps.configuration.listen(this);
  }

  get slots(): IterableIterator<DestinationSlot> {
    return this.#slots.values();
  }

  get backends(): IterableIterator<Backend> {
    return this.#backends.values();
  }

  /** The slot of a service, followed from now on. */
  slot(key: ServiceKey, nowMs: number): DestinationSlot {
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = new DestinationSlot(key);
      slot.touchedMs = nowMs;
      this.#slots.set(key, slot);
      this.#take(slot, this.#deps.configuration.watch(key));
    }
    return slot;
  }

  /** Must be called for slots in use, or the configuration drops them as idle. */
  touch(slot: DestinationSlot, nowMs: number): void {
    if (nowMs - slot.touchedMs < TOUCH_MS) return;
    slot.touchedMs = nowMs;
    this.#deps.configuration.touch(slot.key);
  }

  destinationChanged(key: ServiceKey, live: LiveDestination | "absent"): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    this.#take(slot, live);
    tell(slot);
  }

  endpointsChanged(service: ServiceKey, set: EndpointSet): void {
    this.#backends.get(service)?.update(set);
  }

  /** It says where this proxy is. */
  workloadChanged(): void {
    for (const backend of this.#backends.values()) backend.placeChanged();
  }

  destinationDropped(key: ServiceKey): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    slot.dropped = true;
    this.#slots.delete(key);
    closeRecorders(slot.stack);
    forget(slot);
    slot.stack = null;
    this.#retireBackends();
    tell(slot);
  }

  /** What is wrong with a destination that could not be served; undefined when it could be. */
  check({ rules }: Destination): string | undefined {
    // The first that needs the engine is taken on trust, and answers with its problem.
    if (this.#regexes === noRegexes || !needsRegexEngine(rules)) return undefined;
    return expressionProblem(rules, this.#regexes);
  }

  #take(slot: DestinationSlot, state: "pending" | "absent" | LiveDestination): void {
    if (state === "pending") return;
    if (state === "absent") {
      closeRecorders(slot.stack);
      forget(slot);
      slot.state = "absent";
      slot.stack = null;
      this.#retireBackends();
      return;
    }
    if (needsRegexEngine(state.destination.rules) && this.#regexes === noRegexes) {
      void this.#takeWithRegexes(slot, state);
      return;
    }
    this.#compose(slot, state);
  }

  /** What was live before serves on until the engine is there. */
  async #takeWithRegexes(slot: DestinationSlot, state: LiveDestination): Promise<void> {
    try {
      this.#regexes = await this.#deps.loadRegexes();
    } catch (error) {
      this.#deps.log.error("regular expressions cannot be used", { error: String(error) });
      this.#reject(slot, "regular expressions cannot be used");
      tell(slot);
      return;
    }
    const current = this.#deps.configuration.watch(slot.key);
    if (slot.dropped || current !== state) return;
    this.#compose(slot, state);
    tell(slot);
  }

  /** What was live before stays when the new revision cannot be served. */
  #compose(slot: DestinationSlot, live: LiveDestination): void {
    try {
      this.#replace(slot, live);
    } catch (error) {
      const { key, revision } = live;
      this.#deps.log.error("a destination cannot be served", {
        key,
        revision,
        error: String(error),
      });
      this.#reject(slot, String(error));
    }
  }

  /** With nothing to go on serving, callers are told at once instead of waiting. */
  #reject(slot: DestinationSlot, problem: string): void {
    if (slot.stack !== null || slot.dropped) return;
    slot.state = "invalid";
    slot.problem = problem;
  }

  #replace(slot: DestinationSlot, live: LiveDestination): void {
    for (const settings of live.destination.backends) {
      const { service } = settings;
      const set = live.endpoints.get(service);
      const known = this.#backends.get(service);
      if (known === undefined) {
        if (set !== undefined) this.#open(set, settings, live.key);
        continue;
      }
      this.#configure(known, settings, live.key);
      if (set !== undefined && known.endpoints !== set) known.update(set);
    }
    const before = slot.stack;
    slot.memory ??= new DestinationMemory(slot.key, this.#deps);
    const deps = {
      ...this.#deps,
      regexes: this.#regexes,
      backend: (service: ServiceKey) => this.#backendOf(service),
    };
    slot.stack = composeDestination(live.destination, live.revision, deps, slot.memory);
    slot.state = "live";
    closeRecorders(before);
    this.#retireBackends();
  }

  #open(set: EndpointSet, settings: BackendSettings, apex: ServiceKey): void {
    this.#backends.set(set.service, new Backend(set, settings, this.#deps.backend));
    this.#settingsFrom.set(set.service, apex);
  }

  /**
   * Where a backend's own profile says nothing, destinations that share it may want it to be used
   * in different ways. Its own destination goes first, and then the first by name that is live.
   */
  #configure(backend: Backend, settings: BackendSettings, apex: ServiceKey): void {
    const from = this.#settingsFrom.get(backend.key) ?? apex;
    const isLive = (this.#slots.get(from)?.stack ?? null) !== null;
    if (
      from !== apex &&
      isLive &&
      (from === backend.key || (apex !== backend.key && from < apex))
    ) {
      return;
    }
    this.#settingsFrom.set(backend.key, apex);
    backend.configure(settings);
  }

  #backendOf(service: ServiceKey): Backend {
    const backend = this.#backends.get(service);
    // The configuration promises every set that a live destination names.
    if (backend === undefined) throw new Error(`no endpoint set of ${service}`);
    return backend;
  }

  /** Closes what no live destination names any more. */
  #retireBackends(): void {
    const used = new Set<string>();
    for (const { stack } of this.#slots.values()) {
      for (const service of stack?.destination.endpointSets ?? []) used.add(service);
    }
    for (const [service, backend] of this.#backends) {
      if (used.has(service)) continue;
      this.#backends.delete(service);
      this.#settingsFrom.delete(service);
      backend.retire();
    }
  }
}

function forget(slot: DestinationSlot): void {
  slot.memory?.close();
  slot.memory = null;
}

function closeRecorders(stack: DestinationStack | null): void {
  for (const route of stack?.routes ?? []) route.recorder.close();
}

function tell(slot: DestinationSlot): void {
  for (const waiter of [...slot.waiting]) {
    slot.waiting.delete(waiter);
    waiter.destinationDecided(slot);
  }
}
