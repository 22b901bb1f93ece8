import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { isRecord } from "../../base/shape.ts";
import { installObjects } from "../../install/objects.ts";
import { defaultInstallOptions, INSTALL_OPTIONS } from "../../install/options.ts";
import { CHART, type ChartValues, findHelm, VALUE_SETS, withValues } from "./helm-chart.ts";
import { type ObjectsByKey, ownObjects, readRendered } from "./rendered-objects.ts";

const helm = await findHelm();
const NAMESPACE = "mesh-system";
/** Otherwise it is whatever Helm was built for. */
const VERSION = "--kube-version=1.36.0";

function render(values: ChartValues): ObjectsByKey {
  return withValues(values, (file) => {
    const args = [
      "template",
      "anything",
      CHART,
      "--namespace",
      NAMESPACE,
      VERSION,
      "--values",
      file,
    ];
    const options = { encoding: "utf8", maxBuffer: 1 << 26 } as const;
    return readRendered(execFileSync(helm ?? "", args, options));
  });
}

/** What Helm leaves to its own flag, and what it needs to be told of definitions. */
function expected(values: ChartValues): ObjectsByKey {
  const options = { ...defaultInstallOptions(), ...values, namespace: NAMESPACE };
  const objects = installObjects(options).filter(({ kind }) => kind !== "Namespace");
  return ownObjects(
    objects.map((object) =>
      object.kind === "CustomResourceDefinition"
        ? {
            ...object,
            metadata: { ...object.metadata, annotations: { "helm.sh/resource-policy": "keep" } },
          }
        : object,
    ),
  );
}

describe.skipIf(helm === undefined)("the Helm chart", () => {
  it.each(Object.entries(VALUE_SETS))("makes of %s what the installer makes", (_name, values) => {
    expect(render(values)).toEqual(expected(values));
  });

  it("is tried with every option that there is", () => {
    const tried = new Set(Object.values(VALUE_SETS).flatMap((values) => Object.keys(values)));
    const untried = Object.keys(INSTALL_OPTIONS).filter((name) => !tried.has(name));
    expect(untried).toEqual(["namespace"]);
  });

  it.each(Object.entries(VALUE_SETS))(
    "has nothing that helm lint complains of in %s",
    (_, values) => {
      withValues(values, (file) => {
        const lint = spawnSync(helm ?? "", ["lint", "--strict", VERSION, CHART, "--values", file], {
          encoding: "utf8",
        });
        expect(lint).toMatchObject({ status: 0 });
        expect(lint.stdout).not.toMatch(/\[(WARNING|ERROR)\]/);
      });
    },
  );

  it.each([
    [{ replica: 3 }, /replica/],
    [{ ha: "yes" }, /ha/],
    [{ replicas: 0 }, /replicas/],
    [{ certificates: "own" }, /certificates/],
    [{ image: "two words" }, /image/],
    [{ certificates: "external" }, /caBundle is missing/],
    [{ caBundle: "Y2E=" }, /only for external/],
  ])("refuses the values %o", (values, message) => {
    withValues(values, (file) => {
      const made = spawnSync(helm ?? "", ["template", "x", CHART, VERSION, "--values", file], {
        encoding: "utf8",
      });
      expect(made.status).not.toBe(0);
      expect(made.stderr).toMatch(message);
    });
  });
});

describe("the chart's schema", () => {
  it("speaks of every option", async () => {
    const schema: unknown = (
      await import("../../config/helm/heddle/values.schema.json", {
        with: { type: "json" },
      })
    ).default;
    const properties = isRecord(schema) && isRecord(schema.properties) ? schema.properties : {};
    const names = Object.keys(INSTALL_OPTIONS).filter((name) => name !== "namespace");
    expect(Object.keys(properties)).toEqual([...names, "global"]);
  });
});
