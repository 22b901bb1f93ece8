/**
 * What the main thread and its workers say to each other. Configuration goes as the text of the
 * control protocol's messages; all else is one call and its return.
 */
import type { Address } from "../../base/address.ts";
import type { ControlStatus } from "../control/client.ts";
import type { AddressSource } from "../control/watched-addresses.ts";
import type { OwnAnswer } from "../exchange/exchange.ts";
import type { DoorName } from "../lifecycle/lifecycle.ts";

/** Where a worker listens, beside the others or with a socket of its own. */
export interface DoorPlace {
  readonly name: DoorName;
  readonly host: string;
  readonly port: number;
  /** A socket that is there already. */
  readonly fd: number | undefined;
}

/** What a worker is given as it starts. */
export interface WorkerSeat {
  readonly index: number;
  readonly count: number;
  readonly places: readonly DoorPlace[];
  /** The admin's, which the main thread has: nobody may reach them through the proxy itself. */
  readonly closedDoors: readonly Address[];
  /** It takes the place of a process that serves: its doors open when it is configured. */
  readonly takesOver: boolean;
  /** The main thread's clock, as `steadyOffsetMs` has it. */
  readonly clockOffsetMs: number;
  /** What limits are counted in, by all workers together. */
  readonly limits: SharedArrayBuffer;
}

/** What the main thread knows of the operator. */
export interface OperatorWord {
  /** Null: there is none in the settings. */
  readonly status: ControlStatus | null;
  readonly addressSource: AddressSource;
}

export type WorkerCall =
  | { readonly call: "drain" | "retire" | "stop" }
  | { readonly call: "page"; readonly path: string; readonly query: string };

/** Somebody's proof of interception came in at one worker, and may be another's. */
export interface ProbeArrival {
  readonly remotePort: number;
  readonly meant: { readonly host: string; readonly port: number } | null;
}

export type ToWorker =
  | { readonly kind: "control"; readonly text: string }
  | { readonly kind: "operator"; readonly word: OperatorWord }
  | { readonly kind: "arrival"; readonly arrival: ProbeArrival }
  | { readonly kind: "call"; readonly id: number; readonly call: WorkerCall };

export type FromWorker =
  | { readonly kind: "control"; readonly text: string }
  | { readonly kind: "arrival"; readonly arrival: ProbeArrival }
  | { readonly kind: "started"; readonly doors: readonly DoorPlace[] }
  | { readonly kind: "not-started"; readonly problem: StartProblem }
  | { readonly kind: "returned"; readonly id: number; readonly answer: OwnAnswer | null }
  | { readonly kind: "failed"; readonly id: number; readonly problem: string };

/** An error of a socket, which would lose its code on the way to another thread. */
export interface StartProblem {
  readonly message: string;
  readonly code: unknown;
  readonly address: unknown;
  readonly port: unknown;
}

/** Both ends are the same program, started together: what one posts is what the other knows. */
export function readToWorker(message: unknown): ToWorker {
  return message as ToWorker;
}

export function readFromWorker(message: unknown): FromWorker {
  return message as FromWorker;
}
