/** `heddle proxy --restart`: asks the proxy that runs to make way for a new process of itself. */
import { type Address, formatAddress } from "../../base/address.ts";
import { EXIT, ProgramError, type ProgramIo } from "../../base/program.ts";
import { type AdminAnswer, askAdmin } from "./ask-admin.ts";
import { READY_WITHIN_MS } from "./succession.ts";

/** It answers by then, whatever became of it. */
const ANSWER_WITHIN_MS = READY_WITHIN_MS + 5_000;

/** Resolves to the exit code, when the new process serves; throws a `ProgramError` otherwise. */
export async function askForRestart(admin: Address, io: ProgramIo): Promise<number> {
  const where = `the proxy at ${formatAddress(admin)}`;
  let answer: AdminAnswer;
  try {
    answer = await askAdmin(admin, "POST", "/restart", ANSWER_WITHIN_MS);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new ProgramError(
      `cannot reach ${where}: ${problem}; say where it is with --admin`,
      EXIT.unavailable,
      error,
    );
  }
  if (answer.status !== 200) {
    throw new ProgramError(`${where} was not restarted: ${answer.text.trim()}`);
  }
  io.stdout.write(`${where} was restarted\n`);
  return EXIT.ok;
}
