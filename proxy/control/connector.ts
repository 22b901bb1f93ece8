/** How a control client gets its connections, so that a test can hand it one without a network. */
import type { ControlLink, ControlLinkEvents } from "../../mesh/control-link.ts";

export interface ControlConnectorEvents extends ControlLinkEvents {
  /** Once, first. A connection that fails gives `onClose` alone. */
  onOpen(): void;
}

/**
 * Starts to connect to `ws://host:port`. The link can be closed before it is open. No event comes
 * before this has returned.
 */
export type ControlConnector = (address: string, events: ControlConnectorEvents) => ControlLink;
