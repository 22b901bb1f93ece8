/**
 * One HTTP exchange with an API server, as far as the client needs to know it. The way to a real
 * server is `http-transport.ts`; tests put a server of their own in its place, one that breaks off
 * wherever they want and keeps to their clock.
 */
export interface TransportRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With the query, from the root of the API server. */
  readonly path: string;
  /** Lower-case names. Authentication is the transport's. */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty for none. */
  readonly body: string;
  /** Credentials are read anew before: the last ones were refused. */
  readonly renew: boolean;
  /** Ends the exchange wherever it stands. */
  readonly signal: AbortSignal;
}

export interface TransportResponse {
  readonly status: number;
  /** Undefined when it is not there; names in lower case. */
  header(name: string): string | undefined;
  /** Throws when it ends before it is whole. Whoever does not read it aborts the request. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface Transport {
  /** Rejects with what the system said when there is no answer. */
  send(request: TransportRequest): Promise<TransportResponse>;
  /** Ends what is idle; afterwards nothing may be sent. */
  close(): void;
}
