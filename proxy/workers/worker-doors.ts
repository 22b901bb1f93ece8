/** At which addresses, and with which sockets, workers listen. */
import type { Address } from "../../base/address.ts";
import type { Log } from "../../base/log.ts";
import type { Inherited } from "../lifecycle/inherited-sockets.ts";
import type { DoorName } from "../lifecycle/lifecycle.ts";
import { openListeners } from "../net/open-listeners.ts";
import type { Network } from "../net/stream.ts";
import type { DoorPlace } from "./worker-messages.ts";

export interface WorkerDoorsDeps {
  readonly network: Network;
  readonly log: Log;
  readonly inherited: Inherited;
  /** A second descriptor of the same socket. */
  readonly duplicateDescriptor: (fd: number) => Promise<number>;
}

/** The places of each of `count` workers at one door. Rejects when an address cannot be had. */
export async function placesAt(
  name: DoorName,
  address: Address,
  count: number,
  deps: WorkerDoorsDeps,
): Promise<readonly (readonly DoorPlace[])[]> {
  const given = deps.inherited.sockets.filter((socket) => socket.name === name);
  if (given.length === 0) {
    const places = await findPlaces(name, address, deps);
    return Array.from({ length: count }, () => places);
  }
  const place = (fd: number): DoorPlace => ({ name, ...address, fd });
  // What workers had before is told worker by worker: each gets as many as it had, none is lost.
  if (deps.inherited.linkFd !== null && given.length % count === 0) {
    const each = given.length / count;
    return Array.from({ length: count }, (_, index) =>
      given.slice(index * each, (index + 1) * each).map(({ fd }) => place(fd)),
    );
  }
  const all: DoorPlace[][] = [];
  for (let index = 0; index < count; index += 1) {
    const own: DoorPlace[] = [];
    for (const { fd } of given) {
      own.push(place(index === 0 ? fd : await deps.duplicateDescriptor(fd)));
    }
    all.push(own);
  }
  return all;
}

/**
 * Listens for a moment and alone: finds out which port is free, and that no other process has it.
 * Workers share it afterwards, which any other process of this user could do too.
 */
async function findPlaces(
  name: DoorName,
  address: Address,
  { network, log }: WorkerDoorsDeps,
): Promise<readonly DoorPlace[]> {
  const options = { ...address, backlog: 1, refusesOwn: false };
  const accept = (): void => {};
  const listeners = await openListeners(network, { ...options, accept }, log);
  for (const listener of listeners) listener.close();
  return listeners.map(({ host, port }) => ({ name, host, port, fd: undefined }));
}
