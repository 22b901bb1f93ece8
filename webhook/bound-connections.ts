/**
 * Keeps room for an API server, whoever else is connected. Nobody shows a credential here, and an
 * idle connection lasts for minutes: without this a pod could hold all there may be. No address may
 * have more than its part, and where it gets narrow those that only wait are closed: an API server
 * opens another and asks again.
 */
import type { Server } from "node:https";
import type { Socket } from "node:net";

export const CONNECTION_LIMITS = {
  connectionsMax: 1_024,
  /** All API servers may come from one address. */
  ofAddressMax: 512,
  /** From here on nobody may wait. */
  narrowFrom: 768,
} as const;

export type ConnectionLimits = { readonly [name in keyof typeof CONNECTION_LIMITS]: number };

/** Tells of each connection that was closed at once. */
export function boundConnections(
  server: Server,
  turnedAway: (reason: "connections") => void,
  limits: ConnectionLimits = CONNECTION_LIMITS,
): void {
  const ofAddress = new Map<string, number>();
  let open = 0;
  server.maxConnections = limits.connectionsMax;
  server.on("drop", () => turnedAway("connections"));
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    const count = ofAddress.get(address) ?? 0;
    if (count >= limits.ofAddressMax) {
      turnedAway("connections");
      socket.destroy();
      return;
    }
    open += 1;
    ofAddress.set(address, count + 1);
    socket.once("close", () => {
      open -= 1;
      const left = (ofAddress.get(address) ?? 0) - 1;
      if (left > 0) ofAddress.set(address, left);
      else ofAddress.delete(address);
    });
    if (open > limits.narrowFrom) server.closeIdleConnections();
  });
}
