// Made by tools/generate from the schemas. Edit those, then run `make generate`.
import type { ServiceSpec } from "./schema.ts";
import { checkNumber, checkSize, checkText, checkWord, isRecord, missingKey, type NumberBounds, type Path, type Report, ROOT, type TextBounds, UNKNOWN_KEYS_MAX, unknownKey, wrongType } from "../../base/shape.ts";

const KEYS_0: readonly string[] = ["ports", "clusterIP", "clusterIPs", "type", "externalName", "selector", "externalIPs", "sessionAffinity", "sessionAffinityConfig", "loadBalancerIP", "loadBalancerSourceRanges", "loadBalancerClass", "externalTrafficPolicy", "internalTrafficPolicy", "healthCheckNodePort", "publishNotReadyAddresses", "ipFamilies", "ipFamilyPolicy", "allocateLoadBalancerNodePorts", "trafficDistribution"];
const DEEP_1: readonly string[] = [];
const KEYS_2: readonly string[] = ["name", "protocol", "appProtocol", "port", "targetPort", "nodePort"];
const TEXT_3: TextBounds = { min: 0, max: 63, pattern: null, meaning: "" };
const WORDS_4 = ["TCP","UDP","SCTP"];
const TEXT_5: TextBounds = { min: 0, max: 253, pattern: null, meaning: "" };
const NUMBER_6: NumberBounds = { min: 1, max: 65535, whole: true };
const TEXT_7: TextBounds = { min: 0, max: 63, pattern: /^[0-9]*[A-Za-z0-9-]*$/u, meaning: "a port's number or name" };
const NUMBER_8: NumberBounds = { min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, whole: true };
const TEXT_9: TextBounds = { min: 0, max: 45, pattern: null, meaning: "" };
const WORDS_10 = ["ClusterIP","NodePort","LoadBalancer","ExternalName"];
const TEXT_11: TextBounds = { min: 0, max: 64, pattern: null, meaning: "" };
const WORDS_12 = ["IPv4","IPv6"];

function checkServiceSpecPortsItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "name":
      case "protocol":
      case "appProtocol":
      case "port":
      case "targetPort":
      case "nodePort":
        break;
      default:
        ok = unknownKey(path, key, KEYS_2, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["name"];
  if (v0 !== undefined && v0 !== null && !checkText(v0, path, "name", TEXT_3, report)) ok = false;
  const v1 = value["protocol"];
  if (v1 !== undefined && v1 !== null && !checkWord(v1, path, "protocol", WORDS_4, report)) ok = false;
  const v2 = value["appProtocol"];
  if (v2 !== undefined && v2 !== null && !checkText(v2, path, "appProtocol", TEXT_5, report)) ok = false;
  const v3 = value["port"];
  if (!(v3 !== undefined && v3 !== null)) ok = missingKey(path, "port", report);
  else if (!checkNumber(v3, path, "port", NUMBER_6, report)) ok = false;
  const v4 = value["targetPort"];
  if (v4 !== undefined && v4 !== null && !(typeof v4 === "number" ? checkNumber(v4, path, "targetPort", NUMBER_8, report) : checkText(v4, path, "targetPort", TEXT_7, report))) ok = false;
  return ok;
}

function checkServiceSpecPorts(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 250, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkServiceSpecPortsItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkServiceSpecClusterIPs(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 2, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkText(item, path, index, TEXT_9, report)) ok = false;
  }
  return ok;
}

function checkServiceSpecIpFamilies(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 2, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkWord(item, path, index, WORDS_12, report)) ok = false;
  }
  return ok;
}

function checkServiceSpec(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "ports":
      case "clusterIP":
      case "clusterIPs":
      case "type":
      case "externalName":
      case "selector":
      case "externalIPs":
      case "sessionAffinity":
      case "sessionAffinityConfig":
      case "loadBalancerIP":
      case "loadBalancerSourceRanges":
      case "loadBalancerClass":
      case "externalTrafficPolicy":
      case "internalTrafficPolicy":
      case "healthCheckNodePort":
      case "publishNotReadyAddresses":
      case "ipFamilies":
      case "ipFamilyPolicy":
      case "allocateLoadBalancerNodePorts":
      case "trafficDistribution":
        break;
      default:
        ok = unknownKey(path, key, KEYS_0, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["ports"];
  if (v0 !== undefined && v0 !== null && !checkServiceSpecPorts(v0, { parent: path, key: "ports" }, report)) ok = false;
  const v1 = value["clusterIP"];
  if (v1 !== undefined && v1 !== null && !checkText(v1, path, "clusterIP", TEXT_9, report)) ok = false;
  const v2 = value["clusterIPs"];
  if (v2 !== undefined && v2 !== null && !checkServiceSpecClusterIPs(v2, { parent: path, key: "clusterIPs" }, report)) ok = false;
  const v3 = value["type"];
  if (v3 !== undefined && v3 !== null && !checkWord(v3, path, "type", WORDS_10, report)) ok = false;
  const v4 = value["externalName"];
  if (v4 !== undefined && v4 !== null && !checkText(v4, path, "externalName", TEXT_5, report)) ok = false;
  const v13 = value["internalTrafficPolicy"];
  if (v13 !== undefined && v13 !== null && !checkText(v13, path, "internalTrafficPolicy", TEXT_11, report)) ok = false;
  const v16 = value["ipFamilies"];
  if (v16 !== undefined && v16 !== null && !checkServiceSpecIpFamilies(v16, { parent: path, key: "ipFamilies" }, report)) ok = false;
  const v19 = value["trafficDistribution"];
  if (v19 !== undefined && v19 !== null && !checkText(v19, path, "trafficDistribution", TEXT_11, report)) ok = false;
  return ok;
}

export function validateServiceSpec(
  value: unknown,
  report: Report,
  path: Path = ROOT,
): value is ServiceSpec {
  return checkServiceSpec(value, path, report);
}
