/** Takes the sockets of doors along, for a process that will open the same doors. */
import { closeDescriptors } from "../net/duplicate-descriptor.ts";
import type { DoorName } from "./lifecycle.ts";
import type { HandedSocket } from "./successor.ts";

export interface KeptDoor {
  readonly name: DoorName;
  readonly listener: { readonly fd: number };
}

/** Second descriptors of all doors, or of none: what was made before a failure is closed. */
export async function keepDoors(
  doors: readonly KeptDoor[],
  duplicate: (fd: number) => Promise<number>,
): Promise<readonly HandedSocket[]> {
  const kept: HandedSocket[] = [];
  try {
    for (const { name, listener } of doors) {
      kept.push({ name, fd: await duplicate(listener.fd) });
    }
    return kept;
  } catch (error) {
    closeDescriptors(kept.map(({ fd }) => fd));
    throw error;
  }
}
