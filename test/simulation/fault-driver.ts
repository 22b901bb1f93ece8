/** Makes the faults of a scenario happen, and undoes each when its time is over. */
import type { Random } from "../../base/random.ts";
import type { Fault, ServiceName } from "./scenario.ts";
import type { VirtualOrigin } from "./virtual-origin.ts";
import type { World } from "./world.ts";

const SLOWNESS_MS = 400;
const CRASH_EVERY_MS = 700;
const DOWN_MS = 300;
const LEAVE_EVERY_MS = 40;

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
      case "hanging":
        for (const origin of this.#struck(fault)) origin.mood = fault.kind;
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
      default:
        this.#discoveryOf(fault.service).add(fault);
        this.#tell(fault.service);
        if (fault.kind === "address-reused") this.#reuse(fault);
    }
  }

  #end(fault: Fault): void {
    switch (fault.kind) {
      case "slow":
        for (const origin of this.#struck(fault)) origin.slownessMs = 0;
        break;
      case "failing":
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
        break;
      case "address-reused":
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
    const { clients } = this.#world;
    const client = clients[Math.floor(this.#random.nextFloat() * clients.length)];
    if (client?.isBusy === true) this.#world.abandon(client);
    this.#at(this.#world.nowMs + LEAVE_EVERY_MS, () => this.#leave(fault));
  }

  /** Discovery has told that the endpoints are gone; a while later strangers have their addresses. */
  #reuse(fault: Fault): void {
    this.#at(this.#world.nowMs + 300, () => {
      for (const origin of this.#struck(fault)) {
        if (origin.isUp) origin.crash();
        this.#world.createOrigin("stranger", origin.options.address).start();
      }
    });
  }

  /** The strangers leave, the old workloads return, and then discovery tells of them. */
  #restore(fault: Fault): void {
    for (const origin of this.#struck(fault)) {
      this.#world.network.crash(origin.options.address, origin.options.port);
      origin.isUp = false;
      origin.start();
    }
    this.#discoveryOf(fault.service).delete(fault);
    this.#tell(fault.service);
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
      faults
        .filter(({ kind }) => kind === "removed" || kind === "address-reused")
        .flatMap(({ endpoints }) => endpoints),
    );
    const left = this.#world.endpointsOf(service).filter((_, index) => !gone.has(index));
    const isBlind = kinds.has("unsynced");
    this.#world.tell(service, kinds.has("emptied") || isBlind ? [] : left, !isBlind);
  }
}
