/** Redirect rules by `nft`: one table, replaced and removed as a whole. */
import { readNftListing } from "./nft-listing.ts";
import { expectedNftLines, formatNftRemoval, formatNftRules, NFT_TABLE } from "./nft-rules.ts";
import type { RedirectPlan } from "./redirect-plan.ts";
import {
  compareLines,
  type RuleDifferences,
  type RuleTool,
  type RunTool,
  runOrFail,
  ToolFailure,
} from "./rule-tool.ts";

const FROM_INPUT = ["-f", "-"];
const LIST_TABLE = ["-j", "list", "table", "inet", NFT_TABLE];

export function createNftTool(run: RunTool): RuleTool {
  return {
    backend: "nft",
    async print(plan: RedirectPlan) {
      return `# nft -f -\n${formatNftRules(plan)}`;
    },
    async apply(plan: RedirectPlan) {
      await runOrFail(run, "nft", FROM_INPUT, formatNftRules(plan));
    },
    async isPresent() {
      const tables = await runOrFail(run, "nft", ["list", "tables"]);
      return tables.split("\n").includes(`table inet ${NFT_TABLE}`);
    },
    async compare(plan: RedirectPlan): Promise<RuleDifferences> {
      const meant = expectedNftLines(plan);
      if (!(await this.isPresent())) return { missing: meant, foreign: [] };
      const listing = await runOrFail(run, "nft", LIST_TABLE);
      try {
        return compareLines(sortChains(meant), sortChains(readNftListing(listing)));
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        throw new ToolFailure(`nft: its list cannot be read: ${error.message}`);
      }
    },
    async remove() {
      await runOrFail(run, "nft", FROM_INPUT, formatNftRemoval());
    },
  };
}

/** `nft` tells all chains first, then all rules. */
function sortChains(lines: readonly string[]): readonly string[] {
  const chainOf = (line: string): string => line.slice(0, line.indexOf(":"));
  return [...lines].sort((a, b) => chainOf(a).localeCompare(chainOf(b)));
}
