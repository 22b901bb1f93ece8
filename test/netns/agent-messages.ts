/** What a test and its agent in a namespace say to each other: lines of JSON. */

export type AgentRequest =
  /** Greets whoever connects with the port's number, and closes. */
  | { readonly id: number; readonly do: "listen"; readonly port: number }
  /** Reads until the end. `reply` is sent when the first bytes have come. */
  | {
      readonly id: number;
      readonly do: "dial";
      readonly host: string;
      readonly port: number;
      readonly reply: string;
    };

export interface AgentAnswer {
  readonly id: number;
  /** What was read; empty for `listen`. */
  readonly text: string;
  /** The error's code, such as ECONNREFUSED; empty when there was none. */
  readonly error: string;
  /** From the start of dialling to the first byte; -1 when none came. */
  readonly firstByteMs: number;
}
