/** The kinds that are ours, as Kubernetes is told about them. */
import { retryPolicySpec } from "../../crds/retry-policy/schema.ts";
import { serviceProfileSpec } from "../../crds/service-profile/schema.ts";
import { objectStatus } from "../../crds/status-schema.ts";
import { trafficSplitSpec } from "../../crds/traffic-split/schema.ts";
import type { PrinterColumn, ResourceDefinition } from "./resource-definition.ts";
import { readShapes } from "./shape-tree.ts";

export interface OwnKind extends ResourceDefinition {
  /** Below `crds/`. */
  readonly folder: string;
}

export function definitions(): readonly OwnKind[] {
  const ours = { group: "heddle.mesh", version: "v1alpha1", status: readShapes(objectStatus) };
  return [
    {
      ...ours,
      folder: "service-profile",
      kind: "ServiceProfile",
      plural: "serviceprofiles",
      shortNames: ["sp"],
      description: "The routes of one service, and how calls to it behave.",
      spec: readShapes(serviceProfileSpec),
      columns: [
        column("Service", ".spec.service", "The service it speaks about."),
        column("Summary", ".status.summary", "What it does, in one line."),
        ...VERDICT_COLUMNS,
      ],
    },
    {
      ...ours,
      folder: "traffic-split",
      kind: "TrafficSplit",
      plural: "trafficsplits",
      shortNames: ["ts"],
      description: "Spreads the traffic of one service over others by weight.",
      spec: readShapes(trafficSplitSpec),
      columns: [
        column("Service", ".spec.service", "The service that callers name."),
        column("Split", ".status.summary", "Who gets how much."),
        ...VERDICT_COLUMNS,
      ],
    },
    {
      ...ours,
      folder: "retry-policy",
      kind: "RetryPolicy",
      plural: "retrypolicies",
      shortNames: ["rp"],
      description: "When and how often requests to a service are tried again.",
      spec: readShapes(retryPolicySpec),
      columns: [
        column("Target", ".spec.targetRef.name", "What it is for."),
        {
          name: "Max",
          type: "integer",
          jsonPath: ".spec.maxRetries",
          description: "Tries after the first, at most.",
        },
        ...VERDICT_COLUMNS,
      ],
    },
  ];
}

function column(name: string, jsonPath: string, description: string): PrinterColumn {
  return { name, type: "string", jsonPath, description };
}

const VERDICT_COLUMNS: readonly PrinterColumn[] = [
  column(
    "Accepted",
    '.status.conditions[?(@.type=="Accepted")].status',
    "Whether the mesh takes it.",
  ),
  column("Proxies", ".status.proxies", "Proxies that hold it, of those that should."),
  {
    name: "Conflicted",
    type: "string",
    jsonPath: '.status.conditions[?(@.type=="Conflicted")].status',
    description: "Whether another object wins over it.",
    priority: 1,
  },
  {
    name: "Age",
    type: "date",
    jsonPath: ".metadata.creationTimestamp",
    description: "When it was made.",
  },
];
