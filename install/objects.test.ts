import { describe, expect, it } from "vitest";
import { OPERATOR, PART_OF, WEBHOOK } from "../inject/names.ts";
import { installObjects } from "./objects.ts";
import { defaultInstallOptions, type InstallOptions } from "./options.ts";

function objectsOf(chosen: Partial<InstallOptions> = {}) {
  return installObjects({ ...defaultInstallOptions(), ...chosen });
}

function names(chosen: Partial<InstallOptions> = {}): readonly string[] {
  return objectsOf(chosen).map(({ kind, metadata }) => `${kind}/${metadata.name}`);
}

const SETS: readonly Partial<InstallOptions>[] = [
  {},
  { ha: true, namespace: "mesh", logFormat: "json" },
  { certificates: "cert-manager", monitoring: true },
  { certificates: "external", caBundle: "Y2E=", networkPolicies: false },
];

describe("installObjects", () => {
  it.each(SETS)("marks every object of %o as part of the installation, once", (chosen) => {
    const objects = objectsOf(chosen);
    const keys = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(new Set(keys).size).toBe(keys.length);
    for (const { metadata } of objects) expect(metadata.labels[PART_OF]).toBe("heddle");
  });

  it.each(SETS)("puts everything of %o that has a namespace into the chosen one", (chosen) => {
    const spaces = objectsOf(chosen).flatMap(({ metadata }) => metadata.namespace ?? []);
    expect(new Set(spaces)).toEqual(new Set([chosen.namespace ?? "heddle"]));
    const [first] = objectsOf(chosen);
    expect(first?.kind).toBe("Namespace");
  });

  it("asks the webhook nothing before it is there", () => {
    const kinds = objectsOf().map(({ kind }) => kind);
    expect(kinds.lastIndexOf("Deployment")).toBeLessThan(
      kinds.indexOf("MutatingWebhookConfiguration"),
    );
    expect(kinds.lastIndexOf("CustomResourceDefinition")).toBeLessThan(kinds.indexOf("Deployment"));
  });

  it("has budgets and three replicas only with ha", () => {
    expect(names().filter((name) => name.startsWith("PodDisruptionBudget"))).toEqual([]);
    const ha = names({ ha: true }).filter((name) => name.startsWith("PodDisruptionBudget"));
    expect(ha).toEqual([`PodDisruptionBudget/${OPERATOR}`, `PodDisruptionBudget/${WEBHOOK}`]);
    const replicas = (chosen: Partial<InstallOptions>) =>
      objectsOf(chosen)
        .filter(({ kind }) => kind === "Deployment")
        .map(({ spec }) => JSON.stringify(spec).match(/"replicas":(\d+)/)?.[1]);
    expect(replicas({})).toEqual(["1", "1"]);
    expect(replicas({ ha: true })).toEqual(["3", "3"]);
    expect(replicas({ ha: true, replicas: 5 })).toEqual(["5", "5"]);
  });

  it("leaves the certificate to others where they make it", () => {
    const text = (chosen: Partial<InstallOptions>) => JSON.stringify(objectsOf(chosen));
    expect(text({})).not.toContain("--tls-folder");
    expect(text({})).not.toContain("caBundle");
    expect(text({ caBundle: "Y2E=" })).not.toContain("caBundle");
    expect(text({ certificates: "external", caBundle: "Y2E=" })).toContain('"caBundle":"Y2E="');
    expect(text({ certificates: "cert-manager" })).toContain("cert-manager.io/inject-ca-from");
    expect(text({ certificates: "cert-manager" })).toContain("--tls-folder");
  });
});
