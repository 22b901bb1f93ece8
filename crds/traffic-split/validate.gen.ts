// Made by tools/generate from the schemas. Edit those, then run `make generate`.
import type { TrafficSplitSpec } from "./schema.ts";
import { checkBoolean, checkNumber, checkSize, checkText, isRecord, missingKey, type NumberBounds, type Path, type Report, ROOT, type TextBounds, UNKNOWN_KEYS_MAX, unknownKey, wrongType } from "../../base/shape.ts";

const KEYS_0: readonly string[] = ["service", "backends", "matches"];
const DEEP_1: readonly string[] = [];
const TEXT_2: TextBounds = { min: 1, max: 253, pattern: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/u, meaning: "the name of a service, such as \"web\" or \"web.shop\"" };
const KEYS_3: readonly string[] = ["service", "port", "weight"];
const NUMBER_4: NumberBounds = { min: 1, max: 65535, whole: true };
const NUMBER_5: NumberBounds = { min: 0, max: 1000000, whole: true };
const KEYS_6: readonly string[] = ["method", "path", "pathPrefix", "pathRegex", "headers", "all", "any", "not"];
const TEXT_7: TextBounds = { min: 1, max: 32, pattern: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/u, meaning: "an HTTP method, such as \"GET\"" };
const TEXT_8: TextBounds = { min: 0, max: 2048, pattern: /^(\/|\*$)/u, meaning: "a path, such as \"/books\"" };
const TEXT_9: TextBounds = { min: 0, max: 2048, pattern: /^\//u, meaning: "the beginning of a path, such as \"/books/\"" };
const TEXT_10: TextBounds = { min: 1, max: 2048, pattern: null, meaning: "" };
const KEYS_11: readonly string[] = ["name", "exact", "prefix", "suffix", "regex", "present"];
const TEXT_12: TextBounds = { min: 1, max: 256, pattern: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/u, meaning: "the name of a header, such as \"x-version\"" };
const TEXT_13: TextBounds = { min: 0, max: 4096, pattern: null, meaning: "" };
const TEXT_14: TextBounds = { min: 1, max: 1024, pattern: null, meaning: "" };
const KEYS_15: readonly string[] = ["method", "path", "pathPrefix", "pathRegex", "headers"];
const DEEP_16: readonly string[] = ["all","any","not"];

function checkTrafficSplitSpecBackendsItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "service":
      case "port":
      case "weight":
        break;
      default:
        ok = unknownKey(path, key, KEYS_3, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["service"];
  if (!(v0 !== undefined)) ok = missingKey(path, "service", report);
  else if (!checkText(v0, path, "service", TEXT_2, report)) ok = false;
  const v1 = value["port"];
  if (v1 !== undefined && !checkNumber(v1, path, "port", NUMBER_4, report)) ok = false;
  const v2 = value["weight"];
  if (!(v2 !== undefined)) ok = missingKey(path, "weight", report);
  else if (!checkNumber(v2, path, "weight", NUMBER_5, report)) ok = false;
  return ok;
}

function checkTrafficSplitSpecBackends(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 1, 64, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkTrafficSplitSpecBackendsItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkTrafficSplitSpecMatchesItemHeadersItem(value: unknown, path: Path, report: Report): boolean {
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
        ok = unknownKey(path, key, KEYS_11, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["name"];
  if (!(v0 !== undefined)) ok = missingKey(path, "name", report);
  else if (!checkText(v0, path, "name", TEXT_12, report)) ok = false;
  const v1 = value["exact"];
  if (v1 !== undefined && !checkText(v1, path, "exact", TEXT_13, report)) ok = false;
  const v2 = value["prefix"];
  if (v2 !== undefined && !checkText(v2, path, "prefix", TEXT_13, report)) ok = false;
  const v3 = value["suffix"];
  if (v3 !== undefined && !checkText(v3, path, "suffix", TEXT_13, report)) ok = false;
  const v4 = value["regex"];
  if (v4 !== undefined && !checkText(v4, path, "regex", TEXT_14, report)) ok = false;
  const v5 = value["present"];
  if (v5 !== undefined && !checkBoolean(v5, path, "present", report)) ok = false;
  return ok;
}

function checkTrafficSplitSpecMatchesItemHeaders(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 32, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkTrafficSplitSpecMatchesItemHeadersItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkTrafficSplitSpecMatchesItemAllItemAllItemAllItem(value: unknown, path: Path, report: Report): boolean {
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
        ok = unknownKey(path, key, KEYS_15, DEEP_16, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["method"];
  if (v0 !== undefined && !checkText(v0, path, "method", TEXT_7, report)) ok = false;
  const v1 = value["path"];
  if (v1 !== undefined && !checkText(v1, path, "path", TEXT_8, report)) ok = false;
  const v2 = value["pathPrefix"];
  if (v2 !== undefined && !checkText(v2, path, "pathPrefix", TEXT_9, report)) ok = false;
  const v3 = value["pathRegex"];
  if (v3 !== undefined && !checkText(v3, path, "pathRegex", TEXT_10, report)) ok = false;
  const v4 = value["headers"];
  if (v4 !== undefined && !checkTrafficSplitSpecMatchesItemHeaders(v4, { parent: path, key: "headers" }, report)) ok = false;
  return ok;
}

function checkTrafficSplitSpecMatchesItemAllItemAllItemAll(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 1, 16, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkTrafficSplitSpecMatchesItemAllItemAllItemAllItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkTrafficSplitSpecMatchesItemAllItemAllItem(value: unknown, path: Path, report: Report): boolean {
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
        ok = unknownKey(path, key, KEYS_6, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["method"];
  if (v0 !== undefined && !checkText(v0, path, "method", TEXT_7, report)) ok = false;
  const v1 = value["path"];
  if (v1 !== undefined && !checkText(v1, path, "path", TEXT_8, report)) ok = false;
  const v2 = value["pathPrefix"];
  if (v2 !== undefined && !checkText(v2, path, "pathPrefix", TEXT_9, report)) ok = false;
  const v3 = value["pathRegex"];
  if (v3 !== undefined && !checkText(v3, path, "pathRegex", TEXT_10, report)) ok = false;
  const v4 = value["headers"];
  if (v4 !== undefined && !checkTrafficSplitSpecMatchesItemHeaders(v4, { parent: path, key: "headers" }, report)) ok = false;
  const v5 = value["all"];
  if (v5 !== undefined && !checkTrafficSplitSpecMatchesItemAllItemAllItemAll(v5, { parent: path, key: "all" }, report)) ok = false;
  const v6 = value["any"];
  if (v6 !== undefined && !checkTrafficSplitSpecMatchesItemAllItemAllItemAll(v6, { parent: path, key: "any" }, report)) ok = false;
  const v7 = value["not"];
  if (v7 !== undefined && !checkTrafficSplitSpecMatchesItemAllItemAllItemAllItem(v7, { parent: path, key: "not" }, report)) ok = false;
  return ok;
}

function checkTrafficSplitSpecMatchesItemAllItemAll(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 1, 16, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkTrafficSplitSpecMatchesItemAllItemAllItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkTrafficSplitSpecMatchesItemAllItem(value: unknown, path: Path, report: Report): boolean {
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
        ok = unknownKey(path, key, KEYS_6, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["method"];
  if (v0 !== undefined && !checkText(v0, path, "method", TEXT_7, report)) ok = false;
  const v1 = value["path"];
  if (v1 !== undefined && !checkText(v1, path, "path", TEXT_8, report)) ok = false;
  const v2 = value["pathPrefix"];
  if (v2 !== undefined && !checkText(v2, path, "pathPrefix", TEXT_9, report)) ok = false;
  const v3 = value["pathRegex"];
  if (v3 !== undefined && !checkText(v3, path, "pathRegex", TEXT_10, report)) ok = false;
  const v4 = value["headers"];
  if (v4 !== undefined && !checkTrafficSplitSpecMatchesItemHeaders(v4, { parent: path, key: "headers" }, report)) ok = false;
  const v5 = value["all"];
  if (v5 !== undefined && !checkTrafficSplitSpecMatchesItemAllItemAll(v5, { parent: path, key: "all" }, report)) ok = false;
  const v6 = value["any"];
  if (v6 !== undefined && !checkTrafficSplitSpecMatchesItemAllItemAll(v6, { parent: path, key: "any" }, report)) ok = false;
  const v7 = value["not"];
  if (v7 !== undefined && !checkTrafficSplitSpecMatchesItemAllItemAllItem(v7, { parent: path, key: "not" }, report)) ok = false;
  return ok;
}

function checkTrafficSplitSpecMatchesItemAll(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 1, 16, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkTrafficSplitSpecMatchesItemAllItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkTrafficSplitSpecMatchesItem(value: unknown, path: Path, report: Report): boolean {
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
        ok = unknownKey(path, key, KEYS_6, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["method"];
  if (v0 !== undefined && !checkText(v0, path, "method", TEXT_7, report)) ok = false;
  const v1 = value["path"];
  if (v1 !== undefined && !checkText(v1, path, "path", TEXT_8, report)) ok = false;
  const v2 = value["pathPrefix"];
  if (v2 !== undefined && !checkText(v2, path, "pathPrefix", TEXT_9, report)) ok = false;
  const v3 = value["pathRegex"];
  if (v3 !== undefined && !checkText(v3, path, "pathRegex", TEXT_10, report)) ok = false;
  const v4 = value["headers"];
  if (v4 !== undefined && !checkTrafficSplitSpecMatchesItemHeaders(v4, { parent: path, key: "headers" }, report)) ok = false;
  const v5 = value["all"];
  if (v5 !== undefined && !checkTrafficSplitSpecMatchesItemAll(v5, { parent: path, key: "all" }, report)) ok = false;
  const v6 = value["any"];
  if (v6 !== undefined && !checkTrafficSplitSpecMatchesItemAll(v6, { parent: path, key: "any" }, report)) ok = false;
  const v7 = value["not"];
  if (v7 !== undefined && !checkTrafficSplitSpecMatchesItemAllItem(v7, { parent: path, key: "not" }, report)) ok = false;
  return ok;
}

function checkTrafficSplitSpecMatches(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 16, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkTrafficSplitSpecMatchesItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkTrafficSplitSpec(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "service":
      case "backends":
      case "matches":
        break;
      default:
        ok = unknownKey(path, key, KEYS_0, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["service"];
  if (!(v0 !== undefined)) ok = missingKey(path, "service", report);
  else if (!checkText(v0, path, "service", TEXT_2, report)) ok = false;
  const v1 = value["backends"];
  if (!(v1 !== undefined)) ok = missingKey(path, "backends", report);
  else if (!checkTrafficSplitSpecBackends(v1, { parent: path, key: "backends" }, report)) ok = false;
  const v2 = value["matches"];
  if (v2 !== undefined && !checkTrafficSplitSpecMatches(v2, { parent: path, key: "matches" }, report)) ok = false;
  return ok;
}

export function validateTrafficSplitSpec(
  value: unknown,
  report: Report,
  path: Path = ROOT,
): value is TrafficSplitSpec {
  return checkTrafficSplitSpec(value, path, report);
}
