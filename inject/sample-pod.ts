/** A pod as an application has it, and the installation that its tests assume. */
import type { InjectionPolicy, NamespaceFacts } from "./decide-injection.ts";
import { defaultInjectOptions } from "./inject-options.ts";
import type { Fields, Pod, PodSpec } from "./pod.ts";

export const SAMPLE_OPTIONS = defaultInjectOptions(
  "registry.example/heddle:1",
  "wss://heddle-operator.heddle.svc.cluster.local:4190",
);

export const SAMPLE_POLICY: InjectionPolicy = {
  defaults: SAMPLE_OPTIONS,
  acceptLinkerd: false,
  meshNamespace: "heddle",
  injectUnasked: false,
};

export const SHOP: NamespaceFacts = {
  name: "shop",
  labels: { "kubernetes.io/metadata.name": "shop" },
  annotations: { "heddle.mesh/inject": "enabled" },
};

export const SAMPLE_POD: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "web-5d9f8c7b6-x2x4z",
    labels: { app: "web", "pod-template-hash": "5d9f8c7b6" },
    ownerReferences: [{ kind: "ReplicaSet", name: "web-5d9f8c7b6", controller: true }],
  },
  spec: {
    containers: [{ name: "web", image: "registry.example/web:7", ports: [{ containerPort: 80 }] }],
  },
};

/** The sample with other annotations. */
export function annotated(annotations: Readonly<Record<string, string>>): Pod {
  return { ...SAMPLE_POD, metadata: { ...SAMPLE_POD.metadata, annotations } };
}

/** The sample with fields of its spec changed. */
export function withSpec(fields: Fields): Pod {
  const spec: PodSpec = { ...SAMPLE_POD.spec, ...fields };
  return { ...SAMPLE_POD, spec };
}
