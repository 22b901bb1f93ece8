// Made by tools/generate from the schemas. Edit those, then run `make generate`.
import type { ServiceProfileSpec } from "./schema.ts";
import { checkBoolean, checkNumber, checkSize, checkText, checkWord, isRecord, missingKey, type NumberBounds, type Path, type Report, ROOT, type TextBounds, UNKNOWN_KEYS_MAX, unknownKey, wrongType } from "../../base/shape.ts";

const KEYS_0: readonly string[] = ["service", "routes", "retryBudget", "dstOverrides", "opaquePorts", "loadBalancer", "circuitBreaker", "concurrency", "discovery"];
const DEEP_1: readonly string[] = [];
const TEXT_2: TextBounds = { min: 1, max: 253, pattern: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/u, meaning: "the name of a service, such as \"web\" or \"web.shop\"" };
const KEYS_3: readonly string[] = ["name", "condition", "responseClasses", "isRetryable", "timeout", "timeouts", "mirror", "faults", "headers", "rewrite", "redirect", "priority", "rateLimit", "importance"];
const TEXT_4: TextBounds = { min: 1, max: 128, pattern: /^[^\x00-\x1f\x7f]+$/u, meaning: "one line of text" };
const KEYS_5: readonly string[] = ["method", "path", "pathPrefix", "pathRegex", "headers", "all", "any", "not"];
const TEXT_6: TextBounds = { min: 1, max: 32, pattern: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/u, meaning: "an HTTP method, such as \"GET\"" };
const TEXT_7: TextBounds = { min: 0, max: 2048, pattern: /^(\/|\*$)/u, meaning: "a path, such as \"/books\"" };
const TEXT_8: TextBounds = { min: 0, max: 2048, pattern: /^\//u, meaning: "the beginning of a path, such as \"/books/\"" };
const TEXT_9: TextBounds = { min: 1, max: 2048, pattern: null, meaning: "" };
const KEYS_10: readonly string[] = ["name", "exact", "prefix", "suffix", "regex", "present"];
const TEXT_11: TextBounds = { min: 1, max: 256, pattern: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/u, meaning: "the name of a header, such as \"x-version\"" };
const TEXT_12: TextBounds = { min: 0, max: 4096, pattern: null, meaning: "" };
const TEXT_13: TextBounds = { min: 1, max: 1024, pattern: null, meaning: "" };
const KEYS_14: readonly string[] = ["method", "path", "pathPrefix", "pathRegex", "headers"];
const DEEP_15: readonly string[] = ["all","any","not"];
const KEYS_16: readonly string[] = ["condition", "isFailure"];
const KEYS_17: readonly string[] = ["status", "all", "any", "not"];
const KEYS_18: readonly string[] = ["min", "max"];
const NUMBER_19: NumberBounds = { min: 100, max: 599, whole: true };
const KEYS_20: readonly string[] = ["status"];
const TEXT_21: TextBounds = { min: 0, max: 32, pattern: /^(0|([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$/u, meaning: "a duration such as \"300ms\", \"10s\" or \"1h30m\"" };
const KEYS_22: readonly string[] = ["request", "response", "idle"];
const KEYS_23: readonly string[] = ["service", "share", "match", "bodyLimit", "compare"];
const NUMBER_24: NumberBounds = { min: 0, max: 1, whole: false };
const TEXT_25: TextBounds = { min: 0, max: 20, pattern: /^[0-9]+(\.[0-9]+)?(k|M|G|Ki|Mi|Gi)?$/u, meaning: "a number of bytes, such as 65536 or \"64Ki\"" };
const NUMBER_26: NumberBounds = { min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, whole: true };
const KEYS_27: readonly string[] = ["delay", "abort"];
const KEYS_28: readonly string[] = ["share", "min", "max"];
const KEYS_29: readonly string[] = ["share", "status"];
const NUMBER_30: NumberBounds = { min: 200, max: 599, whole: true };
const KEYS_31: readonly string[] = ["request", "response"];
const KEYS_32: readonly string[] = ["set", "add", "remove"];
const KEYS_33: readonly string[] = ["name", "value"];
const TEXT_34: TextBounds = { min: 0, max: 4096, pattern: /^[\t -~]*$/u, meaning: "one line of ASCII text" };
const KEYS_35: readonly string[] = ["path", "pathPrefix", "host"];
const TEXT_36: TextBounds = { min: 1, max: 2048, pattern: /^\/[!"$->@-~]*$/u, meaning: "a path without a query, such as \"/v2/\"" };
const TEXT_37: TextBounds = { min: 1, max: 253, pattern: /^(\[[0-9a-fA-F:.]+\]|[0-9A-Za-z._-]+)(:[0-9]{1,5})?$/u, meaning: "a host, such as \"books.example:8080\"" };
const KEYS_38: readonly string[] = ["status", "scheme", "host", "path", "pathPrefix"];
const WORDS_39 = [301,302,303,307,308];
const WORDS_40 = ["http","https"];
const NUMBER_41: NumberBounds = { min: -1000, max: 1000, whole: true };
const KEYS_42: readonly string[] = ["requestsPerSecond", "burst", "header"];
const NUMBER_43: NumberBounds = { min: 1, max: 1000000, whole: true };
const NUMBER_44: NumberBounds = { min: 0, max: 1000000, whole: true };
const WORDS_45 = ["critical","normal","sheddable"];
const KEYS_46: readonly string[] = ["retryRatio", "minRetriesPerSecond", "ttl"];
const NUMBER_47: NumberBounds = { min: 0, max: 1000, whole: false };
const KEYS_48: readonly string[] = ["authority", "weight"];
const TEXT_49: TextBounds = { min: 0, max: 260, pattern: null, meaning: "" };
const TEXT_50: TextBounds = { min: 0, max: 32, pattern: /^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$/u, meaning: "a weight, such as 10 or \"500m\"" };
const TEXT_51: TextBounds = { min: 0, max: 11, pattern: /^[0-9]{1,5}(-[0-9]{1,5})?$/u, meaning: "a port or a range, such as 3306 or \"4000-4010\"" };
const KEYS_52: readonly string[] = ["policy", "peakEwma", "hash", "slowStart", "zone", "subset"];
const WORDS_53 = ["peak-ewma","least-request","round-robin","random","consistent-hash"];
const KEYS_54: readonly string[] = ["decay", "defaultRtt"];
const KEYS_55: readonly string[] = ["header", "cookie", "source"];
const TEXT_56: TextBounds = { min: 1, max: 256, pattern: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/u, meaning: "the name of a cookie, such as \"session\"" };
const WORDS_57 = ["any","prefer","only"];
const NUMBER_58: NumberBounds = { min: 1, max: 10000, whole: true };
const KEYS_59: readonly string[] = ["consecutiveFailures", "successRate", "backoff", "maxEvictedShare"];
const KEYS_60: readonly string[] = ["threshold", "window", "minRequests"];
const KEYS_61: readonly string[] = ["base", "max", "jitter"];
const KEYS_62: readonly string[] = ["limit", "queue", "adaptive", "importanceHeader"];
const KEYS_63: readonly string[] = ["length", "timeout"];
const NUMBER_64: NumberBounds = { min: 0, max: 100000, whole: true };
const KEYS_65: readonly string[] = ["trust", "grace"];
const WORDS_66 = ["advisory","strict"];

function checkServiceProfileSpecRoutesItemConditionHeadersItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "name":
      case "exact":
      case "prefix":
      case "suffix":
      case "regex":
      case "present":
        break;
      default:
        ok = unknownKey(path, key, KEYS_10, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["name"];
  if (!(v0 !== undefined)) ok = missingKey(path, "name", report);
  else if (!checkText(v0, path, "name", TEXT_11, report)) ok = false;
  const v1 = value["exact"];
  if (v1 !== undefined && !checkText(v1, path, "exact", TEXT_12, report)) ok = false;
  const v2 = value["prefix"];
  if (v2 !== undefined && !checkText(v2, path, "prefix", TEXT_12, report)) ok = false;
  const v3 = value["suffix"];
  if (v3 !== undefined && !checkText(v3, path, "suffix", TEXT_12, report)) ok = false;
  const v4 = value["regex"];
  if (v4 !== undefined && !checkText(v4, path, "regex", TEXT_13, report)) ok = false;
  const v5 = value["present"];
  if (v5 !== undefined && !checkBoolean(v5, path, "present", report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutesItemConditionHeaders(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 32, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkServiceProfileSpecRoutesItemConditionHeadersItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkServiceProfileSpecRoutesItemConditionAllItemAllItemAllItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "method":
      case "path":
      case "pathPrefix":
      case "pathRegex":
      case "headers":
        break;
      default:
        ok = unknownKey(path, key, KEYS_14, DEEP_15, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["method"];
  if (v0 !== undefined && !checkText(v0, path, "method", TEXT_6, report)) ok = false;
  const v1 = value["path"];
  if (v1 !== undefined && !checkText(v1, path, "path", TEXT_7, report)) ok = false;
  const v2 = value["pathPrefix"];
  if (v2 !== undefined && !checkText(v2, path, "pathPrefix", TEXT_8, report)) ok = false;
  const v3 = value["pathRegex"];
  if (v3 !== undefined && !checkText(v3, path, "pathRegex", TEXT_9, report)) ok = false;
  const v4 = value["headers"];
  if (v4 !== undefined && !checkServiceProfileSpecRoutesItemConditionHeaders(v4, { parent: path, key: "headers" }, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutesItemConditionAllItemAllItemAll(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 1, 16, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkServiceProfileSpecRoutesItemConditionAllItemAllItemAllItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkServiceProfileSpecRoutesItemConditionAllItemAllItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "method":
      case "path":
      case "pathPrefix":
      case "pathRegex":
      case "headers":
      case "all":
      case "any":
      case "not":
        break;
      default:
        ok = unknownKey(path, key, KEYS_5, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["method"];
  if (v0 !== undefined && !checkText(v0, path, "method", TEXT_6, report)) ok = false;
  const v1 = value["path"];
  if (v1 !== undefined && !checkText(v1, path, "path", TEXT_7, report)) ok = false;
  const v2 = value["pathPrefix"];
  if (v2 !== undefined && !checkText(v2, path, "pathPrefix", TEXT_8, report)) ok = false;
  const v3 = value["pathRegex"];
  if (v3 !== undefined && !checkText(v3, path, "pathRegex", TEXT_9, report)) ok = false;
  const v4 = value["headers"];
  if (v4 !== undefined && !checkServiceProfileSpecRoutesItemConditionHeaders(v4, { parent: path, key: "headers" }, report)) ok = false;
  const v5 = value["all"];
  if (v5 !== undefined && !checkServiceProfileSpecRoutesItemConditionAllItemAllItemAll(v5, { parent: path, key: "all" }, report)) ok = false;
  const v6 = value["any"];
  if (v6 !== undefined && !checkServiceProfileSpecRoutesItemConditionAllItemAllItemAll(v6, { parent: path, key: "any" }, report)) ok = false;
  const v7 = value["not"];
  if (v7 !== undefined && !checkServiceProfileSpecRoutesItemConditionAllItemAllItemAllItem(v7, { parent: path, key: "not" }, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutesItemConditionAllItemAll(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 1, 16, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkServiceProfileSpecRoutesItemConditionAllItemAllItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkServiceProfileSpecRoutesItemConditionAllItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "method":
      case "path":
      case "pathPrefix":
      case "pathRegex":
      case "headers":
      case "all":
      case "any":
      case "not":
        break;
      default:
        ok = unknownKey(path, key, KEYS_5, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["method"];
  if (v0 !== undefined && !checkText(v0, path, "method", TEXT_6, report)) ok = false;
  const v1 = value["path"];
  if (v1 !== undefined && !checkText(v1, path, "path", TEXT_7, report)) ok = false;
  const v2 = value["pathPrefix"];
  if (v2 !== undefined && !checkText(v2, path, "pathPrefix", TEXT_8, report)) ok = false;
  const v3 = value["pathRegex"];
  if (v3 !== undefined && !checkText(v3, path, "pathRegex", TEXT_9, report)) ok = false;
  const v4 = value["headers"];
  if (v4 !== undefined && !checkServiceProfileSpecRoutesItemConditionHeaders(v4, { parent: path, key: "headers" }, report)) ok = false;
  const v5 = value["all"];
  if (v5 !== undefined && !checkServiceProfileSpecRoutesItemConditionAllItemAll(v5, { parent: path, key: "all" }, report)) ok = false;
  const v6 = value["any"];
  if (v6 !== undefined && !checkServiceProfileSpecRoutesItemConditionAllItemAll(v6, { parent: path, key: "any" }, report)) ok = false;
  const v7 = value["not"];
  if (v7 !== undefined && !checkServiceProfileSpecRoutesItemConditionAllItemAllItem(v7, { parent: path, key: "not" }, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutesItemConditionAll(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 1, 16, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkServiceProfileSpecRoutesItemConditionAllItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkServiceProfileSpecRoutesItemCondition(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "method":
      case "path":
      case "pathPrefix":
      case "pathRegex":
      case "headers":
      case "all":
      case "any":
      case "not":
        break;
      default:
        ok = unknownKey(path, key, KEYS_5, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["method"];
  if (v0 !== undefined && !checkText(v0, path, "method", TEXT_6, report)) ok = false;
  const v1 = value["path"];
  if (v1 !== undefined && !checkText(v1, path, "path", TEXT_7, report)) ok = false;
  const v2 = value["pathPrefix"];
  if (v2 !== undefined && !checkText(v2, path, "pathPrefix", TEXT_8, report)) ok = false;
  const v3 = value["pathRegex"];
  if (v3 !== undefined && !checkText(v3, path, "pathRegex", TEXT_9, report)) ok = false;
  const v4 = value["headers"];
  if (v4 !== undefined && !checkServiceProfileSpecRoutesItemConditionHeaders(v4, { parent: path, key: "headers" }, report)) ok = false;
  const v5 = value["all"];
  if (v5 !== undefined && !checkServiceProfileSpecRoutesItemConditionAll(v5, { parent: path, key: "all" }, report)) ok = false;
  const v6 = value["any"];
  if (v6 !== undefined && !checkServiceProfileSpecRoutesItemConditionAll(v6, { parent: path, key: "any" }, report)) ok = false;
  const v7 = value["not"];
  if (v7 !== undefined && !checkServiceProfileSpecRoutesItemConditionAllItem(v7, { parent: path, key: "not" }, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutesItemResponseClassesItemConditionStatus(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "min":
      case "max":
        break;
      default:
        ok = unknownKey(path, key, KEYS_18, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["min"];
  if (v0 !== undefined && !checkNumber(v0, path, "min", NUMBER_19, report)) ok = false;
  const v1 = value["max"];
  if (v1 !== undefined && !checkNumber(v1, path, "max", NUMBER_19, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutesItemResponseClassesItemConditionAllItemAllItemAllItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "status":
        break;
      default:
        ok = unknownKey(path, key, KEYS_20, DEEP_15, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["status"];
  if (v0 !== undefined && !checkServiceProfileSpecRoutesItemResponseClassesItemConditionStatus(v0, { parent: path, key: "status" }, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutesItemResponseClassesItemConditionAllItemAllItemAll(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 1, 16, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkServiceProfileSpecRoutesItemResponseClassesItemConditionAllItemAllItemAllItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkServiceProfileSpecRoutesItemResponseClassesItemConditionAllItemAllItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "status":
      case "all":
      case "any":
      case "not":
        break;
      default:
        ok = unknownKey(path, key, KEYS_17, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["status"];
  if (v0 !== undefined && !checkServiceProfileSpecRoutesItemResponseClassesItemConditionStatus(v0, { parent: path, key: "status" }, report)) ok = false;
  const v1 = value["all"];
  if (v1 !== undefined && !checkServiceProfileSpecRoutesItemResponseClassesItemConditionAllItemAllItemAll(v1, { parent: path, key: "all" }, report)) ok = false;
  const v2 = value["any"];
  if (v2 !== undefined && !checkServiceProfileSpecRoutesItemResponseClassesItemConditionAllItemAllItemAll(v2, { parent: path, key: "any" }, report)) ok = false;
  const v3 = value["not"];
  if (v3 !== undefined && !checkServiceProfileSpecRoutesItemResponseClassesItemConditionAllItemAllItemAllItem(v3, { parent: path, key: "not" }, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutesItemResponseClassesItemConditionAllItemAll(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 1, 16, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkServiceProfileSpecRoutesItemResponseClassesItemConditionAllItemAllItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkServiceProfileSpecRoutesItemResponseClassesItemConditionAllItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "status":
      case "all":
      case "any":
      case "not":
        break;
      default:
        ok = unknownKey(path, key, KEYS_17, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["status"];
  if (v0 !== undefined && !checkServiceProfileSpecRoutesItemResponseClassesItemConditionStatus(v0, { parent: path, key: "status" }, report)) ok = false;
  const v1 = value["all"];
  if (v1 !== undefined && !checkServiceProfileSpecRoutesItemResponseClassesItemConditionAllItemAll(v1, { parent: path, key: "all" }, report)) ok = false;
  const v2 = value["any"];
  if (v2 !== undefined && !checkServiceProfileSpecRoutesItemResponseClassesItemConditionAllItemAll(v2, { parent: path, key: "any" }, report)) ok = false;
  const v3 = value["not"];
  if (v3 !== undefined && !checkServiceProfileSpecRoutesItemResponseClassesItemConditionAllItemAllItem(v3, { parent: path, key: "not" }, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutesItemResponseClassesItemConditionAll(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 1, 16, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkServiceProfileSpecRoutesItemResponseClassesItemConditionAllItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkServiceProfileSpecRoutesItemResponseClassesItemCondition(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "status":
      case "all":
      case "any":
      case "not":
        break;
      default:
        ok = unknownKey(path, key, KEYS_17, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["status"];
  if (v0 !== undefined && !checkServiceProfileSpecRoutesItemResponseClassesItemConditionStatus(v0, { parent: path, key: "status" }, report)) ok = false;
  const v1 = value["all"];
  if (v1 !== undefined && !checkServiceProfileSpecRoutesItemResponseClassesItemConditionAll(v1, { parent: path, key: "all" }, report)) ok = false;
  const v2 = value["any"];
  if (v2 !== undefined && !checkServiceProfileSpecRoutesItemResponseClassesItemConditionAll(v2, { parent: path, key: "any" }, report)) ok = false;
  const v3 = value["not"];
  if (v3 !== undefined && !checkServiceProfileSpecRoutesItemResponseClassesItemConditionAllItem(v3, { parent: path, key: "not" }, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutesItemResponseClassesItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "condition":
      case "isFailure":
        break;
      default:
        ok = unknownKey(path, key, KEYS_16, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["condition"];
  if (!(v0 !== undefined)) ok = missingKey(path, "condition", report);
  else if (!checkServiceProfileSpecRoutesItemResponseClassesItemCondition(v0, { parent: path, key: "condition" }, report)) ok = false;
  const v1 = value["isFailure"];
  if (v1 !== undefined && !checkBoolean(v1, path, "isFailure", report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutesItemResponseClasses(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 16, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkServiceProfileSpecRoutesItemResponseClassesItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkServiceProfileSpecRoutesItemTimeouts(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "request":
      case "response":
      case "idle":
        break;
      default:
        ok = unknownKey(path, key, KEYS_22, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["request"];
  if (v0 !== undefined && !checkText(v0, path, "request", TEXT_21, report)) ok = false;
  const v1 = value["response"];
  if (v1 !== undefined && !checkText(v1, path, "response", TEXT_21, report)) ok = false;
  const v2 = value["idle"];
  if (v2 !== undefined && !checkText(v2, path, "idle", TEXT_21, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutesItemMirror(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "service":
      case "share":
      case "match":
      case "bodyLimit":
      case "compare":
        break;
      default:
        ok = unknownKey(path, key, KEYS_23, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["service"];
  if (!(v0 !== undefined)) ok = missingKey(path, "service", report);
  else if (!checkText(v0, path, "service", TEXT_2, report)) ok = false;
  const v1 = value["share"];
  if (v1 !== undefined && !checkNumber(v1, path, "share", NUMBER_24, report)) ok = false;
  const v2 = value["match"];
  if (v2 !== undefined && !checkServiceProfileSpecRoutesItemConditionAllItemAllItem(v2, { parent: path, key: "match" }, report)) ok = false;
  const v3 = value["bodyLimit"];
  if (v3 !== undefined && !(typeof v3 === "number" ? checkNumber(v3, path, "bodyLimit", NUMBER_26, report) : checkText(v3, path, "bodyLimit", TEXT_25, report))) ok = false;
  const v4 = value["compare"];
  if (v4 !== undefined && !checkBoolean(v4, path, "compare", report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutesItemFaultsDelay(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "share":
      case "min":
      case "max":
        break;
      default:
        ok = unknownKey(path, key, KEYS_28, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["share"];
  if (!(v0 !== undefined)) ok = missingKey(path, "share", report);
  else if (!checkNumber(v0, path, "share", NUMBER_24, report)) ok = false;
  const v1 = value["min"];
  if (!(v1 !== undefined)) ok = missingKey(path, "min", report);
  else if (!checkText(v1, path, "min", TEXT_21, report)) ok = false;
  const v2 = value["max"];
  if (v2 !== undefined && !checkText(v2, path, "max", TEXT_21, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutesItemFaultsAbort(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "share":
      case "status":
        break;
      default:
        ok = unknownKey(path, key, KEYS_29, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["share"];
  if (!(v0 !== undefined)) ok = missingKey(path, "share", report);
  else if (!checkNumber(v0, path, "share", NUMBER_24, report)) ok = false;
  const v1 = value["status"];
  if (!(v1 !== undefined)) ok = missingKey(path, "status", report);
  else if (!checkNumber(v1, path, "status", NUMBER_30, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutesItemFaults(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "delay":
      case "abort":
        break;
      default:
        ok = unknownKey(path, key, KEYS_27, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["delay"];
  if (v0 !== undefined && !checkServiceProfileSpecRoutesItemFaultsDelay(v0, { parent: path, key: "delay" }, report)) ok = false;
  const v1 = value["abort"];
  if (v1 !== undefined && !checkServiceProfileSpecRoutesItemFaultsAbort(v1, { parent: path, key: "abort" }, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutesItemHeadersRequestSetItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "name":
      case "value":
        break;
      default:
        ok = unknownKey(path, key, KEYS_33, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["name"];
  if (!(v0 !== undefined)) ok = missingKey(path, "name", report);
  else if (!checkText(v0, path, "name", TEXT_11, report)) ok = false;
  const v1 = value["value"];
  if (!(v1 !== undefined)) ok = missingKey(path, "value", report);
  else if (!checkText(v1, path, "value", TEXT_34, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutesItemHeadersRequestSet(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 32, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkServiceProfileSpecRoutesItemHeadersRequestSetItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkServiceProfileSpecRoutesItemHeadersRequestRemove(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 32, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkText(item, path, index, TEXT_11, report)) ok = false;
  }
  return ok;
}

function checkServiceProfileSpecRoutesItemHeadersRequest(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "set":
      case "add":
      case "remove":
        break;
      default:
        ok = unknownKey(path, key, KEYS_32, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["set"];
  if (v0 !== undefined && !checkServiceProfileSpecRoutesItemHeadersRequestSet(v0, { parent: path, key: "set" }, report)) ok = false;
  const v1 = value["add"];
  if (v1 !== undefined && !checkServiceProfileSpecRoutesItemHeadersRequestSet(v1, { parent: path, key: "add" }, report)) ok = false;
  const v2 = value["remove"];
  if (v2 !== undefined && !checkServiceProfileSpecRoutesItemHeadersRequestRemove(v2, { parent: path, key: "remove" }, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutesItemHeaders(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "request":
      case "response":
        break;
      default:
        ok = unknownKey(path, key, KEYS_31, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["request"];
  if (v0 !== undefined && !checkServiceProfileSpecRoutesItemHeadersRequest(v0, { parent: path, key: "request" }, report)) ok = false;
  const v1 = value["response"];
  if (v1 !== undefined && !checkServiceProfileSpecRoutesItemHeadersRequest(v1, { parent: path, key: "response" }, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutesItemRewrite(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "path":
      case "pathPrefix":
      case "host":
        break;
      default:
        ok = unknownKey(path, key, KEYS_35, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["path"];
  if (v0 !== undefined && !checkText(v0, path, "path", TEXT_36, report)) ok = false;
  const v1 = value["pathPrefix"];
  if (v1 !== undefined && !checkText(v1, path, "pathPrefix", TEXT_36, report)) ok = false;
  const v2 = value["host"];
  if (v2 !== undefined && !checkText(v2, path, "host", TEXT_37, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutesItemRedirect(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "status":
      case "scheme":
      case "host":
      case "path":
      case "pathPrefix":
        break;
      default:
        ok = unknownKey(path, key, KEYS_38, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["status"];
  if (v0 !== undefined && !checkWord(v0, path, "status", WORDS_39, report)) ok = false;
  const v1 = value["scheme"];
  if (v1 !== undefined && !checkWord(v1, path, "scheme", WORDS_40, report)) ok = false;
  const v2 = value["host"];
  if (v2 !== undefined && !checkText(v2, path, "host", TEXT_37, report)) ok = false;
  const v3 = value["path"];
  if (v3 !== undefined && !checkText(v3, path, "path", TEXT_36, report)) ok = false;
  const v4 = value["pathPrefix"];
  if (v4 !== undefined && !checkText(v4, path, "pathPrefix", TEXT_36, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutesItemRateLimit(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "requestsPerSecond":
      case "burst":
      case "header":
        break;
      default:
        ok = unknownKey(path, key, KEYS_42, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["requestsPerSecond"];
  if (!(v0 !== undefined)) ok = missingKey(path, "requestsPerSecond", report);
  else if (!checkNumber(v0, path, "requestsPerSecond", NUMBER_43, report)) ok = false;
  const v1 = value["burst"];
  if (v1 !== undefined && !checkNumber(v1, path, "burst", NUMBER_44, report)) ok = false;
  const v2 = value["header"];
  if (v2 !== undefined && !checkText(v2, path, "header", TEXT_11, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutesItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "name":
      case "condition":
      case "responseClasses":
      case "isRetryable":
      case "timeout":
      case "timeouts":
      case "mirror":
      case "faults":
      case "headers":
      case "rewrite":
      case "redirect":
      case "priority":
      case "rateLimit":
      case "importance":
        break;
      default:
        ok = unknownKey(path, key, KEYS_3, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["name"];
  if (!(v0 !== undefined)) ok = missingKey(path, "name", report);
  else if (!checkText(v0, path, "name", TEXT_4, report)) ok = false;
  const v1 = value["condition"];
  if (!(v1 !== undefined)) ok = missingKey(path, "condition", report);
  else if (!checkServiceProfileSpecRoutesItemCondition(v1, { parent: path, key: "condition" }, report)) ok = false;
  const v2 = value["responseClasses"];
  if (v2 !== undefined && !checkServiceProfileSpecRoutesItemResponseClasses(v2, { parent: path, key: "responseClasses" }, report)) ok = false;
  const v3 = value["isRetryable"];
  if (v3 !== undefined && !checkBoolean(v3, path, "isRetryable", report)) ok = false;
  const v4 = value["timeout"];
  if (v4 !== undefined && !checkText(v4, path, "timeout", TEXT_21, report)) ok = false;
  const v5 = value["timeouts"];
  if (v5 !== undefined && !checkServiceProfileSpecRoutesItemTimeouts(v5, { parent: path, key: "timeouts" }, report)) ok = false;
  const v6 = value["mirror"];
  if (v6 !== undefined && !checkServiceProfileSpecRoutesItemMirror(v6, { parent: path, key: "mirror" }, report)) ok = false;
  const v7 = value["faults"];
  if (v7 !== undefined && !checkServiceProfileSpecRoutesItemFaults(v7, { parent: path, key: "faults" }, report)) ok = false;
  const v8 = value["headers"];
  if (v8 !== undefined && !checkServiceProfileSpecRoutesItemHeaders(v8, { parent: path, key: "headers" }, report)) ok = false;
  const v9 = value["rewrite"];
  if (v9 !== undefined && !checkServiceProfileSpecRoutesItemRewrite(v9, { parent: path, key: "rewrite" }, report)) ok = false;
  const v10 = value["redirect"];
  if (v10 !== undefined && !checkServiceProfileSpecRoutesItemRedirect(v10, { parent: path, key: "redirect" }, report)) ok = false;
  const v11 = value["priority"];
  if (v11 !== undefined && !checkNumber(v11, path, "priority", NUMBER_41, report)) ok = false;
  const v12 = value["rateLimit"];
  if (v12 !== undefined && !checkServiceProfileSpecRoutesItemRateLimit(v12, { parent: path, key: "rateLimit" }, report)) ok = false;
  const v13 = value["importance"];
  if (v13 !== undefined && !checkWord(v13, path, "importance", WORDS_45, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecRoutes(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 1000, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkServiceProfileSpecRoutesItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkServiceProfileSpecRetryBudget(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "retryRatio":
      case "minRetriesPerSecond":
      case "ttl":
        break;
      default:
        ok = unknownKey(path, key, KEYS_46, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["retryRatio"];
  if (!(v0 !== undefined)) ok = missingKey(path, "retryRatio", report);
  else if (!checkNumber(v0, path, "retryRatio", NUMBER_47, report)) ok = false;
  const v1 = value["minRetriesPerSecond"];
  if (!(v1 !== undefined)) ok = missingKey(path, "minRetriesPerSecond", report);
  else if (!checkNumber(v1, path, "minRetriesPerSecond", NUMBER_44, report)) ok = false;
  const v2 = value["ttl"];
  if (!(v2 !== undefined)) ok = missingKey(path, "ttl", report);
  else if (!checkText(v2, path, "ttl", TEXT_21, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecDstOverridesItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "authority":
      case "weight":
        break;
      default:
        ok = unknownKey(path, key, KEYS_48, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["authority"];
  if (!(v0 !== undefined)) ok = missingKey(path, "authority", report);
  else if (!checkText(v0, path, "authority", TEXT_49, report)) ok = false;
  const v1 = value["weight"];
  if (!(v1 !== undefined)) ok = missingKey(path, "weight", report);
  else if (!(typeof v1 === "number" ? checkNumber(v1, path, "weight", NUMBER_26, report) : checkText(v1, path, "weight", TEXT_50, report))) ok = false;
  return ok;
}

function checkServiceProfileSpecDstOverrides(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 64, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkServiceProfileSpecDstOverridesItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkServiceProfileSpecOpaquePorts(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 64, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!(typeof item === "number" ? checkNumber(item, path, index, NUMBER_26, report) : checkText(item, path, index, TEXT_51, report))) ok = false;
  }
  return ok;
}

function checkServiceProfileSpecLoadBalancerPeakEwma(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "decay":
      case "defaultRtt":
        break;
      default:
        ok = unknownKey(path, key, KEYS_54, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["decay"];
  if (v0 !== undefined && !checkText(v0, path, "decay", TEXT_21, report)) ok = false;
  const v1 = value["defaultRtt"];
  if (v1 !== undefined && !checkText(v1, path, "defaultRtt", TEXT_21, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecLoadBalancerHash(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "header":
      case "cookie":
      case "source":
        break;
      default:
        ok = unknownKey(path, key, KEYS_55, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["header"];
  if (v0 !== undefined && !checkText(v0, path, "header", TEXT_11, report)) ok = false;
  const v1 = value["cookie"];
  if (v1 !== undefined && !checkText(v1, path, "cookie", TEXT_56, report)) ok = false;
  const v2 = value["source"];
  if (v2 !== undefined && !checkBoolean(v2, path, "source", report)) ok = false;
  return ok;
}

function checkServiceProfileSpecLoadBalancer(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "policy":
      case "peakEwma":
      case "hash":
      case "slowStart":
      case "zone":
      case "subset":
        break;
      default:
        ok = unknownKey(path, key, KEYS_52, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["policy"];
  if (v0 !== undefined && !checkWord(v0, path, "policy", WORDS_53, report)) ok = false;
  const v1 = value["peakEwma"];
  if (v1 !== undefined && !checkServiceProfileSpecLoadBalancerPeakEwma(v1, { parent: path, key: "peakEwma" }, report)) ok = false;
  const v2 = value["hash"];
  if (v2 !== undefined && !checkServiceProfileSpecLoadBalancerHash(v2, { parent: path, key: "hash" }, report)) ok = false;
  const v3 = value["slowStart"];
  if (v3 !== undefined && !checkText(v3, path, "slowStart", TEXT_21, report)) ok = false;
  const v4 = value["zone"];
  if (v4 !== undefined && !checkWord(v4, path, "zone", WORDS_57, report)) ok = false;
  const v5 = value["subset"];
  if (v5 !== undefined && !checkNumber(v5, path, "subset", NUMBER_58, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecCircuitBreakerSuccessRate(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "threshold":
      case "window":
      case "minRequests":
        break;
      default:
        ok = unknownKey(path, key, KEYS_60, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["threshold"];
  if (!(v0 !== undefined)) ok = missingKey(path, "threshold", report);
  else if (!checkNumber(v0, path, "threshold", NUMBER_24, report)) ok = false;
  const v1 = value["window"];
  if (v1 !== undefined && !checkText(v1, path, "window", TEXT_21, report)) ok = false;
  const v2 = value["minRequests"];
  if (v2 !== undefined && !checkNumber(v2, path, "minRequests", NUMBER_43, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecCircuitBreakerBackoff(value: unknown, path: Path, report: Report): boolean {
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
        ok = unknownKey(path, key, KEYS_61, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["base"];
  if (v0 !== undefined && !checkText(v0, path, "base", TEXT_21, report)) ok = false;
  const v1 = value["max"];
  if (v1 !== undefined && !checkText(v1, path, "max", TEXT_21, report)) ok = false;
  const v2 = value["jitter"];
  if (v2 !== undefined && !checkNumber(v2, path, "jitter", NUMBER_24, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecCircuitBreaker(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "consecutiveFailures":
      case "successRate":
      case "backoff":
      case "maxEvictedShare":
        break;
      default:
        ok = unknownKey(path, key, KEYS_59, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["consecutiveFailures"];
  if (v0 !== undefined && !checkNumber(v0, path, "consecutiveFailures", NUMBER_58, report)) ok = false;
  const v1 = value["successRate"];
  if (v1 !== undefined && !checkServiceProfileSpecCircuitBreakerSuccessRate(v1, { parent: path, key: "successRate" }, report)) ok = false;
  const v2 = value["backoff"];
  if (v2 !== undefined && !checkServiceProfileSpecCircuitBreakerBackoff(v2, { parent: path, key: "backoff" }, report)) ok = false;
  const v3 = value["maxEvictedShare"];
  if (v3 !== undefined && !checkNumber(v3, path, "maxEvictedShare", NUMBER_24, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecConcurrencyQueue(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "length":
      case "timeout":
        break;
      default:
        ok = unknownKey(path, key, KEYS_63, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["length"];
  if (v0 !== undefined && !checkNumber(v0, path, "length", NUMBER_64, report)) ok = false;
  const v1 = value["timeout"];
  if (v1 !== undefined && !checkText(v1, path, "timeout", TEXT_21, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecConcurrency(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "limit":
      case "queue":
      case "adaptive":
      case "importanceHeader":
        break;
      default:
        ok = unknownKey(path, key, KEYS_62, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["limit"];
  if (v0 !== undefined && !checkNumber(v0, path, "limit", NUMBER_43, report)) ok = false;
  const v1 = value["queue"];
  if (v1 !== undefined && !checkServiceProfileSpecConcurrencyQueue(v1, { parent: path, key: "queue" }, report)) ok = false;
  const v2 = value["adaptive"];
  if (v2 !== undefined && !checkBoolean(v2, path, "adaptive", report)) ok = false;
  const v3 = value["importanceHeader"];
  if (v3 !== undefined && !checkText(v3, path, "importanceHeader", TEXT_11, report)) ok = false;
  return ok;
}

function checkServiceProfileSpecDiscovery(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "trust":
      case "grace":
        break;
      default:
        ok = unknownKey(path, key, KEYS_65, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["trust"];
  if (v0 !== undefined && !checkWord(v0, path, "trust", WORDS_66, report)) ok = false;
  const v1 = value["grace"];
  if (v1 !== undefined && !checkText(v1, path, "grace", TEXT_21, report)) ok = false;
  return ok;
}

function checkServiceProfileSpec(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "service":
      case "routes":
      case "retryBudget":
      case "dstOverrides":
      case "opaquePorts":
      case "loadBalancer":
      case "circuitBreaker":
      case "concurrency":
      case "discovery":
        break;
      default:
        ok = unknownKey(path, key, KEYS_0, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["service"];
  if (v0 !== undefined && !checkText(v0, path, "service", TEXT_2, report)) ok = false;
  const v1 = value["routes"];
  if (v1 !== undefined && !checkServiceProfileSpecRoutes(v1, { parent: path, key: "routes" }, report)) ok = false;
  const v2 = value["retryBudget"];
  if (v2 !== undefined && !checkServiceProfileSpecRetryBudget(v2, { parent: path, key: "retryBudget" }, report)) ok = false;
  const v3 = value["dstOverrides"];
  if (v3 !== undefined && !checkServiceProfileSpecDstOverrides(v3, { parent: path, key: "dstOverrides" }, report)) ok = false;
  const v4 = value["opaquePorts"];
  if (v4 !== undefined && !checkServiceProfileSpecOpaquePorts(v4, { parent: path, key: "opaquePorts" }, report)) ok = false;
  const v5 = value["loadBalancer"];
  if (v5 !== undefined && !checkServiceProfileSpecLoadBalancer(v5, { parent: path, key: "loadBalancer" }, report)) ok = false;
  const v6 = value["circuitBreaker"];
  if (v6 !== undefined && !checkServiceProfileSpecCircuitBreaker(v6, { parent: path, key: "circuitBreaker" }, report)) ok = false;
  const v7 = value["concurrency"];
  if (v7 !== undefined && !checkServiceProfileSpecConcurrency(v7, { parent: path, key: "concurrency" }, report)) ok = false;
  const v8 = value["discovery"];
  if (v8 !== undefined && !checkServiceProfileSpecDiscovery(v8, { parent: path, key: "discovery" }, report)) ok = false;
  return ok;
}

export function validateServiceProfileSpec(
  value: unknown,
  report: Report,
  path: Path = ROOT,
): value is ServiceProfileSpec {
  return checkServiceProfileSpec(value, path, report);
}
