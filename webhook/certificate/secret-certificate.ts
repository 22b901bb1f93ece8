/** The certificate in the Secret that the operator keeps: it is followed by its one name. */
import { WEBHOOK_TLS_SECRET } from "../../inject/names.ts";
import { mapAt } from "../../inject/pod.ts";
import type { Informer } from "../../kube/informer.ts";
import type { KubeResource } from "../../kube/kube-object.ts";
import type { Selection } from "../../kube/selection.ts";
import type { CertificateHolder } from "./serving-certificate.ts";

export const SECRETS: KubeResource = {
  ...{ group: "", version: "v1", kind: "Secret", plural: "secrets" },
};

export function certificateSelection(namespace: string): Selection {
  return { namespace, name: WEBHOOK_TLS_SECRET };
}

/** One that is deleted stays in use: whoever deletes it makes a new one. */
export function followCertificate(informer: Informer, holder: CertificateHolder): void {
  informer.subscribe(({ after }) => {
    if (after === undefined) return;
    const data = mapAt(after.raw, "data");
    holder.offer(decode(data["tls.crt"]), decode(data["tls.key"]));
  });
}

function decode(value: unknown): string {
  return typeof value === "string" ? Buffer.from(value, "base64").toString("utf8") : "";
}
