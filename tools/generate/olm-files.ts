/**
 * The bundle for the Operator Lifecycle Manager, from the same objects as every other way to
 * install. OLM makes accounts, roles, Deployments and webhook configurations itself, from one
 * object that describes them, and brings the webhook's certificate.
 */

import { stringify } from "yaml";
import { VERSION } from "../../base/version.ts";
import { DEFINITIONS } from "../../crds/definitions.gen.ts";
import type { InstallObject } from "../../install/install-object.ts";
import { installObjects } from "../../install/objects.ts";
import { defaultInstallOptions, type InstallOptions } from "../../install/options.ts";
import { CSV_NAME, clusterServiceVersion } from "./olm-service-version.ts";
import type { GeneratedFile } from "./targets.ts";

const FOLDER = "config/olm";
const HEAD = "# Made by tools/generate from install/. Change that, then run `make generate`.\n";
const CHANNEL = "candidate";

const LABELS: Readonly<Record<string, string>> = {
  "operators.operatorframework.io.bundle.mediatype.v1": "registry+v1",
  "operators.operatorframework.io.bundle.manifests.v1": "manifests/",
  "operators.operatorframework.io.bundle.metadata.v1": "metadata/",
  "operators.operatorframework.io.bundle.package.v1": "heddle",
  "operators.operatorframework.io.bundle.channels.v1": CHANNEL,
  "operators.operatorframework.io.bundle.channel.default.v1": CHANNEL,
};

/** What the bundle installs. Two of each: one may be gone. */
export function bundleOptions(): InstallOptions {
  return { ...defaultInstallOptions(), certificates: "external", replicas: 2 };
}

/** Objects that stand in the bundle by themselves. */
const LOOSE_KINDS = ["ConfigMap", "NetworkPolicy", "Service"];
const USER_ROLES = ["heddle-edit", "heddle-view"];

export function olmFiles(): readonly GeneratedFile[] {
  const objects = installObjects(bundleOptions());
  const loose = objects.filter(
    ({ kind, metadata }) => LOOSE_KINDS.includes(kind) || USER_ROLES.includes(metadata.name),
  );
  return [
    {
      path: `${FOLDER}/manifests/${CSV_NAME}.clusterserviceversion.yaml`,
      text: HEAD + yamlOf(clusterServiceVersion(objects)),
    },
    ...DEFINITIONS.map(definitionFile),
    ...loose.map(looseFile),
    { path: `${FOLDER}/metadata/annotations.yaml`, text: HEAD + yamlOf({ annotations: LABELS }) },
    { path: `${FOLDER}/bundle.Containerfile`, text: containerfile() },
  ];
}

/** On one line: it is long, and nobody reads it here. JSON is YAML. */
function definitionFile(definition: Readonly<Record<string, unknown>>): GeneratedFile {
  const { name } = definition.metadata as { readonly name: string };
  return {
    path: `${FOLDER}/manifests/${name}.crd.yaml`,
    text: `${HEAD}${JSON.stringify(definition)}\n`,
  };
}

/** Which namespace it is, OLM says. */
function looseFile(object: InstallObject): GeneratedFile {
  const { namespace: _namespace, ...metadata } = object.metadata;
  const path = `${FOLDER}/manifests/${metadata.name}.${object.kind.toLowerCase()}.yaml`;
  return { path, text: HEAD + yamlOf({ ...object, metadata }) };
}

function containerfile(): string {
  const labels = Object.entries(LABELS).map(([name, value]) => `LABEL ${name}=${value}\n`);
  return [
    HEAD,
    `# The bundle of Heddle ${VERSION} as an image, for catalogues.\n`,
    "FROM scratch\n",
    ...labels,
    "COPY manifests /manifests/\n",
    "COPY metadata /metadata/\n",
  ].join("");
}

function yamlOf(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
