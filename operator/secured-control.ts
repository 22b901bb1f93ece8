/** How those of other machines are served, wherever the proof of who they are comes from. */
import type { ControlSecurity } from "./publish/server.ts";

export interface SecuredControl {
  readonly security: ControlSecurity;
  /** Why proxies cannot be served; empty when they can. */
  readonly problem: string;
  /** Calls back with pods that are gone, whose proxies are not to be served any more. */
  onPodGone(listener: (uid: string) => void): void;
  leadershipChanged(): void;
  start(): Promise<void>;
  /** Resolves when it writes nothing any more that only one may write. It serves on. */
  resign(): Promise<void>;
  stop(): Promise<void>;
}
