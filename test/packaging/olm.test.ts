import { execFileSync } from "node:child_process";
import {
  cpSync,
  globSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { isRecord } from "../../base/shape.ts";
import { type Fields, mapAt } from "../../inject/pod.ts";
import { obtainGoPart } from "../../tools/parts/go-part.ts";
import { BUNDLE_VALIDATOR } from "../../tools/parts/packaging-parts.ts";

const folder = join(import.meta.dirname, "..", "..", "config", "olm");
const part = await obtainGoPart(BUNDLE_VALIDATOR, (line) => console.log(line));
const validator = "file" in part ? part.file : undefined;
if ("missing" in part) console.log(`skipped, the bundle's validator: ${part.missing}`);

/** What OLM takes besides its own object and the definitions. */
const KINDS = ["ConfigMap", "ClusterRole", "NetworkPolicy", "Service"];

function read(...path: readonly string[]): Fields {
  const value: unknown = parse(readFileSync(join(folder, ...path), "utf8"));
  return isRecord(value) ? value : {};
}

const [versionFile = ""] = globSync("manifests/*.clusterserviceversion.yaml", { cwd: folder });
const version = read(versionFile);
const spec = mapAt(version, "spec");

function listAt(fields: Fields, key: string): readonly Fields[] {
  const value = fields[key];
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function validate(bundle: string): readonly string[] {
  return execFileSync(validator ?? "", [bundle], { encoding: "utf8" })
    .trim()
    .split("\n");
}

describe.skipIf(validator === undefined)("the bundle before OLM's own validators", () => {
  it("has no error, and no warning but of versions that it does not use", () => {
    const lines = validate(folder);
    expect(lines.at(-1)).toMatch(/^looked at \d\d objects$/);
    expect(lines.filter((line) => line.startsWith("error"))).toEqual([]);
    // Rights name no version: the validator takes every right over these for one over the old one.
    const known = /removed in v1\.25\..* for ((endpointslices|events): \([^)]*\),?)+$/;
    expect(lines.filter((line) => line.startsWith("warning") && !known.test(line))).toEqual([]);
  });

  it.each([
    [
      "an owned kind that is not there",
      /owned CRD .*TrafficSplit.* not found/,
      (text: string) => text,
      "trafficsplits",
    ],
    [
      "an example of a kind that is not owned",
      /TrafficSplits|alm-examples|owned/i,
      (text: string) => text.replaceAll('"kind": "TrafficSplit"', '"kind": "TrafficSplits"'),
      undefined,
    ],
    [
      "an icon of another type",
      /mediatype/i,
      (text: string) => text.replace("image/svg+xml", "image/bmp"),
      undefined,
    ],
  ])("would be told of %s", (_what, message, change, without) => {
    const copy = mkdtempSync(join(tmpdir(), "heddle-bundle-"));
    try {
      cpSync(folder, copy, { recursive: true });
      if (without !== undefined) rmSync(join(copy, "manifests", `${without}.heddle.mesh.crd.yaml`));
      const file = join(copy, versionFile);
      writeFileSync(file, change(readFileSync(file, "utf8")));
      const told = validate(copy).filter((line) => /^(error|warning)/.test(line));
      expect(told.filter((line) => message.test(line))).not.toEqual([]);
    } finally {
      rmSync(copy, { recursive: true });
    }
  });
});

describe("the bundle", () => {
  const manifests = readdirSync(join(folder, "manifests"));

  it("has one object a file, of kinds that OLM takes, without a namespace", () => {
    for (const name of manifests) {
      const text = readFileSync(join(folder, "manifests", name), "utf8");
      expect(parseAllDocuments(text)).toHaveLength(1);
      const object = read("manifests", name);
      const own = ["ClusterServiceVersion", "CustomResourceDefinition"];
      expect([...own, ...KINDS]).toContain(object.kind);
      if (object.kind === "ClusterServiceVersion") continue;
      expect(mapAt(object, "metadata").namespace).toBeUndefined();
    }
  });

  it("says in its metadata and on its image the same, with a channel that people expect", () => {
    const annotations = mapAt(read("metadata", "annotations.yaml"), "annotations");
    const prefix = "operators.operatorframework.io.bundle.";
    expect(annotations).toMatchObject({
      [`${prefix}mediatype.v1`]: "registry+v1",
      [`${prefix}manifests.v1`]: "manifests/",
      [`${prefix}metadata.v1`]: "metadata/",
      [`${prefix}package.v1`]: "heddle",
    });
    const channels = String(annotations[`${prefix}channels.v1`]).split(",");
    expect(channels).toContain(annotations[`${prefix}channel.default.v1`]);
    for (const channel of channels) expect(channel).toMatch(/^(stable|fast|candidate)/);
    const image = readFileSync(join(folder, "bundle.Containerfile"), "utf8");
    for (const [name, value] of Object.entries(annotations)) {
      expect(image).toContain(`LABEL ${name}=${String(value)}\n`);
    }
  });

  it("names no place and no address that is not there", () => {
    expect(JSON.stringify(spec)).not.toMatch(/\bexample\.|\.example\b|\.invalid\b/);
  });

  it("describes every field of its examples, and what belongs to each kind", () => {
    const text = mapAt(mapAt(version, "metadata"), "annotations")["alm-examples"];
    const examples: unknown = JSON.parse(String(text));
    const owned = listAt(mapAt(spec, "customresourcedefinitions"), "owned");
    expect(Array.isArray(examples) ? examples.length : 0).toBe(owned.length);
    for (const example of Array.isArray(examples) ? examples.filter(isRecord) : []) {
      const kind = owned.find((one) => one.kind === example.kind) ?? {};
      const paths = listAt(kind, "specDescriptors").map(({ path }) => path);
      expect(paths).toEqual(expect.arrayContaining(Object.keys(mapAt(example, "spec"))));
      expect(listAt(kind, "resources")).not.toEqual([]);
      for (const one of [
        ...listAt(kind, "specDescriptors"),
        ...listAt(kind, "statusDescriptors"),
      ]) {
        expect(one).toMatchObject({ description: expect.stringMatching(/\w/) });
      }
    }
  });

  it("lets OLM bring the certificate, and takes it from where OLM puts it", () => {
    const strategy = mapAt(mapAt(spec, "install"), "spec");
    const text = JSON.stringify(strategy);
    expect(text).toContain("--tls-folder=/tmp/k8s-webhook-server/serving-certs");
    expect(text).not.toContain('"secretName"');
    // Nor may it do what it need not: the configurations are OLM's.
    expect(text).not.toContain("webhookconfigurations");
    const names = listAt(strategy, "deployments").map(({ name }) => name);
    expect(names).toEqual(["heddle-operator", "heddle-webhook"]);
    for (const { deploymentName, failurePolicy } of listAt(spec, "webhookdefinitions")) {
      expect(names).toContain(deploymentName);
      expect(failurePolicy).toBe("Ignore");
    }
  });
});
