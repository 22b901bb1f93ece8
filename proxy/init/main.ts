/**
 * `heddle init`: sets the rules that redirect connections to the proxy, once, and ends. Its own
 * program beside the proxy's, so that the one with the right to change the network is small.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createProgram } from "../../base/command-program.ts";
import { EXIT, ProgramError, type ProgramIo, UsageError } from "../../base/program.ts";
import {
  describeDifferences,
  describeRedirect,
  explainFailure,
  LACKS_NET_ADMIN,
  redirectDocument,
} from "./describe-redirect.ts";
import { type InitFlags, initCommand, readRedirectSettings } from "./init-command.ts";
import { type AppliedRedirect, Redirect, RedirectFailure } from "./redirect.ts";
import { planRedirect, type RedirectPlan } from "./redirect-plan.ts";
import type { RunTool, ToolResult } from "./rule-tool.ts";

export { initCommand } from "./init-command.ts";

/** Of what a program may print: far more than our rules and those of a busy node. */
const OUTPUT_BYTES_MAX = 64 * 1_024 * 1_024;

/** The bit of CAP_NET_ADMIN, capabilities(7). */
const NET_ADMIN_BIT = 12n;

export const init = createProgram(initCommand, async ({ flags }, io) => {
  checkModes(flags);
  const plan = planRedirect(readRedirectSettings(flags, hasIpv6()));
  const redirect = new Redirect(createRunTool(io), flags.backend === "auto" ? null : flags.backend);
  if (flags["dry-run"]) {
    io.stdout.write(await redirect.print(plan));
    return EXIT.ok;
  }
  if (!mayChangeNetwork()) throw new ProgramError(LACKS_NET_ADMIN);
  try {
    return await work(flags, redirect, plan, io);
  } catch (error) {
    if (!(error instanceof RedirectFailure)) throw error;
    const doing = flags.undo ? "remove the rules" : flags.check ? "read the rules" : "redirect";
    throw explainFailure(error, doing);
  }
});

async function work(
  flags: InitFlags,
  redirect: Redirect,
  plan: RedirectPlan,
  io: ProgramIo,
): Promise<number> {
  const asJson = flags.output === "json";
  if (flags.undo) {
    const removed = await redirect.undo();
    const text =
      removed.length === 0 ? "there was nothing to remove" : `removed: ${removed.join()}`;
    io.stdout.write(asJson ? formatJson({ removed }) : `${text}\n`);
    return EXIT.ok;
  }
  const applied = flags.check ? await redirect.check(plan) : await redirect.apply(plan);
  const { missing, foreign } = applied.differences;
  const isRight = missing.length + foreign.length === 0;
  if (asJson) io.stdout.write(formatJson(redirectDocument(plan, applied)));
  else if (isRight) io.stdout.write(describeRedirect(plan, applied));
  for (const failure of applied.passedOver) {
    if (!asJson) io.stderr.write(`heddle init: passed over: ${failure.message}\n`);
  }
  if (isRight) return EXIT.ok;
  io.stderr.write(`heddle init: ${complain(flags, applied)}\n${describeDifferences(applied)}`);
  return EXIT.failed;
}

function complain(flags: InitFlags, { backend }: AppliedRedirect): string {
  return flags.check
    ? `what is in force (${backend}) is not what would be set`
    : `the rules were set by ${backend}, but other ones are in force`;
}

function checkModes(flags: InitFlags): void {
  const modes = (["dry-run", "check", "undo"] as const).filter((name) => flags[name]);
  if (modes.length < 2) return;
  throw new UsageError(`--${modes[0]} and --${modes[1]} do not go together`);
}

function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function createRunTool(io: ProgramIo): RunTool {
  // In English, and where Debian keeps them.
  const path = `${io.env.PATH ?? ""}:/usr/sbin:/sbin`;
  const env = { ...io.env, PATH: path, LC_ALL: "C" };
  return (file, args, input) =>
    new Promise((resolve) => {
      const child = spawn(file, args, { env, stdio: "pipe" });
      const output = { stdout: "", stderr: "" };
      const keep = (name: keyof typeof output) => (bytes: Buffer) => {
        if (output[name].length < OUTPUT_BYTES_MAX) output[name] += bytes.toString("utf8");
      };
      child.stdout.on("data", keep("stdout"));
      child.stderr.on("data", keep("stderr"));
      child.on("error", (error: NodeJS.ErrnoException) => {
        resolve(error.code === "ENOENT" ? null : failedToRun(error));
      });
      child.on("close", (code) => resolve({ code: code ?? -1, ...output }));
      // It may end without reading.
      child.stdin.on("error", () => {});
      child.stdin.end(input);
    });
}

function failedToRun(error: Error): ToolResult {
  return { code: -1, stdout: "", stderr: error.message };
}

/** False where the kernel has none, or it is switched off for this namespace. */
function hasIpv6(): boolean {
  return readText("/proc/self/net/if_inet6") !== "";
}

/** Where the kernel does not tell, the programs will. */
function mayChangeNetwork(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readText("/proc/self/status"))?.[1];
  return effective === undefined || ((BigInt(`0x${effective}`) >> NET_ADMIN_BIT) & 1n) === 1n;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
