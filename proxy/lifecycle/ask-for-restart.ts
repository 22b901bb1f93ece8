/** `heddle proxy --restart`: asks the proxy that runs to make way for a new process of itself. */
import { request } from "node:http";
import { type Address, formatAddress } from "../../base/address.ts";
import { EXIT, ProgramError, type ProgramIo } from "../../base/program.ts";
import { READY_WITHIN_MS } from "./succession.ts";

/** It answers by then, whatever became of it. */
const ANSWER_WITHIN_MS = READY_WITHIN_MS + 5_000;

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Resolves to the exit code, when the new process serves; throws a `ProgramError` otherwise. */
export async function askForRestart(admin: Address, io: ProgramIo): Promise<number> {
  const where = `the proxy at ${formatAddress(admin)}`;
  let answer: Answer;
  try {
    answer = await post(admin, "/restart");
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

function post({ host, port }: Address, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const headers = { connection: "close" };
    const sent = request({ host, port, path, method: "POST", headers, signal }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (part: string) => {
        text += part;
      });
      answer.on("error", reject);
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    sent.on("error", reject);
    sent.end();
  });
}
