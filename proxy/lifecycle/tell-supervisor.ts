/**
 * A supervisor that waits for a proxy starts what depends on it only when the proxy is ready: an
 * application must not send what nobody would carry. The protocol is that of `sd_notify`.
 */
import type { Log } from "../../base/log.ts";
import type { Timers } from "../../base/timers.ts";

const LOOK_MS = 50;

export interface TellSupervisorDeps {
  readonly timers: Timers;
  readonly log: Log;
  /** Rejects when it could not be told. */
  readonly notify: (text: string) => Promise<void>;
  /** Rejects when there is nobody to ask any more. */
  readonly isReady: () => Promise<boolean>;
}

/** Looks until it is ready, and says so once. Resolves then, or when there is nothing to say. */
export async function tellWhenReady(deps: TellSupervisorDeps): Promise<void> {
  const { timers, log, notify, isReady } = deps;
  try {
    while (!(await isReady())) {
      await new Promise<void>((resolve) => {
        timers.set(LOOK_MS, resolve);
      });
    }
    await notify("READY=1");
  } catch (error) {
    log.warn("the supervisor could not be told", { error: String(error) });
  }
}
