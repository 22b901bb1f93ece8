/** One thing that applications say to each other, and how it is tried through the mesh. */
import type { Pod } from "../../harness/pod.ts";
import { findPostgres } from "./find-postgres.ts";

/** How a proxy carries it: request by request, or as it is. */
export type Carriage = "requests" | "bytes";

/** Where the client dials. */
export interface Place {
  readonly host: string;
  /** In brackets where it is IPv6. */
  readonly urlHost: string;
  readonly port: number;
}

export interface SpokenProtocol {
  readonly name: string;
  readonly client: string;
  readonly server: string;
  /** Of the service; its name is made of it. */
  readonly port: number;
  /** Of the server; the service's own if absent. */
  readonly targetPort?: number;
  /** Without one of them it cannot be tried. */
  readonly programs: readonly string[];
  /** Says something, and throws unless the server's answer came. */
  say(client: Pod, to: Place): Promise<void>;
}

export function missingPrograms({ programs }: SpokenProtocol): readonly string[] {
  return programs.filter((program) => findPostgres(program) === undefined);
}
