/** Asking a proxy to go, or to say how far it has come. */
import type { Address } from "../../base/address.ts";
import type { CommandContext } from "../command.ts";
import { ask, type Peer } from "./ask.ts";

export interface ProxyStage {
  /** `draining`, `stopping` and so on: for people. */
  readonly stage: string;
  /** Callers of the application that are connected. */
  readonly inboundCount: number;
  /** Connections of the application itself. */
  readonly outboundCount: number;
}

/** Both may be asked again. Fails with a `ProgramError` that says what to do. */
export function askToGo(
  { post }: Pick<CommandContext, "post">,
  address: Address,
  path: "/drain" | "/shutdown",
): Promise<ProxyStage> {
  const peer: Peer = { name: "the proxy", flag: "--admin", address };
  return ask({ get: post }, peer, path, (answer) => {
    const connections = answer.object("connections");
    return {
      stage: answer.text("stage"),
      inboundCount: connections.number("inbound"),
      outboundCount: connections.number("outbound"),
    };
  });
}
