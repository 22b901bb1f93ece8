// Made by tools/generate from the schemas. Edit those, then run `make generate`.
import type { EndpointSliceBody } from "./schema.ts";
import { checkBoolean, checkNumber, checkSize, checkText, checkWord, isRecord, missingKey, type NumberBounds, type Path, type Report, ROOT, type TextBounds, UNKNOWN_KEYS_MAX, unknownKey, wrongType } from "../../base/shape.ts";

const KEYS_0: readonly string[] = ["addressType", "endpoints", "ports"];
const DEEP_1: readonly string[] = [];
const WORDS_2 = ["IPv4","IPv6","FQDN"];
const KEYS_3: readonly string[] = ["addresses", "conditions", "hostname", "nodeName", "zone", "targetRef", "hints", "deprecatedTopology"];
const TEXT_4: TextBounds = { min: 1, max: 253, pattern: null, meaning: "" };
const KEYS_5: readonly string[] = ["ready", "serving", "terminating"];
const TEXT_6: TextBounds = { min: 0, max: 63, pattern: null, meaning: "" };
const TEXT_7: TextBounds = { min: 0, max: 253, pattern: null, meaning: "" };
const KEYS_8: readonly string[] = ["apiVersion", "fieldPath", "kind", "name", "namespace", "resourceVersion", "uid"];
const TEXT_9: TextBounds = { min: 0, max: 128, pattern: null, meaning: "" };
const KEYS_10: readonly string[] = ["forZones", "forNodes"];
const KEYS_11: readonly string[] = ["name"];
const KEYS_12: readonly string[] = ["name", "protocol", "port", "appProtocol"];
const WORDS_13 = ["TCP","UDP","SCTP"];
const NUMBER_14: NumberBounds = { min: 1, max: 65535, whole: true };

function checkEndpointSliceBodyEndpointsItemAddresses(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 1, 100, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkText(item, path, index, TEXT_4, report)) ok = false;
  }
  return ok;
}

function checkEndpointSliceBodyEndpointsItemConditions(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "ready":
      case "serving":
      case "terminating":
        break;
      default:
        ok = unknownKey(path, key, KEYS_5, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["ready"];
  if (v0 !== undefined && v0 !== null && !(v0 === null || checkBoolean(v0, path, "ready", report))) ok = false;
  const v1 = value["serving"];
  if (v1 !== undefined && v1 !== null && !(v1 === null || checkBoolean(v1, path, "serving", report))) ok = false;
  const v2 = value["terminating"];
  if (v2 !== undefined && v2 !== null && !(v2 === null || checkBoolean(v2, path, "terminating", report))) ok = false;
  return ok;
}

function checkEndpointSliceBodyEndpointsItemTargetRef(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "apiVersion":
      case "fieldPath":
      case "kind":
      case "name":
      case "namespace":
      case "resourceVersion":
      case "uid":
        break;
      default:
        ok = unknownKey(path, key, KEYS_8, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v6 = value["uid"];
  if (v6 !== undefined && v6 !== null && !checkText(v6, path, "uid", TEXT_9, report)) ok = false;
  return ok;
}

function checkEndpointSliceBodyEndpointsItemHintsForZonesItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "name":
        break;
      default:
        ok = unknownKey(path, key, KEYS_11, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["name"];
  if (!(v0 !== undefined && v0 !== null)) ok = missingKey(path, "name", report);
  else if (!checkText(v0, path, "name", TEXT_4, report)) ok = false;
  return ok;
}

function checkEndpointSliceBodyEndpointsItemHintsForZones(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 8, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkEndpointSliceBodyEndpointsItemHintsForZonesItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkEndpointSliceBodyEndpointsItemHints(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "forZones":
      case "forNodes":
        break;
      default:
        ok = unknownKey(path, key, KEYS_10, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["forZones"];
  if (v0 !== undefined && v0 !== null && !checkEndpointSliceBodyEndpointsItemHintsForZones(v0, { parent: path, key: "forZones" }, report)) ok = false;
  return ok;
}

function checkEndpointSliceBodyEndpointsItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "addresses":
      case "conditions":
      case "hostname":
      case "nodeName":
      case "zone":
      case "targetRef":
      case "hints":
      case "deprecatedTopology":
        break;
      default:
        ok = unknownKey(path, key, KEYS_3, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["addresses"];
  if (!(v0 !== undefined && v0 !== null)) ok = missingKey(path, "addresses", report);
  else if (!checkEndpointSliceBodyEndpointsItemAddresses(v0, { parent: path, key: "addresses" }, report)) ok = false;
  const v1 = value["conditions"];
  if (v1 !== undefined && v1 !== null && !checkEndpointSliceBodyEndpointsItemConditions(v1, { parent: path, key: "conditions" }, report)) ok = false;
  const v2 = value["hostname"];
  if (v2 !== undefined && v2 !== null && !checkText(v2, path, "hostname", TEXT_6, report)) ok = false;
  const v3 = value["nodeName"];
  if (v3 !== undefined && v3 !== null && !checkText(v3, path, "nodeName", TEXT_7, report)) ok = false;
  const v4 = value["zone"];
  if (v4 !== undefined && v4 !== null && !checkText(v4, path, "zone", TEXT_7, report)) ok = false;
  const v5 = value["targetRef"];
  if (v5 !== undefined && v5 !== null && !checkEndpointSliceBodyEndpointsItemTargetRef(v5, { parent: path, key: "targetRef" }, report)) ok = false;
  const v6 = value["hints"];
  if (v6 !== undefined && v6 !== null && !checkEndpointSliceBodyEndpointsItemHints(v6, { parent: path, key: "hints" }, report)) ok = false;
  return ok;
}

function checkEndpointSliceBodyEndpoints(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 1000, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkEndpointSliceBodyEndpointsItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkEndpointSliceBodyPortsItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "name":
      case "protocol":
      case "port":
      case "appProtocol":
        break;
      default:
        ok = unknownKey(path, key, KEYS_12, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["name"];
  if (v0 !== undefined && v0 !== null && !checkText(v0, path, "name", TEXT_6, report)) ok = false;
  const v1 = value["protocol"];
  if (v1 !== undefined && v1 !== null && !checkWord(v1, path, "protocol", WORDS_13, report)) ok = false;
  const v2 = value["port"];
  if (v2 !== undefined && v2 !== null && !checkNumber(v2, path, "port", NUMBER_14, report)) ok = false;
  const v3 = value["appProtocol"];
  if (v3 !== undefined && v3 !== null && !checkText(v3, path, "appProtocol", TEXT_7, report)) ok = false;
  return ok;
}

function checkEndpointSliceBodyPorts(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 20000, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkEndpointSliceBodyPortsItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkEndpointSliceBody(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "addressType":
      case "endpoints":
      case "ports":
        break;
      default:
        ok = unknownKey(path, key, KEYS_0, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["addressType"];
  if (!(v0 !== undefined && v0 !== null)) ok = missingKey(path, "addressType", report);
  else if (!checkWord(v0, path, "addressType", WORDS_2, report)) ok = false;
  const v1 = value["endpoints"];
  if (v1 !== undefined && v1 !== null && !checkEndpointSliceBodyEndpoints(v1, { parent: path, key: "endpoints" }, report)) ok = false;
  const v2 = value["ports"];
  if (v2 !== undefined && v2 !== null && !checkEndpointSliceBodyPorts(v2, { parent: path, key: "ports" }, report)) ok = false;
  return ok;
}

export function validateEndpointSliceBody(
  value: unknown,
  report: Report,
  path: Path = ROOT,
): value is EndpointSliceBody {
  return checkEndpointSliceBody(value, path, report);
}
