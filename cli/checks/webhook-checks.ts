/**
 * Whether the API server asks the webhook, and believes it. The surest way is to try: an object
 * with a key that does not exist is sent as a trial, and only the webhook would refuse it.
 */
import { X509Certificate } from "node:crypto";
import { isRecord } from "../../base/shape.ts";
import {
  CA_SECRET,
  INJECTOR,
  LABELLED_ENTRY,
  VALIDATE_ENTRY,
  VALIDATOR,
  WEBHOOK,
  WEBHOOK_TLS_SECRET,
} from "../../inject/names.ts";
import type { CheckResult } from "../../mesh/self-check.ts";
import { ClusterError } from "../cluster/cluster.ts";
import { DEPLOYMENTS, MUTATING, pathOf, SECRETS, VALIDATING } from "../cluster/resources.ts";
import {
  type ClusterCheck,
  type ClusterScene,
  listAt,
  partOf,
  result,
  textAt,
} from "./cluster-check.ts";

const DAY_MS = 86_400_000;
/** Ours are renewed after two thirds of their life: one that is older was not renewed. */
const LIFE_USED_MAX = 0.75;
const SPLIT_PATH = "/apis/heddle.mesh/v1alpha1/namespaces/default/trafficsplits/heddle-check";

export const checkWebhookAnswers: ClusterCheck = async ({ cluster }) => {
  const name = "webhook-answers";
  const trial = {
    apiVersion: "heddle.mesh/v1alpha1",
    kind: "TrafficSplit",
    metadata: { name: "heddle-check", namespace: "default" },
    spec: {
      service: "heddle-check",
      backends: [{ service: "heddle-check", weight: 1, wieght: 1 }],
    },
  };
  const hint = "the certificate, the Service's endpoints and NetworkPolicies can be why";
  try {
    await cluster.apply(SPLIT_PATH, trial, { dryRun: true });
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    const { detail, status } = error;
    if (detail.includes(`admission webhook "${VALIDATE_ENTRY}" denied`)) {
      return result(name, "ok", "the API server asks the webhook, and believes it");
    }
    if (detail.includes("failed calling webhook")) return result(name, "failed", detail, hint);
    if (status === 403) throw error;
    return result(name, "failed", `a trial object is refused: ${detail}`);
  }
  const detail = "the API server does not reach the webhook: a trial object was not looked at";
  return result(name, "failed", detail, hint);
};

export const checkConfigurations: ClusterCheck = async (scene) => {
  const { cluster } = scene;
  const found = await Promise.all([
    cluster.find(pathOf(MUTATING, { namespace: "", name: INJECTOR })),
    cluster.find(pathOf(VALIDATING, { namespace: "", name: VALIDATOR })),
  ]);
  const missing = [INJECTOR, VALIDATOR].filter((_, index) => found[index] === undefined);
  if (missing.length > 0) {
    const detail = `no API server asks the webhook: ${missing.join(" and ")} missing`;
    const hint = '"heddle install --apply" makes them again';
    return result("webhook-configurations", "failed", detail, hint);
  }
  const entries = found.flatMap((one) => listAt(one, "webhooks"));
  return [...(await checkBundles(entries, scene)), ...(await checkPolicy(entries, scene))];
};

