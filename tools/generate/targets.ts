/**
 * Everything that is generated: which schemas, into which files. `make generate` writes them, and
 * a test compares what is committed with what this makes, so that neither can drift.
 */
import * as controlSchemas from "../../mesh/control-messages.schema.ts";
import { readShapes } from "./shape-tree.ts";
import { type ValidatorFile, validatorSource } from "./validator-source.ts";

export interface GeneratedFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

export function generatedFiles(): readonly GeneratedFile[] {
  return [controlValidators()];
}

function controlValidators(): GeneratedFile {
  const { ProxyMessage, OperatorMessage, Workload, EndpointSet, EndpointDelta, Destination } =
    controlSchemas;
  const schemas = {
    ProxyMessage,
    OperatorMessage,
    Workload,
    EndpointSet,
    EndpointDelta,
    Destination,
  };
  return {
    path: "mesh/control-messages.gen.ts",
    text: validatorSource({
      validators: validatorsOf(schemas),
      typesFrom: "./control-messages.schema.ts",
      runtimeFrom: "../base/shape.ts",
      nullIsAbsent: false,
    }),
  };
}

function validatorsOf(schemas: Readonly<Record<string, unknown>>): ValidatorFile["validators"] {
  return Object.entries(schemas).map(([typeName, schema]) => ({
    typeName,
    tree: readShapes(schema),
  }));
}
