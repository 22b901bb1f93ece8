import { describe, expect, it } from "vitest";
import { runVerb, VERBS } from "../../../cli/main.ts";
import { createMemoryContext, type MemoryContextOptions } from "../../../cli/memory-context.ts";
import { expectGolden } from "../golden.ts";
import {
  ADDRESSES,
  CONNECTION_ELSEWHERE,
  CONNECTION_TO_ENDPOINT,
  CONNECTION_TO_SERVICE,
  CONNECTION_UNANSWERED,
  ONE_ADDRESS,
  REQUEST_AT_SERVICE,
} from "./sample-addresses.ts";
import { CHECKS, FAILED_CHECKS, SAMPLE_PROXY } from "./sample-checks.ts";
import {
  EXPLANATION,
  PROFILES,
  PROXIES,
  SERVICES,
  SPLITS,
  STATS,
  UNKNOWN_SERVICE,
} from "./sample-mesh.ts";
import { WORKLOADS } from "./sample-workloads.ts";

/** A transcript: the command, what it printed on either stream, and its exit code. */
async function transcript(line: string, options: MemoryContextOptions = {}): Promise<string> {
  const context = createMemoryContext(options);
  const code = await runVerb(line.split(" "), context);
  const { stdout, stderr } = context.io;
  const errors = stderr.text === "" ? "" : `--- stderr\n${stderr.text}`;
  return `$ heddle ${line}\n${stdout.text}${errors}--- exit code ${code}\n`;
}

describe("help", () => {
  it.each(VERBS.map((verb) => verb.spec.name))("of %s", async (name) => {
    expectGolden(`cli/help-${name}.txt`, await transcript(`help ${name}`));
  });

  it("of everything", async () => {
    expectGolden("cli/help.txt", await transcript("help"));
  });
});

describe("manifests", () => {
  it("with pods that are injected, and some that are not", async () => {
    expectGolden("cli/inject.txt", await transcript("inject -", { stdin: WORKLOADS }));
  });
});

describe("tables", () => {
  const answers = {
    "4192/services": SERVICES,
    "4192/proxies": PROXIES,
    "4192/stats": STATS,
    "4191/explain": EXPLANATION,
  };
  const splits = { ...answers, "4192/objects": SPLITS };
  const profiles = { ...answers, "4192/objects": PROFILES };

  it.each([
    ["get-splits", "get splits", splits],
    ["get-splits-wide", "get ts -o wide", splits],
    ["get-splits-yaml", "get ts web -o yaml", splits],
    ["get-splits-missing", "get split web wbe", splits],
    ["get-profiles", "get sp", profiles],
    ["get-services", "get services", answers],
    ["get-services-wide", "get svc -o wide", answers],
    ["get-services-json", "get svc -o json", answers],
    ["get-proxies", "get proxies -o wide", answers],
    ["get-addresses", "get addresses -o wide", { "4192/addresses": ADDRESSES }],
    [
      "get-addresses-one",
      "get addr 10.96.0.1:80 [FD00:0::8]:80",
      { "4192/addresses": ONE_ADDRESS },
    ],
    ["stat", "stat", answers],
    ["stat-both-wide", "stat web.shop --direction both -o wide", answers],
    ["stat-json", "stat -o json", answers],
    ["explain", "explain POST http://web.shop/books/7?x=1", answers],
    ["explain-unknown", "explain GET wbe", { "4191/explain": UNKNOWN_SERVICE }],
    [
      "explain-at-address",
      "explain POST http://web.shop/books/7 --address 10.96.0.1:80",
      { "4191/explain": REQUEST_AT_SERVICE },
    ],
    [
      "explain-connection",
      "explain --address 10.96.0.1:80",
      { "4191/explain": CONNECTION_TO_SERVICE },
    ],
    [
      "explain-endpoint",
      "explain --address [fd00::7]:8080",
      { "4191/explain": CONNECTION_TO_ENDPOINT },
    ],
    [
      "explain-elsewhere",
      "explain --address 192.0.2.7:443",
      { "4191/explain": CONNECTION_ELSEWHERE },
    ],
    [
      "explain-unanswered",
      "explain --address 192.0.2.7:443",
      { "4191/explain": CONNECTION_UNANSWERED },
    ],
    ["check", "check", { ...SAMPLE_PROXY, "4191/check": CHECKS }],
    ["check-failed", "check --proxy", { ...SAMPLE_PROXY, "4191/check": FAILED_CHECKS }],
    ["check-json", "check -o json", { ...SAMPLE_PROXY, "4191/check": FAILED_CHECKS }],
    ["check-nobody", "check --proxy --admin 10.0.0.1:4191", {}],
  ] as const)("%s", async (name, line, answer) => {
    expectGolden(`cli/${name}.txt`, await transcript(line, { answers: answer }));
  });

  it("is the same without its colours", async () => {
    const options = { answers: splits, isTerminal: true };
    const coloured = await transcript("get splits", options);
    const plain = await transcript("get splits", { ...options, env: { NO_COLOR: "1" } });
    expect(coloured).toContain("\u001b[31mInvalid\u001b[0m");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are made of them
    expect(coloured.replace(/\u001b\[\d*m/g, "")).toBe(plain);
  });
});
