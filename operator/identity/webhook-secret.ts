/** Whether what the webhook shows is still right, and what to put in its place where it is not. */
import { createPrivateKey } from "node:crypto";
import { PART_OF, PART_OF_VALUE, WEBHOOK, WEBHOOK_TLS_SECRET } from "../../inject/names.ts";
import type { KubeObject } from "../../kube/kube-object.ts";
import type { Authority } from "./authority.ts";
import { type Credential, type LeafNames, readCertificate } from "./certificate.ts";
import { AUTHORITY_TIMES, renewAtWallMs } from "./roots.ts";
import { encodeSecretData, secretText } from "./secrets.ts";

const KEY = { certificate: "tls.crt", key: "tls.key", bundle: "ca.crt" } as const;

/** What stands in the Secret, as far as it can be used. */
interface Shown {
  readonly leaf: Credential;
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly bundle: string;
}

export interface WebhookPlace {
  readonly namespace: string;
  readonly clusterDomain: string;
}

export function webhookNames({ namespace, clusterDomain }: WebhookPlace): LeafNames {
  const name = `${WEBHOOK}.${namespace}.svc`;
  return { dnsNames: [name, `${name}.${clusterDomain}`], ipAddresses: [] };
}

export interface SecretPlan {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: object;
  };
  readonly [field: string]: unknown;
}

/** The Secret as it should be; null where it is so, or where there is nothing to issue from. */
export async function planWebhookSecret(
  found: KubeObject | undefined,
  authority: Authority,
  place: WebhookPlace,
  wallMs: number,
): Promise<SecretPlan | null> {
  const { bundle } = authority;
  const shown = found === undefined ? undefined : readShown(found);
  if (shown !== undefined && isGood(shown, authority, place, wallMs)) {
    if (shown.bundle === bundle) return null;
    return secret(place, { ...shown, bundle });
  }
  const leaf = await authority.issue(webhookNames(place), AUTHORITY_TIMES.webhookLifeMs);
  return leaf === null ? null : secret(place, { ...leaf, bundle });
}

/** Of the certificate in the Secret, since the epoch; undefined without one. */
export function webhookNotAfterWallMs(found: KubeObject | undefined): number | undefined {
  return found === undefined ? undefined : readShown(found)?.leaf.notAfterWallMs;
}

function readShown(found: KubeObject): Shown | undefined {
  const certificatePem = secretText(found, KEY.certificate);
  const keyPem = secretText(found, KEY.key);
  try {
    const leaf = readCertificate(certificatePem);
    if (!leaf.certificate.checkPrivateKey(createPrivateKey(keyPem))) return undefined;
    return { leaf, certificatePem, keyPem, bundle: secretText(found, KEY.bundle) };
  } catch {
    // Nothing that could be shown.
    return undefined;
  }
}

function isGood(
  { leaf }: Shown,
  authority: Authority,
  place: WebhookPlace,
  wallMs: number,
): boolean {
  const { issuer } = authority;
  if (issuer === undefined || renewAtWallMs(leaf) <= wallMs) return false;
  if (!leaf.certificate.verify(issuer.certificate.publicKey)) return false;
  return webhookNames(place).dnsNames.every(
    (name) => leaf.certificate.checkHost(name, { subject: "never" }) !== undefined,
  );
}

function secret(
  { namespace }: WebhookPlace,
  shown: Pick<Shown, "certificatePem" | "keyPem" | "bundle">,
): SecretPlan {
  return {
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/tls",
    metadata: { name: WEBHOOK_TLS_SECRET, namespace, labels: { [PART_OF]: PART_OF_VALUE } },
    data: encodeSecretData({
      [KEY.certificate]: shown.certificatePem,
      [KEY.key]: shown.keyPem,
      [KEY.bundle]: shown.bundle,
    }),
  };
}