/** The bundle in each entry must be able to vouch for what the webhook shows. */
async function checkBundles(
  entries: readonly Readonly<Record<string, unknown>>[],
  { cluster, meshNamespace: namespace, wallMs }: ClusterScene,
): Promise<readonly CheckResult[]> {
  const name = "webhook-certificate";
  const empty = entries.filter((one) => textAt(partOf(one, "clientConfig"), "caBundle") === "");
  if (empty.length > 0) {
    const hint = "the leading operator writes it, or cert-manager: is one running?";
    return result(name, "failed", "the API server was not told whom to trust", hint);
  }
  const secret = await cluster.find(pathOf(SECRETS, { namespace, name: WEBHOOK_TLS_SECRET }));
  const shown = certificatesIn(secretText(secret, "tls.crt"))[0];
  if (shown === undefined) {
    const detail = `Secret ${namespace}/${WEBHOOK_TLS_SECRET} holds no certificate`;
    return result(name, "warning", detail, "it may come from a folder: then this cannot be seen");
  }
  const strangers = entries.filter((one) => {
    const bundle = decode(textAt(partOf(one, "clientConfig"), "caBundle"));
    return !certificatesIn(bundle).some((authority) => shown.verify(authority.publicKey));
  });
  if (strangers.length > 0) {
    const names = strangers.map((one) => textAt(one, "name")).join(", ");
    const hint = "the leading operator mends that within a minute; with cert-manager see its log";
    return result(name, "failed", `${names}: its caBundle does not vouch for the webhook`, hint);
  }
  const host = `${WEBHOOK}.${namespace}.svc`;
  if (shown.checkHost(host) === undefined) {
    return result(name, "failed", `the webhook's certificate is not for ${host}`);
  }
  return judgeLife(name, "the webhook's certificate", shown, wallMs);
}

async function checkPolicy(
  entries: readonly Readonly<Record<string, unknown>>[],
  { cluster, meshNamespace: namespace }: ClusterScene,
): Promise<readonly CheckResult[]> {
  const labelled = entries.find((one) => one.name === LABELLED_ENTRY);
  const deployment = await cluster.find(pathOf(DEPLOYMENTS, { namespace, name: WEBHOOK }));
  const { replicas } = partOf(deployment, "spec");
  const name = "failure-policy";
  if (labelled?.failurePolicy !== "Fail") {
    const detail = "while the webhook is away, pods are created without a proxy";
    const hint = "--ha refuses them instead, in namespaces that are labelled for injection";
    return [{ name, verdict: "ok", detail: `${detail} (${hint})`, hint: "" }];
  }
  const detail = "while the webhook is away, pods of labelled namespaces are refused";
  if (typeof replicas === "number" && replicas > 1) return result(name, "ok", detail);
  const hint = "with one replica each of its restarts is such a time: --set replicas=3";
  return result(name, "warning", detail, hint);
}

export const checkAuthority: ClusterCheck = async ({ cluster, meshNamespace, wallMs }) => {
  const name = "authority";
  const place = { namespace: meshNamespace, name: CA_SECRET };
  const secret = await cluster.find(pathOf(SECRETS, place));
  const certificates = certificatesIn(secretText(secret, "ca.crt"));
  const newest = certificates.toSorted((a, b) => endOf(b) - endOf(a))[0];
  if (newest === undefined) {
    const detail = `Secret ${meshNamespace}/${CA_SECRET} holds no certificate`;
    return result(name, "failed", detail, "the leading operator makes it: is one running?");
  }
  return judgeLife(name, "the authority's certificate", newest, wallMs);
};

function judgeLife(name: string, what: string, certificate: X509Certificate, wallMs: number) {
  const [startMs, endMs] = [certificate.validFromDate.getTime(), endOf(certificate)];
  const days = Math.floor((endMs - wallMs) / DAY_MS);
  const hint = "it should have been renewed: the leading operator's log says why it was not";
  if (endMs <= wallMs) {
    return result(name, "failed", `${what} ended ${certificate.validTo}`, hint);
  }
  if (startMs > wallMs) {
    return result(name, "failed", `${what} begins ${certificate.validFrom}`, "is a clock wrong?");
  }
  const used = (wallMs - startMs) / (endMs - startMs);
  const detail = `${what} is good for ${days === 1 ? "1 day" : `${days} days`}`;
  return used > LIFE_USED_MAX ? result(name, "warning", detail, hint) : result(name, "ok", detail);
}

function endOf({ validToDate }: X509Certificate): number {
  return validToDate.getTime();
}

function secretText(secret: unknown, key: string): string {
  const data = partOf(secret, "data");
  return isRecord(data) ? decode(textAt(data, key)) : "";
}

function decode(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}

/** Those that can be read. */
function certificatesIn(text: string): readonly X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}
