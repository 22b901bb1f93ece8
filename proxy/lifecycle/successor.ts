/**
 * What a process and the one that takes its place know of each other. The sockets are handed on as
 * file descriptors, in the manner of socket activation; beside them goes a link of lines of text,
 * so that versions that differ in everything else still understand each other.
 */
import type { DoorName } from "./lifecycle.ts";

/** What a successor says: it serves now; somebody asked it for the next restart. */
export const SAYS_READY = "ready";
export const SAYS_RESTART = "restart";
/** What it is told: another has its place; how the restart went that it asked for. */
export const TOLD_RETIRE = "retire";
export const TOLD_RESTARTED = "restarted";
export const TOLD_FAILED = "failed ";

/** A listening socket, for a process that will be started. */
export interface HandedSocket {
  readonly name: DoorName;
  readonly fd: number;
}

export interface SuccessorEvents {
  said(line: string): void;
  /** Once, and the last. The code is a shell's: 128 and the signal's number for a death by one. */
  ended(code: number): void;
}

/** A process that was started from here, as its parent sees it. */
export interface Successor {
  readonly pid: number;
  tell(line: string): void;
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

/** Rejects when not even a process can be had. The events come once it has resolved. */
export type StartSuccessor = (
  sockets: readonly HandedSocket[],
  events: SuccessorEvents,
) => Promise<Successor>;

/** The proxy of this process, as far as its going is concerned. All may be called again. */
export interface OwnProxy {
  /** Descriptors of the doors' sockets that stay open when the doors close. */
  keepSockets(): Promise<readonly HandedSocket[]>;
  /** Resolves when nobody is served any more, by the grace time at the latest. */
  retire(): Promise<void>;
  stop(): Promise<void>;
}

/** What can be asked of the process as a whole. */
export interface ProcessControl {
  /** As SIGTERM: it ends, in good order. */
  shutdown(): void;
  /** Resolves when a new process serves; rejects with a `RestartError` when none will. */
  restart(): Promise<void>;
}

/** Why there is no new process. The old one goes on as if nothing had been asked. */
export class RestartError extends Error {
  override readonly name = "RestartError";
}
