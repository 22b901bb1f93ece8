/**
 * Everything that is generated: which schemas, into which files. `make generate` writes them, and
 * a test compares what is committed with what this makes, so that neither can drift.
 */
import { stringify } from "yaml";
import { endpointSliceBody } from "../../crds/endpoint-slice/schema.ts";
import { linkerdProfileSpec } from "../../crds/linkerd/schema.ts";
import { objectMetadata } from "../../crds/metadata-schema.ts";
import { retryPolicySpec } from "../../crds/retry-policy/schema.ts";
import { serviceSpec } from "../../crds/service/schema.ts";
import { serviceProfileSpec } from "../../crds/service-profile/schema.ts";
import {
  listedMatches,
  matchedSplitSpec,
  quantitySplitSpec,
  routeGroupSpec,
  wholeSplitSpec,
} from "../../crds/smi/schema.ts";
import { trafficSplitSpec } from "../../crds/traffic-split/schema.ts";
import * as controlSchemas from "../../mesh/control-messages.schema.ts";
import { annotationsPage } from "./annotations-page.ts";
import { definitions } from "./definitions.ts";
import { errorCodesPage } from "./error-codes-page.ts";
import { helmFiles } from "./helm-files.ts";
import { installPage } from "./install-page.ts";
import { kindsPage } from "./kinds-page.ts";
import { KINDS_CLOSING, KINDS_INTRODUCTION } from "./kinds-page-text.ts";
import { kustomizeFiles } from "./kustomize-files.ts";
import { olmFiles } from "./olm-files.ts";
import { resourceDefinition } from "./resource-definition.ts";
import { readShapes } from "./shape-tree.ts";
import { type ValidatorFile, validatorSource } from "./validator-source.ts";

export interface GeneratedFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

export function generatedFiles(): readonly GeneratedFile[] {
  const page = kindsPage(KINDS_INTRODUCTION, KINDS_CLOSING);
  return [
    ...kindValidators(),
    ...definitionFiles(),
    definitionsModule(),
    controlValidators(),
    { path: "docs/kinds.md", text: page },
    { path: "docs/error-codes.md", text: errorCodesPage() },
    { path: "docs/annotations.md", text: annotationsPage() },
    { path: "docs/install-options.md", text: installPage() },
    ...kustomizeFiles(),
    ...helmFiles(),
    ...olmFiles(),
  ];
}

function kindValidators(): readonly GeneratedFile[] {
  return [
    validatorFile("crds/service-profile/schema.ts", { ServiceProfileSpec: serviceProfileSpec }),
    validatorFile("crds/traffic-split/schema.ts", { TrafficSplitSpec: trafficSplitSpec }),
    validatorFile("crds/retry-policy/schema.ts", { RetryPolicySpec: retryPolicySpec }),
    validatorFile("crds/linkerd/schema.ts", { LinkerdProfileSpec: linkerdProfileSpec }),
    validatorFile("crds/smi/schema.ts", {
      QuantitySplitSpec: quantitySplitSpec,
      WholeSplitSpec: wholeSplitSpec,
      MatchedSplitSpec: matchedSplitSpec,
      ListedMatches: listedMatches,
      RouteGroupSpec: routeGroupSpec,
    }),
    validatorFile("crds/service/schema.ts", { ServiceSpec: serviceSpec }, true),
    validatorFile("crds/endpoint-slice/schema.ts", { EndpointSliceBody: endpointSliceBody }, true),
    validatorFile("crds/metadata-schema.ts", { ObjectMetadata: objectMetadata }, true),
  ];
}

/** `x/schema.ts` gets `x/validate.gen.ts` beside it, `y-schema.ts` gets `y.gen.ts`. */
function validatorFile(
  from: string,
  schemas: Readonly<Record<string, unknown>>,
  nullIsAbsent = false,
): GeneratedFile {
  const slash = from.lastIndexOf("/");
  const stem = from.slice(slash + 1).replace(/-?schema\.ts$/, "");
  const path = `${from.slice(0, slash)}/${stem === "" ? "validate" : stem}.gen.ts`;
  const up = "../".repeat(from.split("/").length - 1);
  const text = validatorSource({
    validators: validatorsOf(schemas),
    typesFrom: `./${from.slice(slash + 1)}`,
    runtimeFrom: `${up}base/shape.ts`,
    nullIsAbsent,
  });
  return { path, text };
}

const DEFINITION_HEAD = "# Made by tools/generate from the schema beside it.\n";

function definitionFiles(): readonly GeneratedFile[] {
  return definitions().map((definition) => {
    const folder = definition.folder;
    const yaml = stringify(resourceDefinition(definition), {
      lineWidth: 0,
      aliasDuplicateObjects: false,
    });
    return { path: `crds/${folder}/${folder}.crd.yaml`, text: DEFINITION_HEAD + yaml };
  });
}

/** For programs, which install them without a file beside them. */
function definitionsModule(): GeneratedFile {
  const lines = definitions().map((one) => `  ${JSON.stringify(resourceDefinition(one))},\n`);
  const text = `// Made by tools/generate from the schemas. Edit those, then run \`make generate\`.

/** The CustomResourceDefinitions of our kinds. */
export const DEFINITIONS: readonly Readonly<Record<string, unknown>>[] = [
${lines.join("")}];
`;
  return { path: "crds/definitions.gen.ts", text };
}

function controlValidators(): GeneratedFile {
  const { ProxyMessage, OperatorMessage, Workload, EndpointSet, EndpointDelta } = controlSchemas;
  const { Destination, AddressBinding } = controlSchemas;
  const schemas = {
    ProxyMessage,
    OperatorMessage,
    Workload,
    EndpointSet,
    EndpointDelta,
    Destination,
    AddressBinding,
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
