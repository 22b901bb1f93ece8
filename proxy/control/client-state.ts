/**
 * The states of the control client and the one function that says which follows which. It decides
 * and does nothing: the client carries out what the new state calls for.
 *
 *     stopped -> connecting -> greeting -> live
 *                    ^            |          |
 *                    +- waiting <-+----------+      any of them -> stopped
 */
import type { Program } from "../../mesh/control-messages.ts";

export type ClientState =
  /** Leaves by `start`. */
  | { readonly kind: "stopped" }
  /** Nothing is open. Leaves when the backoff is over. */
  | { readonly kind: "waiting" }
  /** A connection is being made. Leaves when it is open, has failed, or takes too long. */
  | { readonly kind: "connecting"; readonly address: string }
  /** The hello is sent. Leaves by the welcome, or by anything that ends the connection. */
  | { readonly kind: "greeting"; readonly address: string }
  /** Configuration flows. Leaves by whatever ends the connection. */
  | {
      readonly kind: "live";
      readonly address: string;
      readonly operator: Program;
      readonly heartbeatMs: number;
      readonly sinceMs: number;
    };

export type ClientEvent =
  | { readonly kind: "start"; readonly address: string }
  | { readonly kind: "retry"; readonly address: string }
  | { readonly kind: "opened" }
  | {
      readonly kind: "welcomed";
      readonly operator: Program;
      readonly heartbeatMs: number;
      readonly nowMs: number;
    }
  /** The connection is gone, or is given up for whatever reason. */
  | { readonly kind: "lost" }
  | { readonly kind: "stop" };

/** The state that follows; the same one where an event does not apply, because it came late. */
export function nextClientState(state: ClientState, event: ClientEvent): ClientState {
  switch (event.kind) {
    case "start":
      if (state.kind !== "stopped") return state;
      return { kind: "connecting", address: event.address };
    case "retry":
      if (state.kind !== "waiting") return state;
      return { kind: "connecting", address: event.address };
    case "opened":
      if (state.kind !== "connecting") return state;
      return { kind: "greeting", address: state.address };
    case "welcomed": {
      if (state.kind !== "greeting") return state;
      const { operator, heartbeatMs, nowMs } = event;
      return { kind: "live", address: state.address, operator, heartbeatMs, sinceMs: nowMs };
    }
    case "lost":
      return state.kind === "stopped" ? state : { kind: "waiting" };
    case "stop":
      return { kind: "stopped" };
  }
}
