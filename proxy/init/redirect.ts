/** Applies, checks and removes redirect rules by the best backend that the machine has. */
import { IptablesTool } from "./iptables-tool.ts";
import { createNftTool } from "./nft-tool.ts";
import type { RedirectPlan } from "./redirect-plan.ts";
import {
  BACKENDS,
  type Backend,
  type RuleDifferences,
  type RuleTool,
  type RunTool,
  ToolFailure,
} from "./rule-tool.ts";

/** None of the backends could do it, each for its own reason. */
export class RedirectFailure extends Error {
  override readonly name = "RedirectFailure";
  readonly reasons: readonly ToolFailure[];

  constructor(reasons: readonly ToolFailure[]) {
    super(reasons.map((one) => one.message).join("; "));
    this.reasons = reasons;
  }

  /** No program was found that could have done it. */
  get isToolMissing(): boolean {
    return this.reasons.every((one) => one.isMissing);
  }
}

export interface AppliedRedirect {
  readonly backend: Backend;
  /** What could not be used before this one. */
  readonly passedOver: readonly ToolFailure[];
  readonly differences: RuleDifferences;
}

export class Redirect {
  readonly #tools: readonly RuleTool[];
  readonly #allTools: readonly RuleTool[];

  /** `backend`: null for the first that works. */
  constructor(run: RunTool, backend: Backend | null) {
    this.#allTools = BACKENDS.map((one) =>
      one === "nft" ? createNftTool(run) : new IptablesTool(one, run),
    );
    this.#tools = this.#allTools.filter((tool) => backend === null || tool.backend === backend);
  }

  /** What would be given to the first backend; nothing is looked at or changed. */
  async print(plan: RedirectPlan): Promise<string> {
    return (await this.#tools[0]?.print(plan)) ?? "";
  }

  /** Throws `RedirectFailure`. */
  async apply(plan: RedirectPlan): Promise<AppliedRedirect> {
    const [tool, passedOver] = await this.#firstThat((one) => one.apply(plan));
    // What another one set before would redirect a second time.
    await this.#removeBy(this.#allTools.filter((one) => one !== tool));
    const differences = await this.#orFail(() => tool.compare(plan));
    return { backend: tool.backend, passedOver, differences };
  }

  /** By the backend that holds our rules, or the first that works. Throws `RedirectFailure`. */
  async check(plan: RedirectPlan): Promise<AppliedRedirect> {
    for (const tool of this.#tools) {
      if (await isPresent(tool)) {
        const differences = await this.#orFail(() => tool.compare(plan));
        return { backend: tool.backend, passedOver: [], differences };
      }
    }
    let differences: RuleDifferences = { missing: [], foreign: [] };
    const [{ backend }, passedOver] = await this.#firstThat(async (tool) => {
      differences = await tool.compare(plan);
    });
    return { backend, passedOver, differences };
  }

  /**
   * Removes what any backend may have set, and says which had. One that cannot be asked holds
   * nothing. Throws `RedirectFailure` when one does not let go, or none can even be asked.
   */
  async undo(): Promise<readonly Backend[]> {
    const removed: Backend[] = [];
    const reasons: ToolFailure[] = [];
    for (const tool of this.#tools) {
      try {
        if (!(await tool.isPresent())) continue;
      } catch (error) {
        if (!(error instanceof ToolFailure)) throw error;
        reasons.push(error);
        continue;
      }
      await this.#orFail(() => tool.remove());
      removed.push(tool.backend);
    }
    if (reasons.length === this.#tools.length) throw new RedirectFailure(reasons);
    return removed;
  }

  async #firstThat(
    work: (tool: RuleTool) => Promise<void>,
  ): Promise<readonly [RuleTool, readonly ToolFailure[]]> {
    const reasons: ToolFailure[] = [];
    for (const tool of this.#tools) {
      try {
        await work(tool);
        return [tool, reasons];
      } catch (error) {
        if (!(error instanceof ToolFailure)) throw error;
        reasons.push(error);
      }
    }
    throw new RedirectFailure(reasons);
  }

  async #removeBy(tools: readonly RuleTool[]): Promise<void> {
    for (const tool of tools) {
      if (await isPresent(tool)) await this.#orFail(() => tool.remove());
    }
  }

  async #orFail<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ToolFailure) throw new RedirectFailure([error]);
      throw error;
    }
  }
}

/** A backend that cannot be asked holds nothing. */
async function isPresent(tool: RuleTool): Promise<boolean> {
  try {
    return await tool.isPresent();
  } catch (error) {
    if (error instanceof ToolFailure) return false;
    throw error;
  }
}
