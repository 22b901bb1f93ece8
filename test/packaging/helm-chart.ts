/** The Helm chart, rendered by Helm itself; and the option sets that it is held to. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InstallOptions } from "../../install/options.ts";
import { obtainGoPart } from "../../tools/parts/go-part.ts";
import { HELM } from "../../tools/parts/packaging-parts.ts";

export const CHART = join(import.meta.dirname, "..", "..", "config", "helm", "heddle");

export type ChartValues = Partial<Omit<InstallOptions, "namespace">>;

/** Between them every option differs from its default at least once. */
export const VALUE_SETS: Readonly<Record<string, ChartValues>> = {
  "the defaults": {},
  "high availability": {
    ha: true,
    operatorCpuRequest: "1",
    operatorMemoryRequest: "1Gi",
    operatorMemoryLimit: "2Gi",
    webhookCpuRequest: "200m",
    webhookMemoryRequest: "256Mi",
    webhookMemoryLimit: "512Mi",
    logLevel: "warn",
    logFormat: "json",
  },
  "cert-manager and monitoring": {
    certificates: "cert-manager",
    monitoring: true,
    monitoringLabels: { release: "prometheus" },
    replicas: 2,
    nodeSelector: { disk: "ssd", "kubernetes.io/arch": "arm64" },
    tolerations: [{ key: "mesh", operator: "Exists", effect: "NoSchedule" }],
    imagePullSecrets: ["one", "two"],
    image: "example.net:5000/mesh/heddle:1.2",
    imagePullPolicy: "Always",
    clusterDomain: "corp.example",
  },
  "certificates of one's own, and strict": {
    certificates: "external",
    caBundle: "Y2E=",
    failurePolicy: "Fail",
    adminFrom: ["10.0.0.0/24", "fd00::/64"],
    monitoringNamespace: "observability",
    injectUnasked: true,
    acceptLinkerdAnnotations: true,
    proxyDefaults: { "log-level": "debug", "proxy-cpu-limit": "1" },
    priorityClass: "mesh",
  },
  "highly available where failures are ignored, without policies": {
    ha: true,
    failurePolicy: "Ignore",
    replicas: 4,
    priorityClass: "mesh",
    networkPolicies: false,
  },
};

/** Its file, or undefined where it cannot be had; says why. */
export async function findHelm(): Promise<string | undefined> {
  const part = await obtainGoPart(HELM, (line) => console.log(line));
  if ("file" in part) return part.file;
  console.log(`skipped, Helm: ${part.missing}`);
  return undefined;
}

/** Calls `use` with a file of these values, which then is gone. */
export function withValues<T>(values: object, use: (file: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "heddle-values-"));
  try {
    const file = join(folder, "values.json");
    writeFileSync(file, JSON.stringify(values));
    return use(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
