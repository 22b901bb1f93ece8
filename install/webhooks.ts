/**
 * What the API server asks the webhook about. Selectors see labels and not annotations, so there
 * are two entries for pods: one for namespaces that are labelled for injection, and one for all
 * others, where annotations of the namespace or the pod decide. No pod is in both: it is sent once.
 */
import {
  ANNOTATED_ENTRY,
  INJECT,
  INJECTOR,
  LABELLED_ENTRY,
  VALIDATE_ENTRY,
  VALIDATOR,
  WEBHOOK,
  WEBHOOK_SERVICE_PORT,
} from "../inject/names.ts";
import type { Fields } from "../inject/pod.ts";

const VERSION = "admissionregistration.k8s.io/v1";
const NAMESPACE_NAME = "kubernetes.io/metadata.name";
const MIRROR = "kubernetes.io/config.mirror";
/** The cluster's own, without which nothing starts, the webhook included. */
const SYSTEM_NAMESPACE = "kube-system";

/** Far more than an answer takes; what creates a pod waits so long when nobody answers. */
const INJECT_SECONDS_MAX = 5;
/** Of pods that most likely ask for nothing: they should not wait for a webhook that is away. */
const UNASKED_SECONDS_MAX = 2;
const VALIDATE_SECONDS_MAX = 5;

export interface WebhookPlace {
  /** Where the webhook runs. */
  readonly namespace: string;
  /** What becomes of pods of labelled namespaces while the webhook is away. */
  readonly failurePolicy: "Ignore" | "Fail";
  /** PEM in base64; null where somebody else writes it into the configuration. */
  readonly caBundle: string | null;
}

/** Both configurations. */
export function webhookObjects(place: WebhookPlace): readonly Fields[] {
  return [injectorConfiguration(place), validatorConfiguration(place)];
}

export function injectorConfiguration(place: WebhookPlace): Fields {
  return {
    apiVersion: VERSION,
    kind: "MutatingWebhookConfiguration",
    metadata: { name: INJECTOR },
    webhooks: [
      {
        name: LABELLED_ENTRY,
        ...podEntry(place, "In"),
        failurePolicy: place.failurePolicy,
        timeoutSeconds: INJECT_SECONDS_MAX,
      },
      {
        name: ANNOTATED_ENTRY,
        ...podEntry(place, "NotIn"),
        // Never a reason why a pod that has nothing to do with the mesh would not start.
        failurePolicy: "Ignore",
        timeoutSeconds: UNASKED_SECONDS_MAX,
      },
    ],
  };
}

export function validatorConfiguration(place: WebhookPlace): Fields {
  return {
    apiVersion: VERSION,
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: VALIDATOR },
    webhooks: [
      {
        name: VALIDATE_ENTRY,
        ...entry(place, "/validate"),
        rules: [
          {
            operations: ["CREATE", "UPDATE"],
            apiGroups: ["heddle.mesh"],
            apiVersions: ["v1alpha1"],
            resources: ["retrypolicies", "serviceprofiles", "trafficsplits"],
            scope: "Namespaced",
          },
        ],
        matchConditions: [
          {
            // Who only changes labels or takes a finalizer away is not held to the rest.
            name: "changed",
            expression:
              'request.operation != "UPDATE" || !has(object.spec) || !has(oldObject.spec) || ' +
              "object.spec != oldObject.spec",
          },
        ],
        // Without a webhook the operator still says what is wrong, and keeps the version before:
        // nobody should be kept from mending the mesh because a program of it is away.
        failurePolicy: "Ignore",
        sideEffects: "None",
        timeoutSeconds: VALIDATE_SECONDS_MAX,
      },
    ],
  };
}

/** `operator`: whether namespaces that are labelled for injection are meant, or all others. */
function podEntry(place: WebhookPlace, operator: "In" | "NotIn"): Fields {
  const never = [SYSTEM_NAMESPACE, place.namespace];
  return {
    ...entry(place, "/inject"),
    rules: [
      {
        operations: ["CREATE"],
        apiGroups: [""],
        apiVersions: ["v1"],
        resources: ["pods"],
        scope: "Namespaced",
      },
    ],
    namespaceSelector: {
      matchExpressions: [
        { key: INJECT, operator, values: ["enabled"] },
        { key: NAMESPACE_NAME, operator: "NotIn", values: never },
      ],
    },
    objectSelector: {
      matchExpressions: [{ key: INJECT, operator: "NotIn", values: ["disabled"] }],
    },
    matchConditions: [
      { name: "not-static", expression: `!(${hasAnnotation(MIRROR)})` },
      {
        name: "not-opted-out",
        expression:
          `!(${hasAnnotation(INJECT)}) || ` +
          `object.metadata.annotations[${JSON.stringify(INJECT)}] != "disabled"`,
      },
    ],
    // Injecting again changes nothing, but for what another webhook has put in meanwhile.
    reinvocationPolicy: "IfNeeded",
    sideEffects: "NoneOnDryRun",
  };
}

function hasAnnotation(name: string): string {
  const annotations = "object.metadata.annotations";
  return `has(${annotations}) && ${JSON.stringify(name)} in ${annotations}`;
}

function entry({ namespace, caBundle }: WebhookPlace, path: string): Fields {
  const service = { namespace, name: WEBHOOK, port: WEBHOOK_SERVICE_PORT, path };
  return {
    clientConfig: { service, ...(caBundle === null ? {} : { caBundle }) },
    admissionReviewVersions: ["v1"],
    // Also where it was written in another version of its kind.
    matchPolicy: "Equivalent",
  };
}
