/**
 * A subject of `heddle check`: one program or thing that is looked at, and all that is asked about
 * it. A new subject is a new group; nothing else of the verb changes.
 */
import type { Address } from "../../base/address.ts";
import { ProgramError } from "../../base/program.ts";
import type { CheckResult } from "../../mesh/self-check.ts";
import type { HttpGet } from "../api/http.ts";
import type { CommandContext } from "../command.ts";

export interface CheckGroup {
  /** For scripts: `proxy`, `kubernetes`, `installation`. */
  readonly name: string;
  readonly results: readonly CheckResult[];
  /** What was looked at: `the proxy at 127.0.0.1:4191`. */
  readonly subject: string;
}

/** Where to look. */
export interface CheckPlaces {
  readonly proxyAdmin: Address;
  /** How, and what to call it, where it is in a pod: `in pod shop/web-0`. */
  readonly proxyGet?: HttpGet;
  readonly proxyPlace?: string | undefined;
}

/** Never rejects because of what it looks at: that is a result. */
export type RunGroup = (context: CommandContext, places: CheckPlaces) => Promise<CheckGroup>;

/** What a program that cannot be asked has to say. */
export function unreachable(error: unknown): CheckResult {
  if (!(error instanceof ProgramError)) throw error;
  return { name: "reachable", verdict: "failed", detail: error.message, hint: "" };
}
