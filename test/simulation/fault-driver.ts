/** Makes the faults of a scenario happen, and undoes each when its time is over. */
import type { Random } from "../../base/random.ts";
import type { Endpoint } from "../../mesh/endpoint-set.ts";
import { endpoint } from "../harness/fake-table.ts";
import { Draw, drawPolicies } from "./draw-policies.ts";
import { capacityPerSecond, DARK, type Fault, type ServiceName } from "./scenario.ts";
import type { VirtualOrigin } from "./virtual-origin.ts";
import type { World } from "./world.ts";

const SLOWNESS_MS = 400;
const CRASH_EVERY_MS = 700;
const DOWN_MS = 300;
const LEAVE_EVERY_MS = 40;
const FLAP_EVERY_MS = 350;
const EDIT_EVERY_MS = 250;
/** How long after discovery let go of an address somebody else has it. */
const REUSED_AFTER_MS = 300;
/** From when the first are not ready to when all are not. */
const ALL_UNREADY_AFTER_MS = 300;
const OVERLOAD_FACTOR = 3;
/** What a history can bear of it. */
const OVERLOAD_PER_SECOND_MAX = 1_000;

export class FaultDriver {
  readonly #world: World;
  readonly #random: Random;
  /** Faults of discovery by service: what it tells is the sum of them. */
  readonly #discovery = new Map<ServiceName, Set<Fault>>();

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  start(): void {
    for (const fault of this.#world.scenario.faults) {
      this.#at(fault.fromMs, () => this.#begin(fault));
      this.#at(fault.untilMs, () => this.#end(fault));
    }
  }

