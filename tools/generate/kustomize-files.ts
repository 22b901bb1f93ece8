/**
 * The folders for kustomize, from the same objects as everything else: a base with the defaults,
 * and components that change it to what other options give. Components can be put together.
 */
import { stringify } from "yaml";
import { isRecord } from "../../base/shape.ts";
import { VERSION } from "../../base/version.ts";
import { OPERATOR } from "../../inject/names.ts";
import type { InstallObject } from "../../install/install-object.ts";
import { installObjects } from "../../install/objects.ts";
import { defaultInstallOptions, type InstallOptions } from "../../install/options.ts";
import { definitions } from "./definitions.ts";
import type { GeneratedFile } from "./targets.ts";

const HEAD = "# Made by tools/generate from install/. Change that, then run `make generate`.\n";

/** What each component stands for. */
export const COMPONENTS: Readonly<Record<string, Partial<InstallOptions>>> = {
  ha: { ha: true },
  "cert-manager": { certificates: "cert-manager" },
  monitoring: { monitoring: true },
};

interface Operation {
  readonly op: "add" | "replace" | "remove";
  readonly path: string;
  readonly value?: unknown;
}

export function kustomizeFiles(): readonly GeneratedFile[] {
  const base = installObjects(defaultInstallOptions());
  return [
    ...baseFiles(base),
    ...Object.entries(COMPONENTS).flatMap(([name, chosen]) => [
      ...componentFiles(name, base, installObjects({ ...defaultInstallOptions(), ...chosen })),
      file(`config/overlays/${name}/kustomization.yaml`, {
        ...KUSTOMIZATION,
        resources: ["../../default"],
        components: [`../../components/${name}`],
      }),
    ]),
  ];
}

const KUSTOMIZATION = { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization" };

function baseFiles(base: readonly InstallObject[]): readonly GeneratedFile[] {
  const groups = new Map<string, InstallObject[]>();
  for (const object of base) {
    if (object.kind === "CustomResourceDefinition") continue;
    const name = fileOf(object);
    groups.set(name, [...(groups.get(name) ?? []), object]);
  }
  return [
    // A folder may use others above it, and no file in them.
    file("crds/kustomization.yaml", {
      ...KUSTOMIZATION,
      resources: definitions().map(({ folder }) => `${folder}/${folder}.crd.yaml`),
    }),
    file("config/default/kustomization.yaml", {
      ...KUSTOMIZATION,
      resources: ["../../crds", ...groups.keys()],
      labels: [{ pairs: { "app.kubernetes.io/version": VERSION } }],
    }),
    ...[...groups].map(([name, objects]) => file(`config/default/${name}`, ...objects)),
  ];
}

function fileOf({ kind, apiVersion, metadata }: InstallObject): string {
  if (kind === "Namespace") return "namespace.yaml";
  if (kind === "ServiceAccount" || apiVersion.startsWith("rbac.")) return "rights.yaml";
  return metadata.name === OPERATOR ? "operator.yaml" : "webhook.yaml";
}

function componentFiles(
  name: string,
  base: readonly InstallObject[],
  wanted: readonly InstallObject[],
): readonly GeneratedFile[] {
  const before = new Map(base.map((object) => [keyOf(object), object]));
  const added = wanted.filter((object) => !before.has(keyOf(object)));
  const patches = wanted.flatMap((object) => {
    const old = before.get(keyOf(object));
    const operations = old === undefined ? [] : differences(old, object, "");
    if (operations.length === 0) return [];
    const { kind, metadata } = object;
    const target = { kind, name: metadata.name };
    return [{ target, patch: yamlOf(operations) }];
  });
  const removed = base.filter((object) => !wanted.some((one) => keyOf(one) === keyOf(object)));
  if (removed.length > 0) throw new Error(`${name} takes objects away, which is not written yet`);
  const folder = `config/components/${name}`;
  return [
    file(`${folder}/kustomization.yaml`, {
      apiVersion: "kustomize.config.k8s.io/v1alpha1",
      kind: "Component",
      ...(added.length === 0 ? {} : { resources: ["added.yaml"] }),
      ...(patches.length === 0 ? {} : { patches }),
    }),
    ...(added.length === 0 ? [] : [file(`${folder}/added.yaml`, ...added)]),
  ];
}

function keyOf({ kind, metadata }: InstallObject): string {
  return `${kind}/${metadata.name}`;
}

/** RFC 6902. Lists of one length are gone into, others replaced. */
function differences(from: unknown, to: unknown, path: string): readonly Operation[] {
  if (Array.isArray(from) && Array.isArray(to) && from.length === to.length) {
    return from.flatMap((one, index) => differences(one, to[index], `${path}/${index}`));
  }
  if (!isRecord(from) || !isRecord(to)) {
    return JSON.stringify(from) === JSON.stringify(to) ? [] : [{ op: "replace", path, value: to }];
  }
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((key) => {
    const at = `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (!Object.hasOwn(to, key)) return [{ op: "remove", path: at } as const];
    if (!Object.hasOwn(from, key)) return [{ op: "add", path: at, value: to[key] } as const];
    return differences(from[key], to[key], at);
  });
}

function file(path: string, ...documents: readonly object[]): GeneratedFile {
  const texts = documents.map(yamlOf);
  return { path, text: HEAD + texts.join("---\n") };
}

function yamlOf(value: object): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
