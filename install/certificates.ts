/**
 * What makes cert-manager issue the webhook's certificate, and tell the API server whom to trust:
 * an authority that signs itself, one certificate that it signs, and an annotation on the webhook
 * configurations.
 */
import { WEBHOOK, WEBHOOK_TLS_SECRET } from "../inject/names.ts";
import type { Fields, Texts } from "../inject/pod.ts";
import { programLabels } from "./install-object.ts";
import type { InstallOptions } from "./options.ts";

const VERSION = "cert-manager.io/v1";
const AUTHORITY = "heddle-webhook-ca";
const DAY_HOURS = 24;

export function certManagerObjects(options: InstallOptions): readonly Fields[] {
  if (options.certificates !== "cert-manager") return [];
  const { namespace, clusterDomain } = options;
  const labels = programLabels(WEBHOOK);
  const key = { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" };
  const object = (kind: string, name: string, spec: Fields): Fields => ({
    apiVersion: VERSION,
    kind,
    metadata: { name, namespace, labels },
    spec,
  });
  return [
    object("Issuer", `${WEBHOOK}-selfsigned`, { selfSigned: {} }),
    object("Certificate", AUTHORITY, {
      commonName: AUTHORITY,
      isCA: true,
      secretName: AUTHORITY,
      duration: hours(5 * 365),
      privateKey: { algorithm: "ECDSA", size: 256 },
      issuerRef: { kind: "Issuer", name: `${WEBHOOK}-selfsigned` },
    }),
    object("Issuer", WEBHOOK, { ca: { secretName: AUTHORITY } }),
    object("Certificate", WEBHOOK_TLS_SECRET, {
      secretName: WEBHOOK_TLS_SECRET,
      duration: hours(90),
      renewBefore: hours(30),
      privateKey: key,
      dnsNames: [`${WEBHOOK}.${namespace}.svc`, `${WEBHOOK}.${namespace}.svc.${clusterDomain}`],
      usages: ["server auth", "digital signature"],
      issuerRef: { kind: "Issuer", name: WEBHOOK },
    }),
  ];
}

/** On the webhook configurations: cert-manager then fills in whom the API server is to trust. */
export function caInjection({ certificates, namespace }: InstallOptions): Texts {
  if (certificates !== "cert-manager") return {};
  return { "cert-manager.io/inject-ca-from": `${namespace}/${WEBHOOK_TLS_SECRET}` };
}

function hours(days: number): string {
  return `${days * DAY_HOURS}h0m0s`;
}
