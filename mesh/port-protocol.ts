/** What is spoken on a service's port, as far as its objects say. */

/**
 * `detect`: nobody said, the first bytes will tell. `opaque` is TCP of any kind, including what is
 * encrypted by the application and what the server begins.
 */
export const PORT_PROTOCOLS = ["detect", "http1", "http2", "opaque"] as const;
export type PortProtocol = (typeof PORT_PROTOCOLS)[number];
