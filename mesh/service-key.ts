/**
 * The name of one service port, everywhere below the kinds. `scheme` says which naming system the
 * rest belongs to: `svc` for Services of Kubernetes and of files, others for other discovery.
 * As text: `svc/shop/web:80`.
 */
export interface ServicePort {
  readonly scheme: string;
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

/** The canonical text of a `ServicePort`: comparable, usable as a key, otherwise opaque. */
export type ServiceKey = string & { readonly serviceKey: unique symbol };

export const SERVICE_KEY_BYTES_MAX = 256;

const PATTERN = /^([a-z][a-z0-9-]*)\/([a-z0-9.-]*)\/([a-zA-Z0-9._-]+):(\d{1,5})$/;

export function formatServiceKey(service: ServicePort): ServiceKey {
  return `${service.scheme}/${service.namespace}/${service.name}:${service.port}` as ServiceKey;
}

export function parseServiceKey(text: string): ServicePort | undefined {
  if (text.length > SERVICE_KEY_BYTES_MAX) return undefined;
  const found = PATTERN.exec(text);
  if (found === null) return undefined;
  const [, scheme = "", namespace = "", name = "", portText = ""] = found;
  const port = Number(portText);
  if (port < 1 || port > 65_535) return undefined;
  return { scheme, namespace, name, port };
}

export function isServiceKey(text: string): text is ServiceKey {
  return parseServiceKey(text) !== undefined;
}
