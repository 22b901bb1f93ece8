/** `metadata` as Kubernetes defines it. Only the name, the namespace and labels are read. */
import { type Static, Type } from "typebox";
import { closed, namespaceName, objectName } from "./schema-parts.ts";

const anything = () => Type.Optional(Type.Unknown());

const texts = (description: string) =>
  Type.Record(Type.String(), Type.String({ maxLength: 262_144 }), {
    description,
    maxProperties: 1000,
  });

export const objectMetadata = closed({
  name: objectName("The object's name."),
  namespace: Type.Optional(namespaceName("The object's namespace.")),
  labels: Type.Optional(texts("Labels.")),
  annotations: Type.Optional(texts("Annotations.")),
  generateName: anything(),
  selfLink: anything(),
  uid: anything(),
  resourceVersion: anything(),
  generation: anything(),
  creationTimestamp: anything(),
  deletionTimestamp: anything(),
  deletionGracePeriodSeconds: anything(),
  ownerReferences: anything(),
  finalizers: anything(),
  managedFields: anything(),
  clusterName: anything(),
});

export type ObjectMetadata = Static<typeof objectMetadata>;
