/** What the machine itself may ask of the proxy: to let go, to end, to make way for a new one. */
import type { OwnAnswer } from "../exchange/exchange.ts";
import type { Lifecycle } from "../lifecycle/lifecycle.ts";
import { describeLifecycle } from "../lifecycle/observe-lifecycle.ts";
import type { ProcessControl } from "../lifecycle/successor.ts";
import { type AdminPage, json, text } from "./admin.ts";

export interface LifecyclePageDeps {
  readonly lifecycle: Lifecycle;
  readonly control: ProcessControl;
  /** The workload is going. May be asked again. */
  readonly drain: () => void;
}

export function createLifecyclePages(deps: LifecyclePageDeps): readonly AdminPage[] {
  const { lifecycle, control, drain } = deps;
  const asked = (path: string, answer: AdminPage["answer"]): AdminPage => {
    return { path, method: "POST", loopbackOnly: true, answer };
  };
  return [
    asked("/drain", () => {
      drain();
      return json(describeLifecycle(lifecycle));
    }),
    asked("/shutdown", () => {
      control.shutdown();
      return json(describeLifecycle(lifecycle));
    }),
    asked("/restart", () => restart(control, lifecycle)),
  ];
}

async function restart(control: ProcessControl, lifecycle: Lifecycle): Promise<OwnAnswer> {
  try {
    await control.restart();
    return json(describeLifecycle(lifecycle));
  } catch (error) {
    return text(503, `${error instanceof Error ? error.message : String(error)}\n`);
  }
}