  #at(timeMs: number, act: () => void): void {
    this.#world.control.timers.set(timeMs - this.#world.nowMs, act);
  }

  #struck(fault: Fault): readonly VirtualOrigin[] {
    const origins = this.#world.origins.get(fault.service) ?? [];
    return origins.filter((_, index) => fault.endpoints.includes(index));
  }

  #begin(fault: Fault): void {
    switch (fault.kind) {
      case "slow":
        for (const origin of this.#struck(fault)) origin.slownessMs = SLOWNESS_MS;
        break;
      case "failing":
        for (const origin of this.#struck(fault)) {
          origin.mood = this.#random.nextFloat() < 0.5 ? "failing" : "hasty";
        }
        break;
      case "busy":
      case "hanging":
        for (const origin of this.#struck(fault)) origin.mood = fault.kind;
        break;
      case "overload":
        this.#overload(fault);
        break;
      case "flapping":
        this.#flap(fault);
        break;
      case "refusing":
      case "swallowing":
        this.#setNetwork(fault, fault.kind);
        break;
      case "crash-loop":
        for (const origin of this.#struck(fault)) this.#crash(origin, fault);
        break;
      case "impatient":
        this.#leave(fault);
        break;
      case "edited":
        this.#edit(fault);
        break;
      default:
        this.#discoveryOf(fault.service).add(fault);
        this.#tell(fault.service);
        if (fault.kind === "unready") {
          this.#at(this.#world.nowMs + ALL_UNREADY_AFTER_MS, () => this.#tell(fault.service));
        }
        if (fault.kind === "address-reused" || fault.kind === "address-given") this.#reuse(fault);
    }
  }

  #end(fault: Fault): void {
    switch (fault.kind) {
      case "slow":
        for (const origin of this.#struck(fault)) origin.slownessMs = 0;
        break;
      case "failing":
      case "busy":
      case "hanging":
        for (const origin of this.#struck(fault)) origin.mood = "steady";
        break;
      case "refusing":
      case "swallowing":
        this.#setNetwork(fault, "up");
        break;
      case "crash-loop":
        for (const origin of this.#struck(fault)) if (!origin.isUp) origin.start();
        break;
      case "impatient":
      case "overload":
        break;
      case "edited":
        if (fault.service !== DARK) this.#world.configure(fault.service);
        break;
      case "address-reused":
      case "address-given":
        this.#restore(fault);
        break;
      default:
        this.#discoveryOf(fault.service).delete(fault);
        this.#tell(fault.service);
    }
  }

  #setNetwork(fault: Fault, state: "up" | "refusing" | "swallowing"): void {
    for (const { options } of this.#struck(fault)) {
      this.#world.network.setState(options.address, options.port, state);
    }
  }

  #crash(origin: VirtualOrigin, fault: Fault): void {
    if (this.#world.nowMs >= fault.untilMs) return;
    if (origin.isUp) origin.crash();
    this.#at(this.#world.nowMs + DOWN_MS, () => {
      if (!origin.isUp) origin.start();
    });
    this.#at(this.#world.nowMs + CRASH_EVERY_MS, () => this.#crash(origin, fault));
  }

  #leave(fault: Fault): void {
    if (this.#world.nowMs >= fault.untilMs) return;
    const { callers } = this.#world;
    const caller = callers[Math.floor(this.#random.nextFloat() * callers.length)];
    if (caller?.client.isBusy === true) this.#world.abandon(caller);
    this.#at(this.#world.nowMs + LEAVE_EVERY_MS, () => this.#leave(fault));
  }

  /** All but what says which requests may be repeated: that is for who sends them to know. */
  #edit(fault: Fault): void {
    const { nowMs, scenario } = this.#world;
    if (nowMs >= fault.untilMs || fault.service === DARK) return;
    const { isRetryable, idempotencyKeyHeader } = scenario.policies[fault.service].retry;
    const drawn = drawPolicies(new Draw(this.#random));
    const retry = { ...drawn.retry, isRetryable, idempotencyKeyHeader };
    this.#world.configure(fault.service, { ...drawn, retry });
    this.#at(nowMs + EDIT_EVERY_MS, () => this.#edit(fault));
  }

  #flap(fault: Fault): void {
    const { nowMs } = this.#world;
    const told = this.#discoveryOf(fault.service);
    if (nowMs >= fault.untilMs) return;
    if (!told.delete(fault)) told.add(fault);
    this.#tell(fault.service);
    this.#at(nowMs + FLAP_EVERY_MS, () => this.#flap(fault));
  }

  /** Calls that come whatever becomes of those before. */
  #overload(fault: Fault): void {
    if (fault.service === DARK) return;
    const most = capacityPerSecond(this.#world.scenario) * OVERLOAD_FACTOR;
    const perSecond = Math.min(most, OVERLOAD_PER_SECOND_MAX);
    this.#world.callOften(fault.service, perSecond, fault.untilMs);
  }

  /** Discovery has told that the endpoints are gone; a while later others have their addresses. */
  #reuse(fault: Fault): void {
    this.#at(this.#world.nowMs + REUSED_AFTER_MS, () => {
      const heir = heirOf(fault);
      for (const origin of this.#struck(fault)) {
        const { address } = origin.options;
        if (origin.isUp) origin.crash();
        this.#world.createOrigin(`${heir ?? "stranger"}-heir`, address).start();
      }
      if (heir !== null) this.#tell(heir);
    });
  }

  /** The strangers leave, the old workloads return, and then discovery tells of them. */
  #restore(fault: Fault): void {
    const heir = heirOf(fault);
    this.#discoveryOf(fault.service).delete(fault);
    if (heir !== null) this.#tell(heir);
    for (const origin of this.#struck(fault)) {
      this.#world.network.crash(origin.options.address, origin.options.port);
      origin.isUp = false;
    }
    // The heirs are out of use before the old owners are back.
    this.#at(this.#world.nowMs + REUSED_AFTER_MS, () => {
      for (const origin of this.#struck(fault)) origin.start();
      this.#tell(fault.service);
    });
  }

  #discoveryOf(service: ServiceName): Set<Fault> {
    const known = this.#discovery.get(service);
    if (known !== undefined) return known;
    const made = new Set<Fault>();
    this.#discovery.set(service, made);
    return made;
  }

  #tell(service: ServiceName): void {
    const faults = [...this.#discoveryOf(service)];
    const kinds = new Set(faults.map(({ kind }) => kind));
    const gone = new Set(
      faults.filter(({ kind }) => REMOVING.has(kind)).flatMap(({ endpoints }) => endpoints),
    );
    const left = this.#world.endpointsOf(service).filter((_, index) => !gone.has(index));
    const isBlind = kinds.has("unsynced");
    const isEmpty = kinds.has("emptied") || isBlind;
    const ready = [...left, ...this.#inherited(service), ...phantoms(faults)];
    const listed = isEmpty ? [] : ready.map((one) => this.#asReady(one, service, faults));
    this.#world.tell(service, listed, !isBlind);
  }

  #asReady(one: Endpoint, service: ServiceName, faults: readonly Fault[]): Endpoint {
    const struckIds = new Set<string>();
    for (const fault of faults.filter(({ kind }) => kind === "unready")) {
      if (this.#world.nowMs >= fault.fromMs + ALL_UNREADY_AFTER_MS) {
        return { ...one, state: "not-ready" };
      }
      const all = this.#world.endpointsOf(service);
      for (const index of fault.endpoints) struckIds.add(all[index]?.id ?? "");
    }
    return struckIds.has(one.id) ? { ...one, state: "not-ready" } : one;
  }

  /** Endpoints whose addresses another service had. */
  #inherited(service: ServiceName): readonly Endpoint[] {
    const given = [...this.#discovery.values()].flatMap((faults) =>
      [...faults].filter((fault) => {
        const isTold = this.#world.nowMs >= fault.fromMs + REUSED_AFTER_MS;
        return isTold && heirOf(fault) === service;
      }),
    );
    return given.flatMap((fault) =>
      this.#struck(fault).map(({ options: { address, port } }) => ({
        ...endpoint(0),
        id: `${service}-heir/${address}:${port}`,
        address,
        port,
      })),
    );
  }
}

const REMOVING: ReadonlySet<string> = new Set([
  "removed",
  "flapping",
  "address-reused",
  "address-given",
]);

/** Who gets the addresses that the fault takes away; null when that is nobody we know. */
function heirOf({ kind, service }: Fault): ServiceName | null {
  if (kind !== "address-given") return null;
  return service === "web" ? "cart" : "web";
}

/** Addresses at which nobody ever was. */
function phantoms(faults: readonly Fault[]): readonly Endpoint[] {
  const indexes = faults
    .filter(({ kind }) => kind === "phantoms")
    .flatMap(({ endpoints }) => endpoints);
  return [...new Set(indexes)].map((index) => ({
    ...endpoint(index),
    id: `phantom-${index}`,
    address: `10.9.0.${index + 1}`,
  }));
}
