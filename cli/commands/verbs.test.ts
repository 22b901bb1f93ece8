import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { MemoryIo } from "../../base/memory-io.ts";
import { EXIT } from "../../base/program.ts";
import { VERSION } from "../../base/version.ts";
import { untilInTime } from "../../test/harness/until.ts";
import { createCli, runVerb } from "../main.ts";
import { createMemoryContext, type MemoryContextOptions } from "../memory-context.ts";

async function heddle(args: readonly string[], options: MemoryContextOptions = {}) {
  const context = createMemoryContext(options);
  const code = await runVerb(args, context);
  return { code, context, stdout: context.io.stdout.text, stderr: context.io.stderr.text };
}

describe("heddle", () => {
  it("lists its verbs when none is named", async () => {
    const { code, stderr } = await heddle([]);
    expect(code).toBe(EXIT.usage);
    expect(stderr).toContain("heddle COMMAND [flags]");
  });

  it("suggests the verb that was meant", async () => {
    await expect(heddle(["gte"])).rejects.toThrow('there is no command "gte"; did you mean get?');
    await expect(heddle(["oprator"])).rejects.toThrow("did you mean operator?");
  });

  it.each([
    ["check --proxy --context prod", "--proxy is about the proxy at --admin; --pod names one"],
    ["get splits --context prod --operator-admin [::1]:1", "do not go together"],
    ["explain GET http://web/ --context prod", "--context needs --pod"],
    ["explain GET http://web/ --pod web-0 --admin [::1]:1", "do not go together"],
    ["diagnostics endpoints web --service web", "--service goes with diagnostics pod"],
    ["install --context prod", "--context needs --apply"],
    ["run mesh --app-queue 5", "--app-queue needs --app SERVICE=HOST:PORT"],
  ])("refuses what it would not look at: %s", async (line, message) => {
    const { code, stderr } = await heddle(line.split(" "));
    expect([code, stderr]).toEqual([EXIT.usage, expect.stringContaining(message)]);
  });

  it("knows the usual flags in place of a verb", async () => {
    expect((await heddle(["--help"])).stdout).toContain("Run a mesh:");
    expect((await heddle(["--version"])).stdout).toContain(`client:   ${VERSION}`);
  });

  it("tells about the other programs too", async () => {
    expect((await heddle(["help", "proxy"])).stdout).toContain("heddle proxy [flags]");
  });

  it("is a program", async () => {
    const io = new MemoryIo();
    const unused = () => Promise.reject(new Error("nobody asked for it"));
    const cli = createCli({ operator: unused, webhook: unused, proxy: unused, init: unused });
    expect(await cli.run(["version", "--client"], io)).toBe(EXIT.ok);
    expect(io.stdout.text).toBe(`client:   ${VERSION}\n`);
  });
});

describe("heddle version", () => {
  it("shows who runs and who does not", async () => {
    const { code, stdout } = await heddle(["version"], {
      answers: { "4191/version": { program: "proxy", version: "0.0.9" } },
    });
    expect(code).toBe(EXIT.ok);
    expect(stdout).toBe(
      `client:   ${VERSION}\noperator: unavailable (127.0.0.1:4192)\n` +
        "proxy:    0.0.9 (127.0.0.1:4191)\n",
    );
  });

  it("asks nobody with --client", async () => {
    const { context, stdout } = await heddle(["version", "--client", "-o", "json"]);
    expect(JSON.parse(stdout)).toEqual({
      versions: [{ program: "client", version: VERSION, address: null }],
    });
    expect(context.asked).toEqual([]);
  });
});

