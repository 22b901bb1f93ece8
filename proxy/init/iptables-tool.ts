/** Redirect rules by iptables: the fallback where there is no nftables, or where it lacks NAT. */
import {
  expectedIptablesLines,
  formatIptablesRemoval,
  formatIptablesRules,
  type NatTable,
  readNatTable,
} from "./iptables-rules.ts";
import type { Family, RedirectPlan } from "./redirect-plan.ts";
import {
  type Backend,
  compareLines,
  type RuleDifferences,
  type RuleTool,
  type RunTool,
  runOrFail,
  ToolFailure,
} from "./rule-tool.ts";

const PREFIXES: Readonly<Record<Family, string>> = { ipv4: "iptables", ipv6: "ip6tables" };
const FAMILIES: readonly Family[] = ["ipv4", "ipv6"];

/** Others may be changing the tables as well: kube-proxy on a node, a firewall. */
const LOCK_WAIT_SECONDS = "10";
const RESTORE = ["-w", LOCK_WAIT_SECONDS, "--noflush"];

export class IptablesTool implements RuleTool {
  readonly backend: Backend;
  readonly #run: RunTool;

  constructor(backend: "iptables-nft" | "iptables-legacy", run: RunTool) {
    this.backend = backend;
    this.#run = run;
  }

  async print(plan: RedirectPlan): Promise<string> {
    const parts = plan.families.map((family) => {
      // As for a table that others use, so that it looks the same everywhere.
      const before = { ...readNatTable(""), exists: true };
      const command = `# ${this.#plainName(family, "restore")} ${RESTORE.join(" ")}`;
      return `${command}\n${formatIptablesRules(plan, family, before)}`;
    });
    return parts.join("");
  }

  async apply(plan: RedirectPlan): Promise<void> {
    const done: Family[] = [];
    try {
      for (const family of plan.families) {
        const input = formatIptablesRules(plan, family, await this.#read(family));
        done.push(family);
        await this.#restore(family, input);
      }
      // What is not asked for now may have been before.
      for (const family of FAMILIES) {
        if (!plan.families.includes(family)) await this.#removeIfReadable(family);
      }
    } catch (error) {
      // One family alone would let the other's connections pass by the proxy, unseen.
      for (const family of done) await this.#removeIfReadable(family);
      throw error;
    }
  }

  async isPresent(): Promise<boolean> {
    const tables = [await this.#read("ipv4"), await this.#readIfThere("ipv6")];
    return tables.some((table) => table !== null && table.ownChains.length > 0);
  }

  async compare(plan: RedirectPlan): Promise<RuleDifferences> {
    const differences: RuleDifferences[] = [];
    for (const family of FAMILIES) {
      const isMeant = plan.families.includes(family);
      const table = isMeant ? await this.#read(family) : await this.#readIfThere(family);
      if (table === null) continue;
      const meant = isMeant ? expectedIptablesLines(plan, family) : [];
      const { missing, foreign } = compareLines(meant, table.lines);
      const mark = (line: string): string => `${PREFIXES[family]}: ${line}`;
      const ahead = table.ownChains.length > 0 ? table.ahead : [];
      differences.push({
        missing: missing.map(mark),
        foreign: [...foreign, ...ahead.map((line) => `ahead of ours: ${line}`)].map(mark),
      });
    }
    return {
      missing: differences.flatMap((one) => one.missing),
      foreign: differences.flatMap((one) => one.foreign),
    };
  }

  async remove(): Promise<void> {
    for (const family of FAMILIES) {
      const table = await this.#readIfThere(family);
      if (table !== null) await this.#removeFamily(family, table);
    }
  }

  async #removeIfReadable(family: Family): Promise<void> {
    try {
      const table = await this.#readIfThere(family);
      if (table !== null) await this.#removeFamily(family, table);
    } catch (error) {
      if (!(error instanceof ToolFailure)) throw error;
    }
  }

  async #removeFamily(family: Family, table: NatTable): Promise<void> {
    const input = formatIptablesRemoval(table);
    if (input === "") return;
    await this.#restore(family, input);
    if (table.isOurs && !table.hasOthers) await this.#removeEmptyTable(family);
  }

  /**
   * Where the first rule of ours made the `nat` table, it goes with the last. The legacy program
   * has no way to remove one: there an empty table stays, as after any use of it.
   */
  async #removeEmptyTable(family: Family): Promise<void> {
    if (this.backend === "iptables-legacy") return;
    await runOrFail(this.#run, await this.#name(family, ""), ["-t", "nat", "-X"]);
    // Without nft the table stays as well, and nothing is in it.
    const table = ["table", family === "ipv4" ? "ip" : "ip6", "nat"];
    const listed = await this.#run("nft", ["list", ...table], "");
    const isEmpty = listed !== null && /^table \S+ nat \{\s*\}\s*$/m.test(listed.stdout);
    if (isEmpty) await runOrFail(this.#run, "nft", ["delete", ...table]);
  }

  async #restore(family: Family, input: string): Promise<void> {
    await runOrFail(this.#run, await this.#name(family, "restore"), RESTORE, input);
  }

  async #read(family: Family): Promise<NatTable> {
    // All tables: asking for one by name would make it.
    return readNatTable(await runOrFail(this.#run, await this.#name(family, "save"), []));
  }

  /** Null without the program: nothing can have been set by it. */
  async #readIfThere(family: Family): Promise<NatTable | null> {
    try {
      return await this.#read(family);
    } catch (error) {
      if (error instanceof ToolFailure && error.isMissing) return null;
      throw error;
    }
  }

  /** `iptables-nft-save` where there are both kinds, `iptables-save` where it is this kind. */
  async #name(family: Family, verb: "restore" | "save" | ""): Promise<string> {
    const own = this.#ownName(family, verb);
    if ((await this.#run(own, ["--version"], "")) !== null) return own;
    const plain = this.#plainName(family, verb);
    const version = await this.#run(plain, ["--version"], "");
    const kind =
      version?.stdout.includes("nf_tables") === true ? "iptables-nft" : "iptables-legacy";
    if (version === null || kind !== this.backend) {
      throw new ToolFailure(`there is no ${own}`, true);
    }
    return plain;
  }

  #ownName(family: Family, verb: string): string {
    const kind = this.backend === "iptables-nft" ? "nft" : "legacy";
    return [PREFIXES[family], kind, verb].filter((part) => part !== "").join("-");
  }

  #plainName(family: Family, verb: string): string {
    return [PREFIXES[family], verb].filter((part) => part !== "").join("-");
  }
}
