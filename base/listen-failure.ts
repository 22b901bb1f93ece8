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
    const why = place.startsWith("unix:") ? socketFailure(code) : portFailure(code);
    throw new ProgramError(`${flag} ${place}: ${why}`, EXIT.failed, error);
  }
}

function portFailure(code: string): string {
  switch (code) {
    case "EADDRINUSE":
      return "the port is in use; choose another with this flag, or stop what listens there";
    case "EACCES":
      return "this user may not listen on that port (EACCES); choose one above 1023";
    case "EADDRNOTAVAIL":
      return "this is no address of this machine (EADDRNOTAVAIL)";
    default:
      return code;
  }
}

function socketFailure(code: string): string {
  switch (code) {
    case "EADDRINUSE":
      return "the socket is in use; choose another with this flag, or stop what listens there";
    case "EACCES":
      return "this user may not make a socket there (EACCES)";
    case "ENOENT":
      return "the folder of the socket is not there (ENOENT)";
    default:
      return code;
  }
}
