/** Waiting a while, unless the program is asked to stop. */
import type { CommandContext } from "./command.ts";

/** True after `forMs`; false as soon as it is time to stop. */
export function pause(context: Pick<CommandContext, "io" | "timers">, forMs: number) {
  const { io, timers } = context;
  if (io.stop.aborted) return Promise.resolve(false);
  return new Promise<boolean>((resolve) => {
    const stop = (): void => {
      timers.clear(timer);
      resolve(false);
    };
    const timer = timers.set(forMs, () => {
      io.stop.removeEventListener("abort", stop);
      resolve(true);
    });
    io.stop.addEventListener("abort", stop, { once: true });
  });
}
