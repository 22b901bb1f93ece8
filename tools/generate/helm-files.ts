/**
 * What of the Helm chart follows from install/: its values with their schema, the definitions of
 * kinds, rights, the webhook configurations. The other templates are written by hand, and a test
 * holds what Helm makes of all of them to the installer's objects.
 */
import { stringify } from "yaml";
import { isRecord } from "../../base/shape.ts";
import { VERSION } from "../../base/version.ts";
import { DEFINITIONS } from "../../crds/definitions.gen.ts";
import { LABELLED_ENTRY } from "../../inject/names.ts";
import { alertGroups } from "../../install/alerts.ts";
import { type InstallObject, installObject } from "../../install/install-object.ts";
import { installObjects } from "../../install/objects.ts";
import { defaultOf, type Option } from "../../install/option-kinds.ts";
import { defaultInstallOptions, INSTALL_OPTIONS } from "../../install/options.ts";
import { rbacObjects } from "../../install/rbac.ts";
import type { GeneratedFile } from "./targets.ts";

const CHART = "config/helm/heddle";
const HEAD = "# Made by tools/generate from install/. Change that, then run `make generate`.\n";
/** What the API server must at least be: native sidecars are on by default from there. */
export const KUBERNETES_MIN = "1.31.0-0";

/** A word that stands in objects for what a template fills in. */
const NAMESPACE = "HELMNAMESPACE";
const FAILURE_POLICY = "HELMFAILUREPOLICY";

export function helmFiles(): readonly GeneratedFile[] {
  return [
    { path: `${CHART}/Chart.yaml`, text: HEAD + stringify(chart()) },
    { path: `${CHART}/values.yaml`, text: valuesText() },
    { path: `${CHART}/values.schema.json`, text: `${JSON.stringify(valuesSchema(), null, 2)}\n` },
    { path: `${CHART}/files/definitions.json`, text: definitionsText() },
    { path: `${CHART}/files/alerts.yaml`, text: HEAD + yamlOf(alertGroups()) },
    { path: `${CHART}/templates/rights.yaml`, text: rightsTemplate() },
    { path: `${CHART}/templates/webhook-configurations.yaml`, text: webhooksTemplate() },
  ];
}

function chart(): object {
  return {
    apiVersion: "v2",
    name: "heddle",
    description: "A service mesh: operator, webhook, and the kinds that they serve",
    type: "application",
    version: VERSION,
    appVersion: VERSION,
    kubeVersion: `>= ${KUBERNETES_MIN}`,
    keywords: ["service-mesh", "proxy", "traffic-split", "retries"],
  };
}

/** Helm has a namespace of its own for each release. */
function chartOptions(): readonly (readonly [name: string, option: Option])[] {
  return Object.entries(INSTALL_OPTIONS).filter(([name]) => name !== "namespace");
}

function valuesText(): string {
  const parts = chartOptions().map(([name, option]) => {
    const words = option.kind === "word" ? `: ${option.values.join(", ")}` : "";
    const help = wrap(option.help + words, 96);
    const lines = help.map((line) => `# ${line}\n`);
    return lines.join("") + yamlOf({ [name]: defaultOf(option) });
  });
  return [HEAD, ...parts].join("\n");
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line];
}

function valuesSchema(): object {
  const properties = chartOptions().map(([name, option]) => [
    name,
    { description: option.help, ...schemaOf(option), default: defaultOf(option) },
  ]);
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Values of the Heddle chart",
    type: "object",
    // Of charts that this one is a part of; means nothing here.
    properties: { ...Object.fromEntries(properties), global: { type: "object" } },
    additionalProperties: false,
  };
}

function schemaOf(option: Option): object {
  switch (option.kind) {
    case "flag":
      return { type: "boolean" };
    case "number":
      return { ...typed("integer", option), minimum: option.min, maximum: option.max };
    case "word": {
      const { values, default: absent } = option;
      return { ...typed("string", option), enum: absent === null ? [...values, null] : values };
    }
    case "text":
      return {
        ...typed("string", option),
        ...(option.pattern === undefined ? {} : { pattern: option.pattern.source }),
      };
    case "list":
      return { type: "array", items: { type: "string" } };
    case "map":
      return { type: "object", additionalProperties: { type: "string" } };
    case "objects":
      return { type: "array", items: { type: "object" } };
  }
}

function typed(type: string, option: { readonly default: unknown }): object {
  return { type: option.default === null ? [type, "null"] : type };
}

/** One line each: a chart cannot read files beside it, and nobody reads these here. */
function definitionsText(): string {
  const lines = DEFINITIONS.map((one) => JSON.stringify(installObject(one)));
  return `[\n${lines.join(",\n")}\n]\n`;
}

function rightsTemplate(): string {
  const rights = (ownCertificates: boolean) =>
    rbacObjects({ namespace: NAMESPACE, ownCertificates }).map((one) =>
      template(installObject(one)),
    );
  const theirs = rights(false);
  const documents = rights(true).map((text, index) => {
    const other = theirs[index] ?? "";
    if (text === other) return text;
    return `{{- if eq .Values.certificates "self" }}\n${text}{{- else }}\n${other}{{- end }}\n`;
  });
  return HEAD + documents.map((text) => `---\n${text}`).join("");
}

function webhooksTemplate(): string {
  const options = { ...defaultInstallOptions(), namespace: NAMESPACE };
  const objects = installObjects(options).filter(({ kind }) =>
    kind.endsWith("WebhookConfiguration"),
  );
  const documents = objects.map((object) => {
    const marked = { ...object, webhooks: markFailurePolicy(object.webhooks) };
    return template(marked)
      .replace(/^metadata:\n/m, `metadata:\n${CA_ANNOTATION}`)
      .replace(/^( +)clientConfig:\n/gm, (line, indent: string) => line + caBundle(indent));
  });
  return HEAD + documents.map((text) => `---\n${text}`).join("");
}

const CA_ANNOTATION = `  {{- if eq .Values.certificates "cert-manager" }}
  annotations:
    cert-manager.io/inject-ca-from: "{{ .Release.Namespace }}/heddle-webhook-tls"
  {{- end }}
`;

function caBundle(indent: string): string {
  return [
    `${indent}  {{- if eq .Values.certificates "external" }}\n`,
    `${indent}  caBundle: {{ .Values.caBundle | quote }}\n`,
    `${indent}  {{- end }}\n`,
  ].join("");
}

function markFailurePolicy(webhooks: unknown): unknown {
  if (!Array.isArray(webhooks)) return webhooks;
  return webhooks.map((entry: unknown) =>
    isRecord(entry) && entry.name === LABELLED_ENTRY
      ? { ...entry, failurePolicy: FAILURE_POLICY }
      : entry,
  );
}

function template(object: InstallObject | object): string {
  const failurePolicy =
    '{{ .Values.failurePolicy | default (ternary "Fail" "Ignore" .Values.ha) }}';
  return yamlOf(object)
    .replaceAll(NAMESPACE, "{{ .Release.Namespace | quote }}")
    .replaceAll(FAILURE_POLICY, failurePolicy);
}

function yamlOf(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
