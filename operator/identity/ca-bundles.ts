/** By what the API server knows the webhook: one field in each entry of its configurations. */
import { isRecord } from "../../base/shape.ts";
import {
  ANNOTATED_ENTRY,
  INJECTOR,
  LABELLED_ENTRY,
  VALIDATE_ENTRY,
  VALIDATOR,
} from "../../inject/names.ts";
import { apiVersionOf, type KubeObject, type KubeResource } from "../../kube/kube-object.ts";

export interface WebhookConfiguration {
  readonly resource: KubeResource;
  readonly name: string;
  /** Those that are ours. Others that somebody has added are left alone. */
  readonly entries: readonly string[];
}

const group = "admissionregistration.k8s.io";

export const INJECTOR_CONFIGURATION: WebhookConfiguration = {
  resource: {
    ...{ group, version: "v1", kind: "MutatingWebhookConfiguration" },
    plural: "mutatingwebhookconfigurations",
  },
  name: INJECTOR,
  entries: [LABELLED_ENTRY, ANNOTATED_ENTRY],
};

export const VALIDATOR_CONFIGURATION: WebhookConfiguration = {
  resource: {
    ...{ group, version: "v1", kind: "ValidatingWebhookConfiguration" },
    plural: "validatingwebhookconfigurations",
  },
  name: VALIDATOR,
  entries: [VALIDATE_ENTRY],
};

export interface BundlePlan {
  readonly metadata: { readonly name: string };
  readonly [field: string]: unknown;
}

/**
 * What to apply so that our entries name the bundle; null where they do, or where there are none.
 * All that are there are named each time: what was applied before and is left out would be removed.
 */
export function planCaBundle(
  { resource, name, entries }: WebhookConfiguration,
  found: KubeObject,
  bundle: string,
): BundlePlan | null {
  const caBundle = Buffer.from(bundle, "utf8").toString("base64");
  const present = listOf(found.raw.webhooks).filter((one) => entries.includes(String(one.name)));
  const isRight = present.every(({ clientConfig }) => {
    return isRecord(clientConfig) && clientConfig.caBundle === caBundle;
  });
  if (isRight) return null;
  const webhooks = present.map((one) => ({ name: one.name, clientConfig: { caBundle } }));
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: { name }, webhooks };
}

function listOf(value: unknown): readonly Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
