/**
 * What one HTTP/1 message may ask of us. Every buffer, count and total of the codec has its bound
 * here; a peer that passes one is refused, never served more memory.
 */
export interface Http1Limits {
  /** Request-line or status-line, field lines and the empty line, with their line ends. */
  readonly headBytesMax: number;
  /** The request-target alone. Its line is refused as 414 when it is longer. */
  readonly targetBytesMax: number;
  /** Fields of a head, and again of a trailer section. */
  readonly fieldCountMax: number;
  /** Chunk extensions of a whole message: nobody uses them but to make us read for nothing. */
  readonly chunkExtensionBytesMax: number;
  /** A trailer section, its empty line included. */
  readonly trailerBytesMax: number;
  /** Responses below 200 before the final one. */
  readonly informationalMax: number;
}

export const DEFAULT_HTTP1_LIMITS: Http1Limits = {
  headBytesMax: 65_536,
  targetBytesMax: 16_384,
  fieldCountMax: 512,
  chunkExtensionBytesMax: 4_096,
  trailerBytesMax: 16_384,
  informationalMax: 8,
};

/** The longest registered method has 17 bytes; nothing longer than this is taken for one. */
export const METHOD_BYTES_MAX = 32;

/** Empty lines before a request-line: some old clients end a body with one too many. */
export const LEADING_EMPTY_LINES_MAX = 2;

/** Names in Connection beside its options: each is looked up among all fields of the head. */
export const CONNECTION_NAMES_MAX = 32;
