/** Names of services as users write them, and what they mean from where they stand. */
import type { Path } from "../base/shape.ts";
import type { ServiceName } from "../mesh/intent.ts";
import type { ReadContext } from "./kind.ts";

/**
 * `web`, `web.shop`, `web.shop.svc` or `web.shop.svc.<cluster domain>`. Undefined when it is none
 * of these; a bare name stands in `namespace`.
 */
export function parseServiceName(
  text: string,
  namespace: string,
  clusterDomain: string,
): ServiceName | undefined {
  const labels = withoutSuffix(text.replace(/\.$/, ""), clusterDomain).split(".");
  const [name = "", other] = labels;
  if (labels.length > 2 || labels.some((label) => !LABEL.test(label))) return undefined;
  return { namespace: other ?? namespace, name };
}

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

function withoutSuffix(text: string, clusterDomain: string): string {
  for (const suffix of [`.svc.${clusterDomain}`, ".svc"]) {
    const rest = text.slice(0, -suffix.length);
    if (text.endsWith(suffix) && rest.includes(".")) return rest;
  }
  return text;
}

/** The same, reporting what cannot be a service of this cluster. */
export function readServiceName(
  text: string,
  namespace: string,
  path: Path,
  context: ReadContext,
): ServiceName | undefined {
  const name = parseServiceName(text, namespace, context.clusterDomain);
  if (name !== undefined) return name;
  const full = `web.shop.svc.${context.clusterDomain}`;
  const message = `${JSON.stringify(text)} is not the name of a service`;
  context.error(path, "bad-service", message, `write it as "web", "web.shop" or "${full}"`);
  return undefined;
}
