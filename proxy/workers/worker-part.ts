/** What a worker knows of being one: its seat, its way to the main thread, what it is asked. */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Metrics } from "../../base/metrics.ts";
import type { ThreadPort } from "../../base/thread-port.ts";
import type { Configuration } from "../control/configuration.ts";
import type { AddressSource } from "../control/watched-addresses.ts";
import type { OwnAnswer } from "../exchange/exchange.ts";
import type { Door } from "../lifecycle/lifecycle.ts";
import type { OwnProxy } from "../lifecycle/successor.ts";
import { SharedLimits } from "../limits/shared-limits.ts";
import { WorkerControl } from "./worker-control.ts";
import {
  type DoorPlace,
  type FromWorker,
  type ProbeArrival,
  readToWorker,
  type WorkerCall,
  type WorkerSeat,
} from "./worker-messages.ts";

/** The proxy of this thread, as far as the main thread asks for it. */
export interface WorkerProxy extends Pick<OwnProxy, "retire" | "stop"> {
  readonly doors: readonly Door[];
  start(): Promise<unknown>;
  drain(): void;
  page(path: string, query: string): Promise<OwnAnswer>;
  /** A connection of somebody's proof has come in at another worker. */
  probeArrived(arrival: ProbeArrival): void;
}

export interface WorkerPartDeps {
  readonly port: ThreadPort;
  readonly clock: Clock;
  readonly log: Log;
}

/** Both ends are the same program, started together: what one gives is what the other knows. */
export function readSeat(data: unknown): WorkerSeat {
  return data as WorkerSeat;
}

export class WorkerPart {
  readonly seat: WorkerSeat;
  readonly limits: SharedLimits;
  readonly #deps: WorkerPartDeps;
  #control: WorkerControl | null = null;

  constructor(seat: WorkerSeat, deps: WorkerPartDeps) {
    this.seat = seat;
    this.limits = new SharedLimits(seat);
    this.#deps = deps;
  }

  /** The way to the operator, for what the proxy of this thread holds. Asked once. */
  link(configuration: Configuration): WorkerControl {
    const post = (text: string) => this.#post({ kind: "control", text });
    this.#control = new WorkerControl({ ...this.#deps, configuration, post });
    return this.#control;
  }

  get addressSource(): AddressSource {
    return this.#control?.addressSource ?? "away";
  }

  observe(metrics: Metrics): void {
    metrics.observe({
      name: "heddle_limits_unshared_total",
      help: "Budgets and limits that found no room to be counted by all workers together.",
      type: "counter",
      read: (emit) => emit(this.limits.refused),
    });
  }

  readonly tellArrival = (arrival: ProbeArrival): void => {
    this.#post({ kind: "arrival", arrival });
  };

  /** Runs the proxy as the main thread says. Resolves when it has ended. */
  async serve(proxy: WorkerProxy): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      this.#listen(proxy, resolve);
    });
    try {
      await proxy.start();
      this.#post({ kind: "started", doors: proxy.doors.map(placeOf) });
    } catch (error) {
      this.#post({ kind: "not-started", problem: describeError(error) });
      return;
    }
    await ended;
  }

  #listen(proxy: WorkerProxy, end: () => void): void {
    this.#deps.port.listen((posted) => {
      const message = readToWorker(posted);
      if (message.kind === "control") this.#control?.heard(message.text);
      else if (message.kind === "operator") this.#control?.told(message.word);
      else if (message.kind === "arrival") proxy.probeArrived(message.arrival);
      else void this.#answer(proxy, message.id, message.call, end);
    });
  }

  async #answer(proxy: WorkerProxy, id: number, call: WorkerCall, end: () => void): Promise<void> {
    try {
      const answer = await carryOut(proxy, call);
      this.#post({ kind: "returned", id, answer });
    } catch (error) {
      this.#post({ kind: "failed", id, problem: String(error) });
    }
    if (call.call === "stop" || call.call === "retire") end();
  }

  #post(message: FromWorker): void {
    this.#deps.port.post(message);
  }
}

async function carryOut(proxy: WorkerProxy, call: WorkerCall): Promise<OwnAnswer | null> {
  switch (call.call) {
    case "page":
      return await proxy.page(call.path, call.query);
    case "drain":
      proxy.drain();
      return null;
    case "retire":
      await proxy.retire();
      return null;
    case "stop":
      await proxy.stop();
      return null;
  }
}

function placeOf({ name, listener: { host, port, fd } }: Door): DoorPlace {
  return { name, host, port, fd };
}

function describeError(error: unknown) {
  const message = error instanceof Error ? error.message : String(error);
  const of = (name: string): unknown =>
    error instanceof Error && name in error ? Reflect.get(error, name) : undefined;
  return { message, code: of("code"), address: of("address"), port: of("port") };
}
