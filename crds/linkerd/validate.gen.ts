// Made by tools/generate from the schemas. Edit those, then run `make generate`.
import type { LinkerdProfileSpec } from "./schema.ts";
import { checkBoolean, checkNumber, checkSize, checkText, isRecord, missingKey, type NumberBounds, type Path, type Report, ROOT, type TextBounds, tooDeep, UNKNOWN_KEYS_MAX, unknownKey, wrongType } from "../../base/shape.ts";

const KEYS_0: readonly string[] = ["routes", "retryBudget", "dstOverrides", "opaquePorts"];
const DEEP_1: readonly string[] = [];
const KEYS_2: readonly string[] = ["name", "condition", "responseClasses", "isRetryable", "timeout"];
const TEXT_3: TextBounds = { min: 1, max: 256, pattern: null, meaning: "" };
const KEYS_4: readonly string[] = ["pathRegex", "method", "all", "any", "not"];
const TEXT_5: TextBounds = { min: 0, max: 4096, pattern: null, meaning: "" };
const TEXT_6: TextBounds = { min: 1, max: 32, pattern: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/u, meaning: "an HTTP method, such as \"GET\"" };
const KEYS_7: readonly string[] = ["condition", "isFailure"];
const KEYS_8: readonly string[] = ["status", "all", "any", "not"];
const KEYS_9: readonly string[] = ["min", "max"];
const NUMBER_10: NumberBounds = { min: 100, max: 599, whole: true };
const TEXT_11: TextBounds = { min: 0, max: 32, pattern: /^(0|([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$/u, meaning: "a duration such as \"300ms\", \"10s\" or \"1h30m\"" };
const KEYS_12: readonly string[] = ["retryRatio", "minRetriesPerSecond", "ttl"];
const NUMBER_13: NumberBounds = { min: 0, max: 1000, whole: false };
const NUMBER_14: NumberBounds = { min: 0, max: 4294967295, whole: true };
const KEYS_15: readonly string[] = ["authority", "weight"];
const TEXT_16: TextBounds = { min: 1, max: 260, pattern: null, meaning: "" };
const TEXT_17: TextBounds = { min: 0, max: 32, pattern: /^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$/u, meaning: "a weight, such as 10 or \"500m\"" };
const NUMBER_18: NumberBounds = { min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, whole: false };
const TEXT_19: TextBounds = { min: 0, max: 11, pattern: /^[0-9]{1,5}(-[0-9]{1,5})?$/u, meaning: "a port" };
const NUMBER_20: NumberBounds = { min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, whole: true };

function depthOf(path: Path): number {
  let depth = 0;
  for (let at: Path | null = path; at !== null; at = at.parent) depth += 1;
  return depth;
}

function checkRequestMatchAll(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 256, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkRequestMatch(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkRequestMatch(value: unknown, path: Path, report: Report): boolean {
  if (depthOf(path) > 64) {
    return tooDeep(path, 64, report);
  }
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "pathRegex":
      case "method":
      case "all":
      case "any":
      case "not":
        break;
      default:
        ok = unknownKey(path, key, KEYS_4, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["pathRegex"];
  if (v0 !== undefined && !checkText(v0, path, "pathRegex", TEXT_5, report)) ok = false;
  const v1 = value["method"];
  if (v1 !== undefined && !checkText(v1, path, "method", TEXT_6, report)) ok = false;
  const v2 = value["all"];
  if (v2 !== undefined && !checkRequestMatchAll(v2, { parent: path, key: "all" }, report)) ok = false;
  const v3 = value["any"];
  if (v3 !== undefined && !checkRequestMatchAll(v3, { parent: path, key: "any" }, report)) ok = false;
  const v4 = value["not"];
  if (v4 !== undefined && !checkRequestMatch(v4, { parent: path, key: "not" }, report)) ok = false;
  return ok;
}

function checkResponseMatchStatus(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "min":
      case "max":
        break;
      default:
        ok = unknownKey(path, key, KEYS_9, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["min"];
  if (v0 !== undefined && !checkNumber(v0, path, "min", NUMBER_10, report)) ok = false;
  const v1 = value["max"];
  if (v1 !== undefined && !checkNumber(v1, path, "max", NUMBER_10, report)) ok = false;
  return ok;
}

function checkResponseMatchAll(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 256, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkResponseMatch(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkResponseMatch(value: unknown, path: Path, report: Report): boolean {
  if (depthOf(path) > 64) {
    return tooDeep(path, 64, report);
  }
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
        ok = unknownKey(path, key, KEYS_8, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["status"];
  if (v0 !== undefined && !checkResponseMatchStatus(v0, { parent: path, key: "status" }, report)) ok = false;
  const v1 = value["all"];
  if (v1 !== undefined && !checkResponseMatchAll(v1, { parent: path, key: "all" }, report)) ok = false;
  const v2 = value["any"];
  if (v2 !== undefined && !checkResponseMatchAll(v2, { parent: path, key: "any" }, report)) ok = false;
  const v3 = value["not"];
  if (v3 !== undefined && !checkResponseMatch(v3, { parent: path, key: "not" }, report)) ok = false;
  return ok;
}

function checkLinkerdProfileSpecRoutesItemResponseClassesItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "condition":
      case "isFailure":
        break;
      default:
        ok = unknownKey(path, key, KEYS_7, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["condition"];
  if (!(v0 !== undefined)) ok = missingKey(path, "condition", report);
  else if (!checkResponseMatch(v0, { parent: path, key: "condition" }, report)) ok = false;
  const v1 = value["isFailure"];
  if (v1 !== undefined && !checkBoolean(v1, path, "isFailure", report)) ok = false;
  return ok;
}

function checkLinkerdProfileSpecRoutesItemResponseClasses(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 100, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkLinkerdProfileSpecRoutesItemResponseClassesItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkLinkerdProfileSpecRoutesItem(value: unknown, path: Path, report: Report): boolean {
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
        break;
      default:
        ok = unknownKey(path, key, KEYS_2, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["name"];
  if (!(v0 !== undefined)) ok = missingKey(path, "name", report);
  else if (!checkText(v0, path, "name", TEXT_3, report)) ok = false;
  const v1 = value["condition"];
  if (!(v1 !== undefined)) ok = missingKey(path, "condition", report);
  else if (!checkRequestMatch(v1, { parent: path, key: "condition" }, report)) ok = false;
  const v2 = value["responseClasses"];
  if (v2 !== undefined && !checkLinkerdProfileSpecRoutesItemResponseClasses(v2, { parent: path, key: "responseClasses" }, report)) ok = false;
  const v3 = value["isRetryable"];
  if (v3 !== undefined && !checkBoolean(v3, path, "isRetryable", report)) ok = false;
  const v4 = value["timeout"];
  if (v4 !== undefined && !checkText(v4, path, "timeout", TEXT_11, report)) ok = false;
  return ok;
}

function checkLinkerdProfileSpecRoutes(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 1000, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkLinkerdProfileSpecRoutesItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkLinkerdProfileSpecRetryBudget(value: unknown, path: Path, report: Report): boolean {
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
        ok = unknownKey(path, key, KEYS_12, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["retryRatio"];
  if (!(v0 !== undefined)) ok = missingKey(path, "retryRatio", report);
  else if (!checkNumber(v0, path, "retryRatio", NUMBER_13, report)) ok = false;
  const v1 = value["minRetriesPerSecond"];
  if (!(v1 !== undefined)) ok = missingKey(path, "minRetriesPerSecond", report);
  else if (!checkNumber(v1, path, "minRetriesPerSecond", NUMBER_14, report)) ok = false;
  const v2 = value["ttl"];
  if (!(v2 !== undefined)) ok = missingKey(path, "ttl", report);
  else if (!checkText(v2, path, "ttl", TEXT_11, report)) ok = false;
  return ok;
}

function checkLinkerdProfileSpecDstOverridesItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "authority":
      case "weight":
        break;
      default:
        ok = unknownKey(path, key, KEYS_15, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["authority"];
  if (!(v0 !== undefined)) ok = missingKey(path, "authority", report);
  else if (!checkText(v0, path, "authority", TEXT_16, report)) ok = false;
  const v1 = value["weight"];
  if (!(v1 !== undefined)) ok = missingKey(path, "weight", report);
  else if (!(typeof v1 === "number" ? checkNumber(v1, path, "weight", NUMBER_18, report) : checkText(v1, path, "weight", TEXT_17, report))) ok = false;
  return ok;
}

function checkLinkerdProfileSpecDstOverrides(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 100, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkLinkerdProfileSpecDstOverridesItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkLinkerdProfileSpecOpaquePorts(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 256, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!(typeof item === "number" ? checkNumber(item, path, index, NUMBER_20, report) : checkText(item, path, index, TEXT_19, report))) ok = false;
  }
  return ok;
}

function checkLinkerdProfileSpec(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "routes":
      case "retryBudget":
      case "dstOverrides":
      case "opaquePorts":
        break;
      default:
        ok = unknownKey(path, key, KEYS_0, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["routes"];
  if (v0 !== undefined && !checkLinkerdProfileSpecRoutes(v0, { parent: path, key: "routes" }, report)) ok = false;
  const v1 = value["retryBudget"];
  if (v1 !== undefined && !checkLinkerdProfileSpecRetryBudget(v1, { parent: path, key: "retryBudget" }, report)) ok = false;
  const v2 = value["dstOverrides"];
  if (v2 !== undefined && !checkLinkerdProfileSpecDstOverrides(v2, { parent: path, key: "dstOverrides" }, report)) ok = false;
  const v3 = value["opaquePorts"];
  if (v3 !== undefined && !checkLinkerdProfileSpecOpaquePorts(v3, { parent: path, key: "opaquePorts" }, report)) ok = false;
  return ok;
}

export function validateLinkerdProfileSpec(
  value: unknown,
  report: Report,
  path: Path = ROOT,
): value is LinkerdProfileSpec {
  return checkLinkerdProfileSpec(value, path, report);
}
