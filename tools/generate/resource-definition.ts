/** A CustomResourceDefinition around the structural schema of a kind's spec and status. */
import { INSTALL_LABELS } from "../../install/install-object.ts";
import type { ShapeTree } from "./shape-tree.ts";
import { structuralSchema } from "./structural-schema.ts";

export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "date";
  readonly jsonPath: string;
  readonly description: string;
  /** Above 0: only with `-o wide`. */
  readonly priority?: number;
}

export interface ResourceDefinition {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly description: string;
  readonly spec: ShapeTree;
  readonly status: ShapeTree;
  readonly columns: readonly PrinterColumn[];
}

export function resourceDefinition(definition: ResourceDefinition): Record<string, unknown> {
  const { group, plural, kind } = definition;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${group}`,
      labels: { ...INSTALL_LABELS },
    },
    spec: {
      group,
      scope: "Namespaced",
      names: {
        plural,
        singular: kind.toLowerCase(),
        kind,
        listKind: `${kind}List`,
        shortNames: [...definition.shortNames],
        categories: ["heddle"],
      },
      versions: [versionOf(definition)],
    },
  };
}

function versionOf(definition: ResourceDefinition): Record<string, unknown> {
  return {
    name: definition.version,
    served: true,
    storage: true,
    subresources: { status: {} },
    additionalPrinterColumns: definition.columns.map((column) => ({ ...column })),
    schema: {
      openAPIV3Schema: {
        description: definition.description,
        type: "object",
        required: ["spec"],
        properties: {
          apiVersion: { type: "string" },
          kind: { type: "string" },
          metadata: { type: "object" },
          spec: structuralSchema(definition.spec.root, { keepUnknown: true, describe: true }),
          status: structuralSchema(definition.status.root, { keepUnknown: false, describe: true }),
        },
      },
    },
  };
}
