/** Why an address cannot be had, for whoever named it by a flag. */
import { EXIT, ProgramError } from "./program.ts";

const OF_A_PORT: ReadonlyMap<string, string> = new Map([
  ["EADDRINUSE", "the port is in use; choose another with this flag, or stop what listens there"],
  ["EACCES", "this user may not listen on that port (EACCES); choose one above 1023"],
  ["EADDRNOTAVAIL", "this is no address of this machine (EADDRNOTAVAIL)"],
]);

const OF_A_SOCKET: ReadonlyMap<string, string> = new Map([
  ["EADDRINUSE", "the socket is in use; choose another with this flag, or stop what listens there"],
  ["EACCES", "this user may not make a socket there (EACCES)"],
  ["ENOENT", "the folder of the socket is not there (ENOENT)"],
]);

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
    const why = (place.startsWith("unix:") ? OF_A_SOCKET : OF_A_PORT).get(code) ?? code;
    throw new ProgramError(`${flag} ${place}: ${why}`, EXIT.failed, error);
  }
}
