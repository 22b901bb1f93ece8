/** The other end of the link that `spawnSelf` makes. */
import { Socket } from "node:net";
import { LineLink } from "./link.ts";

export interface ParentLinkEvents {
  readonly told: (line: string) => void;
  /** The parent is gone. */
  readonly lost: () => void;
}

export function openParentLink(fd: number): {
  say(line: string): void;
  listen(events: ParentLinkEvents): void;
} {
  const stream = new Socket({ fd, readable: true, writable: true });
  let listener: ParentLinkEvents = { told: () => {}, lost: () => {} };
  const link = new LineLink(
    stream,
    (line) => listener.told(line),
    () => listener.lost(),
  );
  return {
    say: (line) => link.say(line),
    listen: (events) => {
      listener = events;
    },
  };
}
