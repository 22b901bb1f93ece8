/** What stands in Secrets, as far as the operator keeps some. */
import { isRecord } from "../../base/shape.ts";
import type { KubeObject, KubeResource } from "../../kube/kube-object.ts";

export const SECRETS: KubeResource = {
  ...{ group: "", version: "v1", kind: "Secret", plural: "secrets" },
};

/** Of a Secret's `data`; empty where it is not there. */
export function secretText({ raw }: Pick<KubeObject, "raw">, key: string): string {
  const { data } = raw;
  const value = isRecord(data) ? data[key] : undefined;
  return typeof value === "string" ? Buffer.from(value, "base64").toString("utf8") : "";
}

export function encodeSecretData(
  texts: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, Buffer.from(text, "utf8").toString("base64")]),
  );
}
