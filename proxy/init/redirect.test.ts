import { describe, expect, it } from "vitest";
import { Redirect, RedirectFailure } from "./redirect.ts";
import { planRedirect } from "./redirect-plan.ts";
import { compareLines, type RunTool, type ToolResult } from "./rule-tool.ts";
import { SAMPLE_SETTINGS } from "./sample-settings.ts";

const PLAN = planRedirect(SAMPLE_SETTINGS);

type Answer = (args: readonly string[], input: string) => Partial<ToolResult> | null;

/** Programs by name; those that are not here are not installed. */
function machine(programs: Readonly<Record<string, Answer>>) {
  const calls: string[] = [];
  const run: RunTool = (file, args, input) => {
    const answer = programs[file]?.(args, input);
    if (answer === undefined || answer === null) return Promise.resolve(null);
    if (args[0] !== "--version") calls.push([file, ...args].join(" "));
    return Promise.resolve({ code: 0, stdout: "", stderr: "", ...answer });
  };
  return { run, calls };
}

/** A nat table of iptables that keeps what is restored into it. */
function natTable(version = "v1.8.9 (nf_tables)") {
  let lines: string[] = [];
  const restore: Answer = (args, input) => {
    if (args[0] === "--version") return { stdout: version };
    lines = input.split("\n").filter((line) => /^[:-]/.test(line) && !line.startsWith("-D"));
    if (lines.some((line) => line.startsWith("-X"))) lines = [];
    return {};
  };
  const save: Answer = (args) => {
    if (args[0] === "--version") return { stdout: version };
    const saved = lines.map((line) => line.replace(/^-I (\w+) 1/, "-A $1"));
    return { stdout: `*nat\n${saved.join("\n")}\nCOMMIT\n` };
  };
  return { restore, save, lines: () => lines };
}

const BROKEN: Answer = () => ({ code: 1, stderr: "\nError: Could not process rule: No such file" });

describe("redirecting", () => {
  it("falls back to iptables, and says why", async () => {
    const [v4, v6] = [natTable(), natTable()];
    const { run } = machine({
      nft: BROKEN,
      "iptables-nft-save": v4.save,
      "iptables-nft-restore": v4.restore,
      "ip6tables-nft-save": v6.save,
      "ip6tables-nft-restore": v6.restore,
    });
    const applied = await new Redirect(run, null).apply(PLAN);
    expect(applied).toMatchObject({
      backend: "iptables-nft",
      differences: { missing: [], foreign: [] },
    });
    expect(applied.passedOver.map((one) => one.message)).toEqual([
      "nft: Error: Could not process rule: No such file",
    ]);
    expect(v6.lines().join()).toContain("2001:db8::1/128");
  });

  it("knows which iptables a plain name is", async () => {
    const [v4, v6] = [natTable("v1.8.9 (legacy)"), natTable("v1.8.9 (legacy)")];
    const { run } = machine({
      "iptables-save": v4.save,
      "iptables-restore": v4.restore,
      "ip6tables-save": v6.save,
      "ip6tables-restore": v6.restore,
    });
    expect((await new Redirect(run, null).apply(PLAN)).backend).toBe("iptables-legacy");
    await expect(new Redirect(run, "iptables-nft").apply(PLAN)).rejects.toThrow(
      "there is no iptables-nft-save",
    );
  });

  it("takes one family back when the other fails", async () => {
    const v4 = natTable();
    const { run } = machine({
      "iptables-nft-save": v4.save,
      "iptables-nft-restore": v4.restore,
      "iptables-nft": () => ({}),
      "ip6tables-nft-save": () => ({}),
      "ip6tables-nft-restore": BROKEN,
    });
    await expect(new Redirect(run, "iptables-nft").apply(PLAN)).rejects.toThrow(RedirectFailure);
    expect(v4.lines()).toEqual([]);
  });

  it("says when there is nothing to do it with", async () => {
    const failure = await new Redirect(machine({}).run, null).apply(PLAN).catch((error) => error);
    expect(failure).toMatchObject({ isToolMissing: true });
    expect(failure.message).toContain("there is no nft");
    await expect(new Redirect(machine({}).run, null).undo()).rejects.toThrow(RedirectFailure);
  });

  it("tells what somebody changed", async () => {
    const [v4, v6] = [natTable(), natTable()];
    const { run } = machine({
      "iptables-nft-save": (args, input) => {
        const { stdout = "" } = v4.save(args, input) ?? {};
        const foreign = "-A OUTPUT -j OTHER\n-A OUTPUT -p tcp -j HEDDLE_OUTBOUND";
        return {
          stdout: stdout
            .replace("-A OUTPUT -p tcp -j HEDDLE_OUTBOUND", foreign)
            .replace("-A HEDDLE_OUTBOUND -o lo -j RETURN\n", ""),
        };
      },
      "iptables-nft-restore": v4.restore,
      "ip6tables-nft-save": v6.save,
      "ip6tables-nft-restore": v6.restore,
    });
    const redirect = new Redirect(run, "iptables-nft");
    await redirect.apply(PLAN);
    expect((await redirect.check(PLAN)).differences).toEqual({
      missing: ["iptables: -A HEDDLE_OUTBOUND -o lo -j RETURN"],
      foreign: ["iptables: ahead of ours: -A OUTPUT -j OTHER"],
    });
  });

  it("asks no program that the undoing does not need", async () => {
    const { run, calls } = machine({ nft: () => ({ stdout: "table ip nat\n" }) });
    expect(await new Redirect(run, null).undo()).toEqual([]);
    expect(calls).toEqual(["nft list tables"]);
  });
});

describe("lists of rules", () => {
  it("differ by what is there, and by its order", () => {
    expect(compareLines(["a", "b"], ["a", "b"])).toEqual({ missing: [], foreign: [] });
    expect(compareLines(["a", "b"], ["b", "c", "c"])).toEqual({
      missing: ["a"],
      foreign: ["c", "c"],
    });
    expect(compareLines(["a", "b"], ["b", "a"])).toEqual({
      missing: ["in this place: a"],
      foreign: ["in this place: b"],
    });
    expect(compareLines(["a"], ["a", "a"])).toEqual({ missing: [], foreign: ["a"] });
  });
});
