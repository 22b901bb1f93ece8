/** What a description of an API says that a profile can use, whatever language it is in. */
import type { Problem } from "../../mesh/problem.ts";

export interface DescribedRoute {
  /** `GET /books/{id}`, `GetBook`: unique in the end, see `toProfile`. */
  readonly name: string;
  /** In capitals. */
  readonly method: string;
  /** As it stands on the wire. */
  readonly path: PathTemplate;
  /** Undefined where nothing is said: then the method decides. */
  readonly isRetryable: boolean | undefined;
  /** As it was written; empty for none. */
  readonly timeout: string;
  /** Ranges of statuses that are described, lowest first. */
  readonly statuses: readonly StatusRange[];
}

export interface StatusRange {
  readonly min: number;
  readonly max: number;
}

/** A parameter stands for anything but a slash, or with `hasSlashes` for anything at all. */
export type PathPiece =
  | { readonly text: string }
  | { readonly parameter: string; readonly hasSlashes: boolean };

export type PathTemplate = readonly PathPiece[];

export interface DescribedApi {
  readonly routes: readonly DescribedRoute[];
  /** Errors leave routes out; nothing is guessed. */
  readonly problems: readonly Problem[];
}
