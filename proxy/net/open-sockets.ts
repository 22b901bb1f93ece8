/**
 * Connections that are open, both ways, beside how many files the system lets the process open.
 * What is beyond would fail anywhere: a file that cannot be written, an endpoint that cannot be
 * dialled, a caller whom the runtime drops without a word. So callers are refused a little before
 * that, and counted.
 */

/** Kept for what is no caller's connection: listeners, files, the operator, the admin's pages. */
const RESERVE = 64;
/** Where few files are allowed, the reserve takes no more than this share of them. */
const RESERVE_SHARE_MAX = 0.25;
/**
 * So much of the reserve is for connections to endpoints, or callers who had come all at once could
 * take what is needed to serve any of them.
 */
const DIALS_SHARE = 0.25;

export class OpenSockets {
  open = 0;
  /** Callers that were refused, and dials that failed, because no file was left for them. */
  refused = 0;
  /** To be told of each. */
  onRefused: () => void = () => {};
  /** How many connections there may be; infinite where the system sets no limit. */
  readonly max: number;
  readonly #dialsMax: number;

  /** `openFilesMax`: null where the system does not say. */
  constructor(openFilesMax: number | null) {
    const max = openFilesMax ?? Number.POSITIVE_INFINITY;
    const reserve = Math.min(RESERVE, Math.floor(max * RESERVE_SHARE_MAX));
    this.max = max - reserve;
    this.#dialsMax = this.max + Math.floor(reserve * DIALS_SHARE);
  }

  get isFull(): boolean {
    return this.open >= this.max;
  }

  /** Whether an endpoint may be dialled, and the admin's pages still be asked. */
  get mayDial(): boolean {
    return this.open < this.#dialsMax;
  }

  refuse(): void {
    this.refused += 1;
    this.onRefused();
  }
}
