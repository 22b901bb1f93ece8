// Made by tools/generate from the schemas. Edit those, then run `make generate`.
import type { ObjectMetadata } from "./metadata-schema.ts";
import { checkSize, checkText, isRecord, missingKey, type Path, type Report, ROOT, type TextBounds, UNKNOWN_KEYS_MAX, unknownKey, wrongType } from "../base/shape.ts";

const KEYS_0: readonly string[] = ["name", "namespace", "labels", "annotations", "generateName", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "ownerReferences", "finalizers", "managedFields", "clusterName"];
const DEEP_1: readonly string[] = [];
const TEXT_2: TextBounds = { min: 1, max: 253, pattern: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/u, meaning: "the name of an object, such as \"web\"" };
const TEXT_3: TextBounds = { min: 1, max: 63, pattern: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/u, meaning: "the name of a namespace, such as \"shop\"" };
const TEXT_4: TextBounds = { min: 0, max: 262144, pattern: null, meaning: "" };

function checkObjectMetadataLabels(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  const keys = Object.keys(value);
  if (!checkSize(keys.length, 0, 1000, "keys", path, report)) return false;
  let ok = true;
  for (const key of keys) {
    const item = value[key];
    if (!checkText(item, path, key, TEXT_4, report)) ok = false;
  }
  return ok;
}

function checkObjectMetadata(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  let unknown = 0;
  for (const key in value) {
    switch (key) {
      case "name":
      case "namespace":
      case "labels":
      case "annotations":
      case "generateName":
      case "selfLink":
      case "uid":
      case "resourceVersion":
      case "generation":
      case "creationTimestamp":
      case "deletionTimestamp":
      case "deletionGracePeriodSeconds":
      case "ownerReferences":
      case "finalizers":
      case "managedFields":
      case "clusterName":
        break;
      default:
        ok = unknownKey(path, key, KEYS_0, DEEP_1, report);
        if (++unknown === UNKNOWN_KEYS_MAX) return false;
    }
  }
  const v0 = value["name"];
  if (!(v0 !== undefined && v0 !== null)) ok = missingKey(path, "name", report);
  else if (!checkText(v0, path, "name", TEXT_2, report)) ok = false;
  const v1 = value["namespace"];
  if (v1 !== undefined && v1 !== null && !checkText(v1, path, "namespace", TEXT_3, report)) ok = false;
  const v2 = value["labels"];
  if (v2 !== undefined && v2 !== null && !checkObjectMetadataLabels(v2, { parent: path, key: "labels" }, report)) ok = false;
  const v3 = value["annotations"];
  if (v3 !== undefined && v3 !== null && !checkObjectMetadataLabels(v3, { parent: path, key: "annotations" }, report)) ok = false;
  return ok;
}

export function validateObjectMetadata(
  value: unknown,
  report: Report,
  path: Path = ROOT,
): value is ObjectMetadata {
  return checkObjectMetadata(value, path, report);
}
