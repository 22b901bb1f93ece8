/** What sets the kernel's rules: nftables, or either of the two kinds of iptables. */
import type { RedirectPlan } from "./redirect-plan.ts";

export const BACKENDS = ["nft", "iptables-nft", "iptables-legacy"] as const;
export type Backend = (typeof BACKENDS)[number];

/** What a program left behind. */
export interface ToolResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end with that standard input. Null: there is no such program. */
export type RunTool = (
  file: string,
  args: readonly string[],
  input: string,
) => Promise<ToolResult | null>;

/** It could not be done by this backend. Another may do better. */
export class ToolFailure extends Error {
  override readonly name = "ToolFailure";
  /** There is no such program on this machine. */
  readonly isMissing: boolean;

  constructor(message: string, isMissing = false) {
    super(message);
    this.isMissing = isMissing;
  }
}

/** How what is in force differs from what was meant; both empty when it does not. */
export interface RuleDifferences {
  readonly missing: readonly string[];
  readonly foreign: readonly string[];
}

/** Each method throws `ToolFailure`. */
export interface RuleTool {
  readonly backend: Backend;
  /** The input of the programs, for people. */
  print(plan: RedirectPlan): Promise<string>;
  /** Puts the plan in force in place of what it set before. */
  apply(plan: RedirectPlan): Promise<void>;
  /** Whether anything of ours is there. */
  isPresent(): Promise<boolean>;
  compare(plan: RedirectPlan): Promise<RuleDifferences>;
  /** Leaves no trace; fine when there is nothing. */
  remove(): Promise<void>;
}

/** Order counts as well: of two rules the first decides. */
export function compareLines(meant: readonly string[], found: readonly string[]): RuleDifferences {
  const missing = withoutAll(meant, found);
  const foreign = withoutAll(found, meant);
  if (missing.length > 0 || foreign.length > 0) return { missing, foreign };
  const at = meant.findIndex((line, index) => line !== found[index]);
  if (at < 0) return { missing, foreign };
  return { missing: [`in this place: ${meant[at]}`], foreign: [`in this place: ${found[at]}`] };
}

/** Runs it and throws unless it ends well. */
export async function runOrFail(
  run: RunTool,
  file: string,
  args: readonly string[],
  input = "",
): Promise<string> {
  const result = await run(file, args, input);
  if (result === null) throw new ToolFailure(`there is no ${file}`, true);
  if (result.code !== 0) throw new ToolFailure(`${file}: ${firstLine(result)}`);
  return result.stdout;
}

function firstLine({ code, stderr }: ToolResult): string {
  const lines = stderr.split("\n").map((line) => line.trim());
  // nft repeats the input below its complaint, iptables-restore hints at its manual above it.
  return lines.find((line) => line !== "") ?? `exit code ${code}`;
}

/** Each line of `taken` takes away one. */
function withoutAll(lines: readonly string[], taken: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const line of taken) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}
