import type { Location } from "../../mesh/intent.ts";
import type { ObjectId } from "../sources/object-source.ts";

/**
 * What the operator keeps of an object beyond what is written now: how its generations were
 * counted, and the version that was accepted last, which stays in force while the newest is not.
 */
export interface RememberedObject {
  readonly id: ObjectId;
  /** Of the newest version that was seen, accepted or not. */
  readonly generation: number;
  /** Of the newest version's content: another one is another generation. */
  readonly contentHash: string;
  /** Path of its file below the folder. */
  readonly file: string;
  readonly createdAtWallMs: number;
  readonly accepted: AcceptedVersion | null;
}

export interface AcceptedVersion {
  readonly generation: number;
  /** The whole object as it was read, to be read again after a restart. */
  readonly raw: unknown;
  readonly location: Location;
}