describe("heddle explain", () => {
  const explain = (...args: string[]) =>
    heddle(["explain", ...args], { answers: { "4191/explain": "{}" } });

  it("asks with method, URL and headers as they would be sent", async () => {
    const { context } = await explain("get", "web/a?b=c&d", "-H", "X-A: 1", "-H", "b:");
    expect(context.asked).toEqual([
      "4191/explain?method=GET&url=http%3A%2F%2Fweb%2Fa%3Fb%3Dc%26d&header=X-A%3A1&header=b%3A",
    ]);
  });

  it("asks about an address, with a request or without", async () => {
    const asked = async (...args: string[]) => (await explain(...args)).context.asked;
    expect(await asked("--address", "[fd00::1]:80")).toEqual([
      "4191/explain?address=%5Bfd00%3A%3A1%5D%3A80",
    ]);
    expect(await asked("get", "web", "--address", "10.96.0.1:80")).toEqual([
      "4191/explain?address=10.96.0.1%3A80&method=GET&url=http%3A%2F%2Fweb",
    ]);
  });

  it.each([
    [[], "METHOD and URL are missing, or --address"],
    [["GET"], "URL is missing"],
    [["GET", "--address", "10.96.0.1:80"], "URL is missing"],
    [["--address", "10.96.0.1:80", "-H", "a: b"], "a connection has no headers"],
    [["--address", "10.96.0.1"], "--address"],
    [["G ET", "web"], "is no method"],
    [["http://web/"], 'is no method: write "explain GET http://web/"'],
    [["GET", "http://"], "is no URL"],
    [["GET", "https://web/"], "the proxy takes http:// URLs, not https://"],
    [["GET", "web", "-H", "nocolon"], "is not 'NAME: VALUE'"],
    [["GET", "web", "-H", "a: b\r\nc: d"], "is not 'NAME: VALUE'"],
  ])("refuses %j", async (args, message) => {
    const { code, stderr, context } = await explain(...args);
    expect(code).toBe(EXIT.usage);
    expect(stderr).toContain(message);
    expect(context.asked).toEqual([]);
  });
});

describe("heddle check", () => {
  const version = { "4191/version": { program: "proxy", version: "0.0.9" } };
  const answer = (verdict: string) => ({
    ...version,
    "4191/check": { checks: [{ name: "ready", verdict, detail: "as it is", hint: "do this" }] },
  });

  it.each([
    ["ok", EXIT.ok],
    ["warning", EXIT.ok],
    ["failed", EXIT.failed],
  ])("ends with the exit code of %s", async (verdict, expected) => {
    const { code } = await heddle(["check", "--proxy"], { answers: answer(verdict) });
    expect(code).toBe(expected);
  });

  it("tells of another version", async () => {
    const { stdout } = await heddle(["check"], { answers: answer("ok") });
    expect(stdout).toContain(`‼ version 0.0.9, while this program is ${VERSION}\n`);
    expect(stdout).toContain("1 warning\n");
  });

  it("is coloured on a terminal alone", async () => {
    const terminal = await heddle(["check"], { answers: answer("failed"), isTerminal: true });
    expect(terminal.stdout).toContain("\u001b[31m✗\u001b[0m as it is\n");
    const pipe = await heddle(["check"], { answers: answer("failed") });
    expect(pipe.stdout).toContain("✗ as it is\n    do this\n");
  });

  it("fails where nobody answers, or something else", async () => {
    const nobody = await heddle(["check", "--admin", "127.0.0.1:9"]);
    expect([nobody.code, nobody.stderr]).toEqual([EXIT.failed, ""]);
    expect(nobody.stdout).toContain("✗ cannot reach the proxy at 127.0.0.1:9");
    const strange = await heddle(["check"], { answers: { ...version, "4191/check": "{}" } });
    expect(strange.code).toBe(EXIT.failed);
    expect(strange.stdout).toContain("checks should be a list");
  });
});

describe("heddle stat", () => {
  it.each(["1s", "1h"])("refuses a window of %s", async (window) => {
    const { code, stderr } = await heddle(["stat", "--window", window]);
    expect(code).toBe(EXIT.usage);
    expect(stderr).toContain("is not between 10s and 9m50s");
  });

  it("says that there was no traffic", async () => {
    const { code, stdout, stderr } = await heddle(["stat", "-t", "5m"], {
      answers: { "4192/stats": { windowMs: 300_000, rows: [] } },
    });
    expect([code, stdout]).toEqual([EXIT.ok, ""]);
    expect(stderr).toContain("no traffic was reported in the last 5m");
  });

  it("watches until it is stopped, and through an absence of the operator", async () => {
    const answers = [
      { status: 200, text: '{"windowMs":60000,"rows":[]}' },
      { status: 503, text: "starting" },
    ];
    let asked = 0;
    const context = createMemoryContext({
      answers: {
        "4192/stats": () => answers[asked++ % answers.length] ?? { status: 500, text: "" },
      },
    });
    const code = runVerb(["stat", "--watch"], context);
    await untilInTime(context.timers, 2_000, "five questions", () => asked >= 5);
    context.io.raise("SIGINT");
    expect(await code).toBe(EXIT.ok);
    expect(context.io.stderr.text).toContain("answers 503: starting");
  });
});

