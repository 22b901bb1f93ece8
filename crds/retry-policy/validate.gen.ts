// Made by tools/generate from the schemas. Edit those, then run `make generate`.
import type { RetryPolicySpec } from "./schema.ts";
import { checkNumber, checkSize, checkText, checkWord, isRecord, missingKey, type NumberBounds, type Path, type Report, ROOT, type TextBounds, UNKNOWN_KEYS_MAX, unknownKey, wrongType } from "../../base/shape.ts";

const KEYS_0: readonly string[] = ["targetRef", "maxRetries", "retryOn", "methods", "idempotencyKeyHeader", "perTryTimeout", "backoff", "budget", "bodyLimit", "retryAfterMax", "hedge"];
const DEEP_1: readonly string[] = [];
const KEYS_2: readonly string[] = ["group", "kind", "name", "namespace", "routes"];
const WORDS_3 = ["","core","heddle.mesh","linkerd.io"];
const WORDS_4 = ["Service","ServiceProfile"];
const TEXT_5: TextBounds = { min: 1, max: 253, pattern: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/u, meaning: "the name of an object, such as \"web\"" };
const TEXT_6: TextBounds = { min: 1, max: 63, pattern: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/u, meaning: "the name of a namespace, such as \"shop\"" };
const TEXT_7: TextBounds = { min: 1, max: 128, pattern: null, meaning: "" };
const NUMBER_8: NumberBounds = { min: 0, max: 10, whole: true };
const TEXT_9: TextBounds = { min: 0, max: 24, pattern: /^([1-5]xx|[1-5][0-9]{2}(-[1-5][0-9]{2})?|connect-failure|reset|refused-stream|per-try-timeout|cancelled|unknown|invalid-argument|deadline-exceeded|not-found|already-exists|permission-denied|resource-exhausted|failed-precondition|aborted|out-of-range|unimplemented|internal|unavailable|data-loss|unauthenticated)$/u, meaning: "a status, a range or a reason, such as 503, \"502-504\", \"5xx\" or \"connect-failure\"" };
const NUMBER_10: NumberBounds = { min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, whole: true };
const TEXT_11: TextBounds = { min: 1, max: 32, pattern: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/u, meaning: "an HTTP method, such as \"GET\"" };
const TEXT_12: TextBounds = { min: 1, max: 256, pattern: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/u, meaning: "the name of a header, such as \"x-version\"" };
const TEXT_13: TextBounds = { min: 0, max: 32, pattern: /^(0|([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$/u, meaning: "a duration such as \"300ms\", \"10s\" or \"1h30m\"" };
const KEYS_14: readonly string[] = ["base", "max", "jitter"];
const NUMBER_15: NumberBounds = { min: 0, max: 1, whole: false };
const KEYS_16: readonly string[] = ["ratio", "minRetriesPerSecond", "ttl"];
const NUMBER_17: NumberBounds = { min: 0, max: 1000, whole: false };
const NUMBER_18: NumberBounds = { min: 0, max: 1000000, whole: true };
const TEXT_19: TextBounds = { min: 0, max: 20, pattern: /^[0-9]+(\.[0-9]+)?(k|M|G|Ki|Mi|Gi)?$/u, meaning: "a number of bytes, such as 65536 or \"64Ki\"" };
const KEYS_20: readonly string[] = ["after", "percentile", "max"];
const NUMBER_21: NumberBounds = { min: 50, max: 99.99, whole: false };
const NUMBER_22: NumberBounds = { min: 1, max: 3, whole: true };

function checkRetryPolicySpecTargetRefRoutes(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 1, 64, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkText(item, path, index, TEXT_7, report)) ok = false;
  }
  return ok;
}

function checkRetryPolicySpecTargetRef(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "group":
      case "kind":
      case "name":
      case "namespace":
      case "routes":
        break;
      default:
        ok = unknownKey(path, key, KEYS_2, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["group"];
  if (v0 !== undefined && !checkWord(v0, path, "group", WORDS_3, report)) ok = false;
  const v1 = value["kind"];
  if (!(v1 !== undefined)) ok = missingKey(path, "kind", report);
  else if (!checkWord(v1, path, "kind", WORDS_4, report)) ok = false;
  const v2 = value["name"];
  if (!(v2 !== undefined)) ok = missingKey(path, "name", report);
  else if (!checkText(v2, path, "name", TEXT_5, report)) ok = false;
  const v3 = value["namespace"];
  if (v3 !== undefined && !checkText(v3, path, "namespace", TEXT_6, report)) ok = false;
  const v4 = value["routes"];
  if (v4 !== undefined && !checkRetryPolicySpecTargetRefRoutes(v4, { parent: path, key: "routes" }, report)) ok = false;
  return ok;
}

function checkRetryPolicySpecRetryOn(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 32, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!(typeof item === "number" ? checkNumber(item, path, index, NUMBER_10, report) : checkText(item, path, index, TEXT_9, report))) ok = false;
  }
  return ok;
}

