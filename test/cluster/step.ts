/** One check of the tour: named for what it shows, and over when it has seen that. */
import type { Tour } from "./tour.ts";

export interface Step {
  readonly title: string;
  /** Without it the steps after it make no sense, and are skipped. */
  readonly isNeeded?: boolean;
  /** Throws when it did not see what it should. */
  run(tour: Tour): Promise<void>;
}
