import { describe, expect, expectTypeOf, it } from "vitest";
import type { Address } from "./address.ts";
import { defineCommand, parseCommand } from "./flags.ts";
import { UsageError } from "./program.ts";

const spec = defineCommand({
  name: "demo",
  summary: "try things",
  positionals: [
    { name: "KIND", values: ["profiles", "splits"] },
    { name: "NAME", optional: true, repeatable: true },
  ],
  flags: {
    admin: { kind: "address", default: "127.0.0.1:4191", help: "admin" },
    inbound: { kind: "address", help: "inbound" },
    header: { kind: "string", short: "H", repeatable: true, help: "header" },
    output: { kind: "enum", short: "o", values: ["table", "json"], default: "table", help: "how" },
    window: { kind: "duration", default: "1m", env: "HEDDLE_WINDOW", help: "window" },
    sessions: { kind: "integer", min: 1, max: 10, default: "3", help: "sessions" },
    egress: { kind: "boolean", help: "let out" },
  },
});

const parse = (...args: string[]) => parseCommand(spec, args);
const complaint = (...args: string[]): string => {
  try {
    parse(...args);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return "none";
};

describe("parseCommand", () => {
  it("fills in defaults of every kind", () => {
    const { flags, positionals, help } = parse("splits");
    expect(flags).toEqual({
      admin: { host: "127.0.0.1", port: 4191 },
      inbound: undefined,
      header: [],
      output: "table",
      window: 60_000,
      sessions: 3,
      egress: false,
    });
    expect(positionals).toEqual(["splits"]);
    expect(help).toBe(false);
  });

  it("types each value by its flag", () => {
    const { flags } = parse("splits");
    expectTypeOf(flags.admin).toEqualTypeOf<Address>();
    expectTypeOf(flags.inbound).toEqualTypeOf<Address | undefined>();
    expectTypeOf(flags.header).toEqualTypeOf<readonly string[]>();
    expectTypeOf(flags.output).toEqualTypeOf<"table" | "json">();
    expectTypeOf(flags.egress).toEqualTypeOf<boolean>();
    expectTypeOf(flags.window).toEqualTypeOf<number>();
  });

  it("reads long, inline, short, repeated and negated flags in any order", () => {
    const { flags, positionals } = parse(
      "--window=90s",
      "splits",
      "-H",
      "a: 1",
      "-ojson",
      "web",
      "-H",
      "b: -2",
      "--egress",
      "--inbound",
      "[::1]:0",
      "--",
      "--odd",
    );
    expect(flags).toMatchObject({
      window: 90_000,
      header: ["a: 1", "b: -2"],
      output: "json",
      egress: true,
      inbound: { host: "::1", port: 0 },
    });
    expect(positionals).toEqual(["splits", "web", "--odd"]);
    expect(parse("splits", "--no-egress").flags.egress).toBe(false);
  });

  it("prefers the flag to the environment, and that to the default", () => {
    const env = { HEDDLE_WINDOW: "5s" };
    expect(parseCommand(spec, ["splits"], env).flags.window).toBe(5000);
    expect(parseCommand(spec, ["splits", "--window", "1s"], env).flags.window).toBe(1000);
    expect(() => parseCommand(spec, ["splits"], { HEDDLE_WINDOW: "soon" })).toThrow(
      /HEDDLE_WINDOW: "soon" is not a duration/,
    );
  });

  it("asks for help before it judges anything else", () => {
    expect(parse("--help").help).toBe(true);
    expect(parse("-h", "--nonsense", "--sessions", "99").help).toBe(true);
  });

  it.each([
    [["splits", "--widnow", "1s"], "there is no flag --widnow; did you mean --window?"],
    [["splits", "--xyzzy"], "there is no flag --xyzzy"],
    [["splits", "--constructor"], "there is no flag --constructor"],
    [["splits", "-q"], "there is no flag -q"],
    [["splits", "--window"], "--window needs a value: --window DURATION"],
    [["splits", "--window", "--egress"], "--window needs a value: --window DURATION"],
    [["splits", "--window", "1s", "--window", "2s"], "--window was given twice"],
    [["splits", "--window", "ten"], '--window: "ten" is not a duration such as'],
    [["splits", "--sessions", "11"], '--sessions: "11" is not a whole number from 1 to 10'],
    [["splits", "--admin", "80"], '--admin: "80" is not HOST:PORT'],
    [["splits", "-o", "jsn"], "one of table, json; did you mean json?"],
    [["splits", "--egress=maybe"], '--egress: "maybe" is not true or false'],
    [["split"], '"split" is no KIND: did you mean splits?'],
    [[], "KIND is missing"],
  ])("complains about %j", (args, message) => {
    expect(complaint(...args)).toContain(message);
  });

  describe("of flags that would mean nothing", () => {
    const company = defineCommand({
      name: "company",
      summary: "go together, or not",
      flags: {
        cluster: { kind: "boolean", help: "c" },
        state: { kind: "string", excludes: ["cluster"], env: "STATE", help: "s" },
        app: { kind: "string", repeatable: true, value: "NAME", help: "a" },
        inbound: { kind: "address", env: "INBOUND", help: "i" },
        queue: { kind: "integer", default: "1", needs: ["app", "inbound", "elsewhere"], help: "q" },
        lease: { kind: "boolean", needs: ["cluster"], help: "l" },
      },
    });
    const read = (line: string, env = {}) => parseCommand(company, line.split(" "), env).flags;

    it.each([
      ["--state x --cluster", "--state and --cluster do not go together: leave one of them out"],
      ["--queue 2", "--queue needs --app NAME or --inbound HOST:PORT"],
      ["--lease", "--lease needs --cluster"],
      ["--lease --no-cluster", "--lease needs --cluster"],
    ])("refuses %s", (line, message) => {
      expect(() => read(line)).toThrow(message);
    });

    it("takes those that mean something, and what nobody typed", () => {
      expect(read("--state x --no-cluster").state).toBe("x");
      expect(read("--queue 2 --app web").queue).toBe(2);
      expect(read("--queue 2", { INBOUND: "[::]:1" }).queue).toBe(2);
      expect(read("--cluster --lease", { STATE: "x" }).lease).toBe(true);
      expect(read("--no-lease").queue).toBe(1);
    });
  });

  it("refuses an argument too many, and a required flag that is missing", () => {
    const strict = defineCommand({
      name: "s",
      summary: "s",
      flags: { operator: { kind: "string", value: "URL", required: true, help: "whom to ask" } },
    });
    expect(() => parseCommand(strict, ["x", "--operator", "y"])).toThrow(/"x" is one argument/);
    expect(() => parseCommand(strict, [])).toThrow("--operator URL is needed: whom to ask");
  });
});
