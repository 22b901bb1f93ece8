/** Which sockets of this proxy were opened before it: by systemd, or by the process it follows. */
import {
  LINK_VARIABLE,
  LISTEN_COUNT_VARIABLE,
  LISTEN_FIRST_FD,
  LISTEN_NAMES_VARIABLE,
  LISTEN_PID_VARIABLE,
} from "../../base/listen-variables.ts";
import type { Environment } from "../../base/program.ts";
import { DOOR_NAMES } from "./lifecycle.ts";
import type { HandedSocket } from "./successor.ts";

/** More than any proxy has doors and addresses: a larger number is a mistake. */
const SOCKETS_MAX = 64;

export interface Inherited {
  readonly sockets: readonly HandedSocket[];
  /** Descriptor of the link to the process whose place this one takes; null for a first one. */
  readonly linkFd: number | null;
}

export const NOTHING_INHERITED: Inherited = { sockets: [], linkFd: null };

/** A text where what is there makes no sense. What is meant for another process is nothing. */
export function parseInherited(env: Environment, pid: number): Inherited | string {
  const forPid = env[LISTEN_PID_VARIABLE];
  const counted = env[LISTEN_COUNT_VARIABLE];
  if (counted === undefined || (forPid !== undefined && forPid !== String(pid))) {
    return NOTHING_INHERITED;
  }
  const count = Number(counted);
  if (!Number.isInteger(count) || count < 0 || count > SOCKETS_MAX) {
    return `${LISTEN_COUNT_VARIABLE}=${counted} is no number of sockets`;
  }
  const names = (env[LISTEN_NAMES_VARIABLE] ?? "").split(":");
  const sockets: HandedSocket[] = [];
  for (let index = 0; index < count; index += 1) {
    const name = DOOR_NAMES.find((one) => one === names[index]);
    if (name === undefined) {
      const given = names[index] ?? "";
      return (
        `the socket ${given === "" ? "without a name" : given} is none of ` +
        `${DOOR_NAMES.join(", ")}: name it with FileDescriptorName= in its socket unit`
      );
    }
    sockets.push({ name, fd: LISTEN_FIRST_FD + index });
  }
  const link = env[LINK_VARIABLE];
  return { sockets, linkFd: link === undefined ? null : Number(link) };
}
