/**
 * Pieces of schema that several kinds share. Everything has a bound, because Kubernetes estimates
 * the cost of a rule from the bounds below it, and because a file is hostile until it is read.
 */
import { type TProperties, type TSchema, Type } from "typebox";

/** Unknown fields are named rather than ignored, so every object is closed. */
export function closed<T extends TProperties>(
  properties: T,
  options: Readonly<Record<string, unknown>> = {},
) {
  return Type.Object(properties, { additionalProperties: false, ...options });
}

export function listOf<T extends TSchema>(
  items: T,
  maxItems: number,
  description: string,
  options: Readonly<Record<string, unknown>> = {},
) {
  return Type.Array(items, { maxItems, description, ...options });
}

/** A CEL rule, for the API server; our own validation says the same with more words. */
export function rule(expression: string, message: string) {
  return { "x-kubernetes-validations": [{ rule: expression, message }] };
}

export const DURATION_PATTERN = "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$";

export function duration(description: string) {
  return Type.String({
    description,
    maxLength: 32,
    pattern: DURATION_PATTERN,
    meaning: 'a duration such as "300ms", "10s" or "1h30m"',
  });
}

const LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";

/** `web`, `web.shop`, `web.shop.svc` or with the cluster's domain. */
export function serviceReference(description: string) {
  return Type.String({
    description,
    minLength: 1,
    maxLength: 253,
    pattern: `^${LABEL}(\\.${LABEL})*$`,
    meaning: 'the name of a service, such as "web" or "web.shop"',
  });
}

/** The name of a service in the same namespace. */
export function serviceName(description: string) {
  return Type.String({
    description,
    minLength: 1,
    maxLength: 63,
    pattern: `^${LABEL}$`,
    meaning: 'the name of a service, such as "web"',
  });
}

export function objectName(description: string) {
  return Type.String({
    description,
    minLength: 1,
    maxLength: 253,
    pattern: `^${LABEL}(\\.${LABEL})*$`,
    meaning: 'the name of an object, such as "web"',
  });
}

export function namespaceName(description: string) {
  return Type.String({
    description,
    minLength: 1,
    maxLength: 63,
    pattern: `^${LABEL}$`,
    meaning: 'the name of a namespace, such as "shop"',
  });
}

/** RFC 9110 section 5.6.2. */
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

export function headerName(description: string) {
  return Type.String({
    description,
    minLength: 1,
    maxLength: 256,
    pattern: `^${TOKEN}$`,
    meaning: 'the name of a header, such as "x-version"',
  });
}

/** RFC 6265 section 4.1.1. */
export function cookieName(description: string) {
  return Type.String({
    description,
    minLength: 1,
    maxLength: 256,
    pattern: `^${TOKEN}$`,
    meaning: 'the name of a cookie, such as "session"',
  });
}

export function methodName(description: string) {
  return Type.String({
    description,
    minLength: 1,
    maxLength: 32,
    pattern: `^${TOKEN}$`,
    meaning: 'an HTTP method, such as "GET"',
  });
}

/** A share of 0 to 1. */
export function share(description: string) {
  return Type.Number({ description, minimum: 0, maximum: 1 });
}

export function count(description: string, minimum: number, maximum: number) {
  return Type.Integer({ description, minimum, maximum });
}

/** `65536`, `64Ki`, `1M`. */
export function byteSize(description: string) {
  return Type.Unsafe<number | string>({
    "x-kubernetes-int-or-string": true,
    description,
    maxLength: 20,
    pattern: "^[0-9]+(\\.[0-9]+)?(k|M|G|Ki|Mi|Gi)?$",
    meaning: 'a number of bytes, such as 65536 or "64Ki"',
  });
}

/** A Kubernetes quantity, for weights that were written as `500m`. */
export function quantity(description: string, options: Readonly<Record<string, unknown>> = {}) {
  return Type.Unsafe<number | string>({
    "x-kubernetes-int-or-string": true,
    description,
    maxLength: 32,
    pattern: "^[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$",
    meaning: 'a weight, such as 10 or "500m"',
    ...options,
  });
}