function checkRetryPolicySpecMethods(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 16, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkText(item, path, index, TEXT_11, report)) ok = false;
  }
  return ok;
}

function checkRetryPolicySpecBackoff(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "base":
      case "max":
      case "jitter":
        break;
      default:
        ok = unknownKey(path, key, KEYS_14, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["base"];
  if (v0 !== undefined && !checkText(v0, path, "base", TEXT_13, report)) ok = false;
  const v1 = value["max"];
  if (v1 !== undefined && !checkText(v1, path, "max", TEXT_13, report)) ok = false;
  const v2 = value["jitter"];
  if (v2 !== undefined && !checkNumber(v2, path, "jitter", NUMBER_15, report)) ok = false;
  return ok;
}

function checkRetryPolicySpecBudget(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "ratio":
      case "minRetriesPerSecond":
      case "ttl":
        break;
      default:
        ok = unknownKey(path, key, KEYS_16, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["ratio"];
  if (v0 !== undefined && !checkNumber(v0, path, "ratio", NUMBER_17, report)) ok = false;
  const v1 = value["minRetriesPerSecond"];
  if (v1 !== undefined && !checkNumber(v1, path, "minRetriesPerSecond", NUMBER_18, report)) ok = false;
  const v2 = value["ttl"];
  if (v2 !== undefined && !checkText(v2, path, "ttl", TEXT_13, report)) ok = false;
  return ok;
}

function checkRetryPolicySpecHedge(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "after":
      case "percentile":
      case "max":
        break;
      default:
        ok = unknownKey(path, key, KEYS_20, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["after"];
  if (v0 !== undefined && !checkText(v0, path, "after", TEXT_13, report)) ok = false;
  const v1 = value["percentile"];
  if (v1 !== undefined && !checkNumber(v1, path, "percentile", NUMBER_21, report)) ok = false;
  const v2 = value["max"];
  if (v2 !== undefined && !checkNumber(v2, path, "max", NUMBER_22, report)) ok = false;
  return ok;
}

function checkRetryPolicySpec(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "targetRef":
      case "maxRetries":
      case "retryOn":
      case "methods":
      case "idempotencyKeyHeader":
      case "perTryTimeout":
      case "backoff":
      case "budget":
      case "bodyLimit":
      case "retryAfterMax":
      case "hedge":
        break;
      default:
        ok = unknownKey(path, key, KEYS_0, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["targetRef"];
  if (!(v0 !== undefined)) ok = missingKey(path, "targetRef", report);
  else if (!checkRetryPolicySpecTargetRef(v0, { parent: path, key: "targetRef" }, report)) ok = false;
  const v1 = value["maxRetries"];
  if (v1 !== undefined && !checkNumber(v1, path, "maxRetries", NUMBER_8, report)) ok = false;
  const v2 = value["retryOn"];
  if (v2 !== undefined && !checkRetryPolicySpecRetryOn(v2, { parent: path, key: "retryOn" }, report)) ok = false;
  const v3 = value["methods"];
  if (v3 !== undefined && !checkRetryPolicySpecMethods(v3, { parent: path, key: "methods" }, report)) ok = false;
  const v4 = value["idempotencyKeyHeader"];
  if (v4 !== undefined && !checkText(v4, path, "idempotencyKeyHeader", TEXT_12, report)) ok = false;
  const v5 = value["perTryTimeout"];
  if (v5 !== undefined && !checkText(v5, path, "perTryTimeout", TEXT_13, report)) ok = false;
  const v6 = value["backoff"];
  if (v6 !== undefined && !checkRetryPolicySpecBackoff(v6, { parent: path, key: "backoff" }, report)) ok = false;
  const v7 = value["budget"];
  if (v7 !== undefined && !checkRetryPolicySpecBudget(v7, { parent: path, key: "budget" }, report)) ok = false;
  const v8 = value["bodyLimit"];
  if (v8 !== undefined && !(typeof v8 === "number" ? checkNumber(v8, path, "bodyLimit", NUMBER_10, report) : checkText(v8, path, "bodyLimit", TEXT_19, report))) ok = false;
  const v9 = value["retryAfterMax"];
  if (v9 !== undefined && !checkText(v9, path, "retryAfterMax", TEXT_13, report)) ok = false;
  const v10 = value["hedge"];
  if (v10 !== undefined && !checkRetryPolicySpecHedge(v10, { parent: path, key: "hedge" }, report)) ok = false;
  return ok;
}

export function validateRetryPolicySpec(
  value: unknown,
  report: Report,
  path: Path = ROOT,
): value is RetryPolicySpec {
  return checkRetryPolicySpec(value, path, report);
}
