/**
 * By what the API server is known, and by what it knows the parts: a certificate of an authority of
 * the cluster's own, and one token for each part that says who it is.
 */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRoot, issueLeaf } from "../../../operator/identity/certificate.ts";
import {
  API_SERVICE_ADDRESS,
  API_URL,
  CLUSTER_DOMAIN,
  NODE_ADDRESS,
  NODE_NAME,
} from "./addresses.ts";
import type { ClusterFolders } from "./folders.ts";

const DAY_MS = 24 * 3_600_000;
const TOKEN_BYTES = 16;

interface Party {
  /** Of its kubeconfig. */
  readonly file: string;
  readonly user: string;
  readonly group?: string;
}

/** The names by which the rules that every API server has know them. */
const PARTIES: readonly Party[] = [
  { file: "admin", user: "admin", group: "system:masters" },
  { file: "controller-manager", user: "system:kube-controller-manager" },
  { file: "scheduler", user: "system:kube-scheduler" },
  { file: "kube-proxy", user: "system:kube-proxy" },
  { file: "kubelet", user: `system:node:${NODE_NAME}`, group: "system:nodes" },
];

/** Everything into the folder of keys, a kubeconfig for each part among it. */
export async function writeCredentials({ pki }: ClusterFolders): Promise<void> {
  const write = (name: string, text: string): void => {
    writeFileSync(join(pki, name), text, { mode: 0o600 });
  };
  const wallMs = Date.now();
  const validity = { notBeforeWallMs: wallMs - DAY_MS, notAfterWallMs: wallMs + DAY_MS };
  const root = await createRoot(validity);
  const service = "kubernetes.default.svc";
  const leaf = await issueLeaf(
    root,
    {
      dnsNames: [service, `${service}.${CLUSTER_DOMAIN}`, "kubernetes.default", "kubernetes"],
      ipAddresses: [NODE_ADDRESS, API_SERVICE_ADDRESS, "127.0.0.1"],
    },
    validity,
  );
  write("ca.crt", root.certificatePem);
  write("apiserver.crt", leaf.certificatePem);
  write("apiserver.key", leaf.keyPem);
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  write("accounts.key", privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  write("accounts.pub", publicKey.export({ type: "spki", format: "pem" }).toString());
  const rows: string[] = [];
  for (const { file, user, group = "" } of PARTIES) {
    const token = randomBytes(TOKEN_BYTES).toString("hex");
    rows.push(`${token},${user},${user},"${group}"\n`);
    write(`${file}.kubeconfig`, kubeconfigOf(root.certificatePem, token));
  }
  write("tokens.csv", rows.join(""));
}

function kubeconfigOf(ca: string, token: string): string {
  const data = Buffer.from(ca).toString("base64");
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "cluster", cluster: { server: API_URL, "certificate-authority-data": data } },
    ],
    users: [{ name: "user", user: { token } }],
    contexts: [{ name: "cluster", context: { cluster: "cluster", user: "user" } }],
    "current-context": "cluster",
  });
}
