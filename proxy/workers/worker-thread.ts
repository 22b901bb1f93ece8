/** One worker, as the main thread sees it: what it says, and what it can be asked. */
import type { Thread, ThreadEvents } from "../../base/thread-port.ts";
import type { OwnAnswer } from "../exchange/exchange.ts";
import {
  type DoorPlace,
  type ProbeArrival,
  readFromWorker,
  type ToWorker,
  type WorkerCall,
  type WorkerSeat,
} from "./worker-messages.ts";

export interface WorkerThreadEvents {
  /** A message of the control protocol. */
  control(text: string): void;
  arrival(arrival: ProbeArrival): void;
  /** Once, and the last. `error`: what nobody caught. */
  ended(code: number, error: unknown): void;
}

interface Waiting {
  readonly resolve: (answer: OwnAnswer | null) => void;
  readonly reject: (error: Error) => void;
}

export class WorkerThread {
  readonly index: number;
  /** Rejects with what kept its doors shut. */
  readonly started: Promise<readonly DoorPlace[]>;
  readonly #thread: Thread;
  readonly #events: WorkerThreadEvents;
  readonly #calls = new Map<number, Waiting>();
  #callCount = 0;
  #hasEnded = false;
  readonly #startedDoors = Promise.withResolvers<readonly DoorPlace[]>();

  constructor(
    seat: WorkerSeat,
    start: (index: number, data: unknown, events: ThreadEvents) => Thread,
    events: WorkerThreadEvents,
  ) {
    this.index = seat.index;
    this.#events = events;
    this.started = this.#startedDoors.promise;
    // Whoever waits for it hears; where nobody does any more, there is nothing to do.
    this.started.catch(() => {});
    this.#thread = start(seat.index, seat, {
      heard: (message) => this.#heard(message),
      ended: (code, error) => this.#ended(code, error),
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  post(message: ToWorker): void {
    this.#thread.post(message);
  }

  /** Null where there is nothing to return, and from a worker that has ended. */
  call(call: WorkerCall): Promise<OwnAnswer | null> {
    if (this.#hasEnded) return Promise.resolve(null);
    this.#callCount += 1;
    const id = this.#callCount;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.post({ kind: "call", id, call });
    });
  }

  #heard(posted: unknown): void {
    const message = readFromWorker(posted);
    switch (message.kind) {
      case "control":
        this.#events.control(message.text);
        break;
      case "arrival":
        this.#events.arrival(message.arrival);
        break;
      case "started":
        this.#startedDoors.resolve(message.doors);
        break;
      case "not-started": {
        const { message: text, ...facts } = message.problem;
        this.#startedDoors.reject(Object.assign(new Error(text), facts));
        break;
      }
      case "returned":
        this.#take(message.id)?.resolve(message.answer);
        break;
      case "failed":
        this.#take(message.id)?.reject(new Error(message.problem));
        break;
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#calls.get(id);
    this.#calls.delete(id);
    return waiting;
  }

  #ended(code: number, error: unknown): void {
    this.#hasEnded = true;
    this.#startedDoors.reject(new Error("a worker ended before it had started"));
    for (const { resolve } of this.#calls.values()) resolve(null);
    this.#calls.clear();
    this.#events.ended(code, error);
  }
}
