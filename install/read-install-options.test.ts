import { describe, expect, it } from "vitest";
import { defaultInstallOptions } from "./options.ts";
import {
  type InstallValues,
  mergeValues,
  readInstallOptions,
  readSetting,
} from "./read-install-options.ts";

function problemsOf(values: unknown): readonly string[] {
  return readInstallOptions(values).problems.map(({ option, message, hint }) =>
    [option, message, hint].filter((part) => part !== "").join(" | "),
  );
}

function settings(...texts: readonly string[]) {
  const layers = texts.map((text) => {
    const read = readSetting(text);
    if ("message" in read) throw new Error(`${String(read.option)}: ${String(read.message)}`);
    return read as InstallValues;
  });
  return readInstallOptions(mergeValues(...layers));
}

describe("options of an installation", () => {
  it("are the defaults when nothing is chosen", () => {
    expect(readInstallOptions(undefined)).toEqual({
      options: defaultInstallOptions(),
      problems: [],
    });
    expect(readInstallOptions({}).options).toEqual(defaultInstallOptions());
  });

  it("are read from settings of each kind", () => {
    const { options, problems } = settings(
      "ha=true",
      "replicas=5",
      "image=example.net:5000/mesh/heddle:1.2",
      "nodeSelector.disk=ssd",
      "nodeSelector.kubernetes.io/arch=arm64",
      "imagePullSecrets=a, b",
      'tolerations=[{"operator":"Exists"}]',
      "certificates=cert-manager",
      "proxyDefaults.log-level=debug",
    );
    expect(problems).toEqual([]);
    expect(options).toMatchObject({
      ha: true,
      replicas: 5,
      image: "example.net:5000/mesh/heddle:1.2",
      nodeSelector: { disk: "ssd", "kubernetes.io/arch": "arm64" },
      imagePullSecrets: ["a", "b"],
      tolerations: [{ operator: "Exists" }],
      certificates: "cert-manager",
      proxyDefaults: { "log-level": "debug" },
    });
  });

  it("tell what is wrong, all of it, and how to mend it", () => {
    expect(
      problemsOf({
        replica: 3,
        ha: "true",
        replicas: 0,
        namespace: "My Mesh",
        certificates: "own",
        nodeSelector: { a: 1 },
        tolerations: {},
        image: null,
      }),
    ).toEqual([
      'replica | is no option | did you mean "replicas"?',
      'ha | is "true" and should be true or false',
      "replicas | is 0 | from 1 to 25",
      'namespace | "My Mesh" is not a label of DNS',
      'certificates | is "own" | one of self, cert-manager, external',
      "nodeSelector | is a map and should be a map of texts; quote numbers and words such as true",
      "tolerations | is a map and should be a list of maps",
      "image | is empty | leave it away or give a value",
    ]);
  });

  it("tell what does not go together", () => {
    expect(problemsOf({ certificates: "external" })[0]).toContain("caBundle | is missing");
    expect(problemsOf({ caBundle: "Y2E=" })[0]).toContain("only for external");
    expect(problemsOf({ namespace: "kube-system" })).toHaveLength(1);
    expect(problemsOf({ proxyDefaults: { "log-levle": "debug" } })[0]).toContain("log-level");
    expect(problemsOf({ adminFrom: ["10.0.0.1"] })).toHaveLength(1);
  });

  it.each([
    ["ha", "is not KEY=VALUE"],
    ["=true", "is not KEY=VALUE"],
    ["ha=yes", "neither true nor false"],
    ["nodeSelector=ssd", "is a map"],
    ["ha.x=true", "is no map"],
    ["tolerations=[", "is no JSON"],
    ["hostPort=1", "is no option"],
    ["__proto__.x=1", "is no option"],
  ])("refuse the setting %s", (text, message) => {
    expect(readSetting(text)).toMatchObject({ message: expect.stringContaining(message) });
  });
});
