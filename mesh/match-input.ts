/**
 * What matching may see of a request. Positions in bytes that are only borrowed, so that finding
 * a route makes no strings: those of a header are made when a rule names that header.
 */
export interface MatchInput {
  readonly bytes: Uint8Array;
  readonly methodStart: number;
  readonly methodEnd: number;
  /**
   * The path as it was received: without the query, percent-encoding not decoded, dot segments
   * not removed, no line breaks in it. Empty where there is none.
   */
  readonly pathStart: number;
  readonly pathEnd: number;
  /**
   * The value of the nth field line of that name, `n` from 0, one character per byte; undefined
   * when there are not so many. Asked only for names in `RouteTable.headerNames`.
   */
  headerValue(nameLowerCase: string, nth: number): string | undefined;
}
