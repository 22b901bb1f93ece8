/** Why an address cannot be had, for whoever named it by a flag. */
import { EXIT, ProgramError } from "./program.ts";

/** `place` as the user would write it. Rejects with a `ProgramError` that names the flag. */
export async function explainListening<T>(
  flag: string,
  place: string,
  started: Promise<T>,
): Promise<T> {
  try {
    return await started;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const what = place.startsWith("unix:") ? "the socket" : "the port";
    const why =
      code === "EADDRINUSE"
        ? `${what} is in use; choose another with this flag, or stop what listens there`
        : code;
    throw new ProgramError(`${flag} ${place}: ${why}`, EXIT.failed, error);
  }
}
