/** Questions as API servers ask them before they take an object. */
import type { Review } from "../../webhook/review.ts";

/** About a pod that is to be made in the namespace `shop`. */
export function podReview(object: unknown, fields: Partial<Review> = {}): Review {
  return {
    ...{ uid: "review-1", operation: "CREATE", group: "", version: "v1", kind: "Pod" },
    ...{ namespace: "shop", name: "", isDryRun: false, object, oldObject: null },
    ...fields,
  };
}

/** As it goes over the wire. */
export function admissionReview(review: Review): object {
  const { uid, operation, group, version, kind, namespace, name, isDryRun } = review;
  return {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid,
      kind: { group, version, kind },
      resource: { group, version, resource: `${kind.toLowerCase()}s` },
      ...(name === "" ? {} : { name }),
      namespace,
      operation,
      userInfo: { username: "system:serviceaccount:kube-system:replicaset-controller" },
      object: review.object,
      oldObject: review.oldObject,
      dryRun: isDryRun,
      options: { apiVersion: "meta.k8s.io/v1", kind: "CreateOptions" },
    },
  };
}
