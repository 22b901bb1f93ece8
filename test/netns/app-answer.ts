/** What `app.ts` says of a request. */
export interface AppAnswer {
  /** Of the application that answered. */
  readonly name: string;
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly bodyBytes: number;
  /** The address that it sees. */
  readonly client: string;
}