describe("heddle get", () => {
  it("takes any name of a kind", async () => {
    for (const name of ["splits", "split", "ts", "TrafficSplit", "trafficsplits"]) {
      const { context } = await heddle(["get", name], {
        answers: { "4192/objects": { objects: [] } },
      });
      expect(context.asked[0]).toBe("4192/objects?kind=TrafficSplit");
    }
  });

  it("lists the problems of files and objects", async () => {
    const problem = (file: string, severity: string) => ({
      ...{ file, severity, code: "x", line: 1, column: 2, object: "", field: "" },
      ...{ message: "is wrong", hint: "" },
    });
    const ref = { kind: "TrafficSplit", namespace: "a", name: "b" };
    const { code, stdout } = await heddle(["get", "problems"], {
      answers: {
        "4192/problems": { problems: [problem("a.yaml", "error")] },
        "4192/objects": {
          objects: [{ ref, problems: [problem("b.yaml", "warning"), problem("c", "note")] }],
        },
      },
    });
    expect(code).toBe(EXIT.ok);
    expect(stdout).toBe("a.yaml:1:2: error: is wrong\nb.yaml:1:2: warning: is wrong\n");
  });

  it("tells that there are files that cannot be read", async () => {
    const problems = [{ severity: "error", message: "is no YAML" }];
    const { code, stderr } = await heddle(["get", "sp"], {
      answers: { "4192/problems": { problems }, "4192/objects": { objects: [] } },
    });
    expect(code).toBe(EXIT.ok);
    expect(stderr).toContain('1 error in files: "heddle get problems" tells');
  });

  it("suggests the kind that was meant", async () => {
    expect((await heddle(["get", "spl"])).stderr).toContain("did you mean splits?");
    expect((await heddle(["get", "polcies"])).stderr).toContain("did you mean policies?");
    expect((await heddle(["get", "xyz"])).stderr).toContain("one of profiles, splits");
  });
});

describe("heddle completion", () => {
  /** What bash offers after the words of each line. */
  const OFFERED: Readonly<Record<string, string>> = {
    "heddle ge": "get",
    "heddle op": "operator",
    "heddle help comp": "completion",
    "heddle get --op": "--operator-admin",
    "heddle get -o y": "yaml",
    "heddle get --output = js": "json",
    "heddle get --output =": "table wide json yaml",
    "heddle get s": "splits services",
    "heddle get -n shop s": "splits services",
    "heddle get -A s": "splits services",
    "heddle get --output = json s": "splits services",
    "heddle get splits s": "",
    "heddle completion z": "zsh",
    "heddle operator --st": "--state",
    "heddle proxy --access-log j": "json",
  };

  it("offers verbs, flags, values and kinds in bash", async () => {
    const { stdout } = await heddle(["completion", "bash"]);
    const asked = Object.keys(OFFERED).map((line) => {
      const words = line.split(" ");
      return `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length - 1}
_heddle
echo "\${COMPREPLY[*]}"
`;
    });
    const script = `${stdout}\n${asked.join("")}`;
    const result = spawnSync("bash", ["-c", script], { encoding: "utf8" });
    expect(result.stderr).toBe("");
    const lines = result.stdout.split("\n");
    const offered = Object.keys(OFFERED).map((line, index) => [line, lines[index]]);
    expect(Object.fromEntries(offered)).toEqual(OFFERED);
  });

  it.each(["zsh", "fish"])("knows %s too", async (shell) => {
    const { code, stdout } = await heddle(["completion", shell]);
    expect(code).toBe(EXIT.ok);
    for (const part of ["get", "operator-admin", "splits", "table wide json yaml"]) {
      expect(stdout).toContain(part);
    }
  });

  it("keeps files from where they mean nothing", async () => {
    const { stdout } = await heddle(["completion", "fish"]);
    expect(stdout).toMatch(/ -l by -x -a 'route service backend' /);
    expect(stdout).toMatch(/ -l kubeconfig -r -F /);
  });

  it("takes values behind an equals sign in zsh", async () => {
    const { stdout } = await heddle(["completion", "zsh"]);
    expect(stdout).toMatch(/'--by=\[[^\]]*\]:[^:]*:\(route service backend\)'/);
  });

  it("knows no other shell", async () => {
    const { code, stderr } = await heddle(["completion", "fisch"]);
    expect(code).toBe(EXIT.usage);
    expect(stderr).toContain("did you mean fish?");
  });
});
