/** The programs that an installation starts take the command lines that it gives them. */
import { describe, expect, it } from "vitest";
import { type CommandSpec, type FlagTable, parseCommand } from "../../base/flags.ts";
import { VERBS } from "../../cli/main.ts";
import { defaultInstallOptions, type InstallOptions } from "../../install/options.ts";
import { operatorArguments, webhookArguments } from "../../install/programs.ts";
import { operatorCommand } from "../../operator/main.ts";
import { initCommand } from "../../proxy/init/main.ts";
import { proxyCommand } from "../../proxy/main.ts";
import { webhookCommand } from "../../webhook/main.ts";
import { VALUE_SETS } from "./helm-chart.ts";

const SETS = Object.entries(VALUE_SETS);

function optionsWith(chosen: Partial<InstallOptions>): InstallOptions {
  return { ...defaultInstallOptions(), ...chosen };
}

/** As the kubelet fills them in. */
function filled(args: readonly string[]): readonly string[] {
  return args.map((arg) => arg.replace("$(POD_NAMESPACE)", "heddle"));
}

/** By which the one injects, and the other finds what was missed. */
function policyOf({ injectUnasked, acceptLinkerdAnnotations }: Partial<InstallOptions>): object {
  return {
    defaults: "/etc/heddle/proxy-defaults.json",
    "inject-unasked": injectUnasked ?? false,
    "accept-linkerd-annotations": acceptLinkerdAnnotations ?? false,
  };
}

function flagNames(args: readonly string[]): readonly string[] {
  return args.map((arg) => arg.replace(/^--([^=]+).*$/, "$1"));
}

describe("command lines of an installation", () => {
  it.each(SETS)("of the operator, with %s", (_name, chosen) => {
    const args = filled(operatorArguments(optionsWith(chosen)));
    const { flags, positionals } = parseCommand(operatorCommand, args);
    expect(positionals).toEqual([]);
    expect(flags).toMatchObject({ kubernetes: true, control: "[::]:4190", namespace: "heddle" });
    expect(flags["operator-admin"]).toEqual({ host: "::", port: 4192 });
    expect(flags["cluster-domain"]).toBe(chosen.clusterDomain ?? "cluster.local");
    expect(flags).toMatchObject(policyOf(chosen));
  });

  it.each(SETS)("of the webhook, with %s", (_name, chosen) => {
    const args = filled(webhookArguments(optionsWith(chosen)));
    const { flags } = parseCommand(webhookCommand, args);
    expect(flags).toMatchObject({
      address: { host: "::", port: 4193 },
      "webhook-admin": { host: "::", port: 4194 },
      namespace: "heddle",
      image: optionsWith(chosen).image,
      ...policyOf(chosen),
    });
    const isOwn = (chosen.certificates ?? "self") === "self";
    expect(flags["tls-folder"] === undefined).toBe(isOwn);
  });

  it("name flags that there are, each once", () => {
    for (const [command, args] of [
      [operatorCommand, operatorArguments(optionsWith({}))],
      [webhookCommand, webhookArguments(optionsWith({}))],
    ] as const) {
      const table: FlagTable = command.flags;
      const names = flagNames(args);
      expect(names.filter((name) => !Object.hasOwn(table, name))).toEqual([]);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

it("flags that need or exclude others name flags that there are", () => {
  const specs: readonly CommandSpec[] = [
    ...[operatorCommand, webhookCommand, proxyCommand, initCommand],
    ...VERBS.map(({ spec }) => spec),
  ];
  // What programs share may name one that only another of them has, but not only such.
  const wrong = specs.flatMap(({ name, flags }) =>
    Object.entries(flags).flatMap(([flag, { needs, excludes }]) =>
      [needs, excludes]
        .filter((others) => others?.every((one) => !Object.hasOwn(flags, one)))
        .map(() => `${name} --${flag}`),
    ),
  );
  expect(wrong).toEqual([]);
});
