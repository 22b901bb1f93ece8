/** What lint finds by seeing all objects together. */
import type { Path } from "../base/shape.ts";
import type { IntentObject } from "../mesh/intent.ts";
import type { Problem } from "../mesh/problem.ts";

/** Something about one object that another object brought up. */
export interface CrossFinding {
  readonly object: IntentObject;
  readonly severity: Problem["severity"];
  readonly code: string;
  readonly path: Path;
  readonly message: string;
  readonly hint: string;
}
