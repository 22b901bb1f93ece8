// Made by tools/generate from the schemas. Edit those, then run `make generate`.
import type { ListedMatches, MatchedSplitSpec, QuantitySplitSpec, RouteGroupSpec, WholeSplitSpec } from "./schema.ts";
import { checkNumber, checkSize, checkText, checkWord, isRecord, missingKey, type NumberBounds, type Path, type Report, ROOT, type TextBounds, UNKNOWN_KEYS_MAX, unknownKey, wrongType } from "../../base/shape.ts";

const KEYS_0: readonly string[] = ["service", "backends"];
const DEEP_1: readonly string[] = [];
const TEXT_2: TextBounds = { min: 1, max: 253, pattern: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/u, meaning: "the name of a service, such as \"web\" or \"web.shop\"" };
const KEYS_3: readonly string[] = ["service", "weight"];
const TEXT_4: TextBounds = { min: 0, max: 32, pattern: /^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$/u, meaning: "a weight, such as 10 or \"500m\"" };
const NUMBER_5: NumberBounds = { min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, whole: false };
const NUMBER_6: NumberBounds = { min: 0, max: 9007199254740991, whole: true };
const KEYS_7: readonly string[] = ["service", "backends", "matches"];
const KEYS_8: readonly string[] = ["apiGroup", "kind", "name"];
const WORDS_9 = ["specs.smi-spec.io",""];
const WORDS_10 = ["HTTPRouteGroup"];
const TEXT_11: TextBounds = { min: 1, max: 253, pattern: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/u, meaning: "the name of an object, such as \"web\"" };
const KEYS_12: readonly string[] = ["name", "pathRegex", "methods", "headers"];
const TEXT_13: TextBounds = { min: 1, max: 253, pattern: null, meaning: "" };
const TEXT_14: TextBounds = { min: 0, max: 4096, pattern: null, meaning: "" };
const TEXT_15: TextBounds = { min: 1, max: 32, pattern: /^(\*|[!#$%&'+.^_`|~0-9A-Za-z-]+)$/u, meaning: "an HTTP method, or \"*\" for all" };
const KEYS_16: readonly string[] = ["matches"];

function checkQuantitySplitSpecBackendsItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "service":
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
  const v1 = value["weight"];
  if (!(v1 !== undefined)) ok = missingKey(path, "weight", report);
  else if (!(typeof v1 === "number" ? checkNumber(v1, path, "weight", NUMBER_5, report) : checkText(v1, path, "weight", TEXT_4, report))) ok = false;
  return ok;
}

function checkQuantitySplitSpecBackends(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 256, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkQuantitySplitSpecBackendsItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkQuantitySplitSpec(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "service":
      case "backends":
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
  else if (!checkQuantitySplitSpecBackends(v1, { parent: path, key: "backends" }, report)) ok = false;
  return ok;
}

export function validateQuantitySplitSpec(
  value: unknown,
  report: Report,
  path: Path = ROOT,
): value is QuantitySplitSpec {
  return checkQuantitySplitSpec(value, path, report);
}

function checkWholeSplitSpecBackendsItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "service":
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
  const v1 = value["weight"];
  if (!(v1 !== undefined)) ok = missingKey(path, "weight", report);
  else if (!checkNumber(v1, path, "weight", NUMBER_6, report)) ok = false;
  return ok;
}

function checkWholeSplitSpecBackends(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 256, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkWholeSplitSpecBackendsItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkWholeSplitSpec(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "service":
      case "backends":
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
  else if (!checkWholeSplitSpecBackends(v1, { parent: path, key: "backends" }, report)) ok = false;
  return ok;
}

export function validateWholeSplitSpec(
  value: unknown,
  report: Report,
  path: Path = ROOT,
): value is WholeSplitSpec {
  return checkWholeSplitSpec(value, path, report);
}

function checkMatchedSplitSpecMatchesItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "apiGroup":
      case "kind":
      case "name":
        break;
      default:
        ok = unknownKey(path, key, KEYS_8, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["apiGroup"];
  if (v0 !== undefined && !checkWord(v0, path, "apiGroup", WORDS_9, report)) ok = false;
  const v1 = value["kind"];
  if (!(v1 !== undefined)) ok = missingKey(path, "kind", report);
  else if (!checkWord(v1, path, "kind", WORDS_10, report)) ok = false;
  const v2 = value["name"];
  if (!(v2 !== undefined)) ok = missingKey(path, "name", report);
  else if (!checkText(v2, path, "name", TEXT_11, report)) ok = false;
  return ok;
}

function checkMatchedSplitSpecMatches(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 64, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkMatchedSplitSpecMatchesItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkMatchedSplitSpec(value: unknown, path: Path, report: Report): boolean {
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
        ok = unknownKey(path, key, KEYS_7, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["service"];
  if (!(v0 !== undefined)) ok = missingKey(path, "service", report);
  else if (!checkText(v0, path, "service", TEXT_2, report)) ok = false;
  const v1 = value["backends"];
  if (!(v1 !== undefined)) ok = missingKey(path, "backends", report);
  else if (!checkWholeSplitSpecBackends(v1, { parent: path, key: "backends" }, report)) ok = false;
  const v2 = value["matches"];
  if (v2 !== undefined && !checkMatchedSplitSpecMatches(v2, { parent: path, key: "matches" }, report)) ok = false;
  return ok;
}

export function validateMatchedSplitSpec(
  value: unknown,
  report: Report,
  path: Path = ROOT,
): value is MatchedSplitSpec {
  return checkMatchedSplitSpec(value, path, report);
}

function checkListedMatchesItemMethods(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 64, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkText(item, path, index, TEXT_15, report)) ok = false;
  }
  return ok;
}

function checkListedMatchesItemHeadersItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  const keys = Object.keys(value);
  if (!checkSize(keys.length, 0, 64, "keys", path, report)) return false;
  let ok = true;
  for (const key of keys) {
    const item = value[key];
    if (!checkText(item, path, key, TEXT_14, report)) ok = false;
  }
  return ok;
}

function checkListedMatchesItemHeaders(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 64, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkListedMatchesItemHeadersItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkListedMatchesItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "name":
      case "pathRegex":
      case "methods":
      case "headers":
        break;
      default:
        ok = unknownKey(path, key, KEYS_12, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["name"];
  if (!(v0 !== undefined)) ok = missingKey(path, "name", report);
  else if (!checkText(v0, path, "name", TEXT_13, report)) ok = false;
  const v1 = value["pathRegex"];
  if (v1 !== undefined && !checkText(v1, path, "pathRegex", TEXT_14, report)) ok = false;
  const v2 = value["methods"];
  if (v2 !== undefined && !checkListedMatchesItemMethods(v2, { parent: path, key: "methods" }, report)) ok = false;
  const v3 = value["headers"];
  if (v3 !== undefined && !checkListedMatchesItemHeaders(v3, { parent: path, key: "headers" }, report)) ok = false;
  return ok;
}

function checkListedMatches(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 256, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkListedMatchesItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

export function validateListedMatches(
  value: unknown,
  report: Report,
  path: Path = ROOT,
): value is ListedMatches {
  return checkListedMatches(value, path, report);
}

function checkRouteGroupSpecMatchesItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "name":
      case "pathRegex":
      case "methods":
      case "headers":
        break;
      default:
        ok = unknownKey(path, key, KEYS_12, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["name"];
  if (!(v0 !== undefined)) ok = missingKey(path, "name", report);
  else if (!checkText(v0, path, "name", TEXT_13, report)) ok = false;
  const v1 = value["pathRegex"];
  if (v1 !== undefined && !checkText(v1, path, "pathRegex", TEXT_14, report)) ok = false;
  const v2 = value["methods"];
  if (v2 !== undefined && !checkListedMatchesItemMethods(v2, { parent: path, key: "methods" }, report)) ok = false;
  const v3 = value["headers"];
  if (v3 !== undefined && !checkListedMatchesItemHeadersItem(v3, { parent: path, key: "headers" }, report)) ok = false;
  return ok;
}

function checkRouteGroupSpecMatches(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 256, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkRouteGroupSpecMatchesItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkRouteGroupSpec(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "matches":
        break;
      default:
        ok = unknownKey(path, key, KEYS_16, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["matches"];
  if (!(v0 !== undefined)) ok = missingKey(path, "matches", report);
  else if (!checkRouteGroupSpecMatches(v0, { parent: path, key: "matches" }, report)) ok = false;
  return ok;
}

export function validateRouteGroupSpec(
  value: unknown,
  report: Report,
  path: Path = ROOT,
): value is RouteGroupSpec {
  return checkRouteGroupSpec(value, path, report);
}
