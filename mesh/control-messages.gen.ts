// Made by tools/generate from the schemas. Edit those, then run `make generate`.
import type { Destination, EndpointDelta, EndpointSet, OperatorMessage, ProxyMessage, Workload } from "./control-messages.schema.ts";
import { checkBoolean, checkNumber, checkSize, checkText, checkWord, isRecord, missingKey, type NumberBounds, type Path, type Report, ROOT, type TextBounds, wrongType } from "../base/shape.ts";

const WORDS_0 = ["hello","subscribe","unsubscribe","ack","nack","report","ping","pong","error"];
const WORDS_1 = ["hello"];
const NUMBER_2: NumberBounds = { min: 0, max: 65535, whole: true };
const TEXT_3: TextBounds = { min: 0, max: 256, pattern: null, meaning: "" };
const TEXT_4: TextBounds = { min: 0, max: 64, pattern: null, meaning: "" };
const WORDS_5 = ["workload","destination","endpoints"];
const TEXT_6: TextBounds = { min: 0, max: 32, pattern: /^(?:absent|[0-9a-f]{32})$/u, meaning: "" };
const WORDS_7 = ["subscribe"];
const TEXT_8: TextBounds = { min: 0, max: 32, pattern: /^(?:|absent|[0-9a-f]{32})$/u, meaning: "" };
const WORDS_9 = ["unsubscribe"];
const WORDS_10 = ["ack"];
const WORDS_11 = ["nack"];
const WORDS_12 = ["requires","invalid","revision","too-large"];
const TEXT_13: TextBounds = { min: 0, max: 1000, pattern: null, meaning: "" };
const WORDS_14 = ["report"];
const WORDS_15 = ["stats"];
const NUMBER_16: NumberBounds = { min: 0, max: 86400000, whole: false };
const WORDS_17 = ["outbound","inbound"];
const NUMBER_18: NumberBounds = { min: 0, max: 9007199254740991, whole: true };
const WORDS_19 = ["ping"];
const WORDS_20 = ["pong"];
const WORDS_21 = ["error"];
const WORDS_22 = ["unsupported","malformed","out-of-order","protocol-version","requires","limit","flood","going-away"];
const TEXT_23: TextBounds = { min: 0, max: 512, pattern: null, meaning: "" };
const WORDS_24 = ["welcome","snapshot","delta","current","ping","pong","error"];
const WORDS_25 = ["welcome"];
const NUMBER_26: NumberBounds = { min: 100, max: 60000, whole: true };
const WORDS_27 = ["snapshot"];
const WORDS_28 = ["delta"];
const WORDS_29 = ["endpoints"];
const WORDS_30 = ["current"];
const TEXT_31: TextBounds = { min: 1, max: 512, pattern: null, meaning: "" };
const TEXT_32: TextBounds = { min: 2, max: 64, pattern: null, meaning: "" };
const NUMBER_33: NumberBounds = { min: 1, max: 65535, whole: true };
const WORDS_34 = ["ready","serving","terminating","not-ready"];
const NUMBER_35: NumberBounds = { min: 0, max: 1000000, whole: false };
const WORDS_36 = ["http1","http2","opaque","unknown"];
const TEXT_37: TextBounds = { min: 0, max: 2048, pattern: null, meaning: "" };
const NUMBER_38: NumberBounds = { min: -1, max: 10000, whole: true };
const NUMBER_39: NumberBounds = { min: 1, max: 1000000, whole: true };
const NUMBER_40: NumberBounds = { min: 0, max: 2073600000, whole: false };
const NUMBER_41: NumberBounds = { min: 0, max: 100, whole: true };
const NUMBER_42: NumberBounds = { min: 0, max: 1000, whole: false };
const WORDS_43 = ["peak-ewma"];

function checkProxyMessageHelloProxy(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["name"];
  if (!(v0 !== undefined)) ok = missingKey(path, "name", report);
  else if (!checkText(v0, path, "name", TEXT_3, report)) ok = false;
  const v1 = value["version"];
  if (!(v1 !== undefined)) ok = missingKey(path, "version", report);
  else if (!checkText(v1, path, "version", TEXT_3, report)) ok = false;
  return ok;
}

function checkProxyMessageHelloFeatures(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 68, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkText(item, path, index, TEXT_4, report)) ok = false;
  }
  return ok;
}

function checkProxyMessageHelloHoldsItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["type"];
  if (!(v0 !== undefined)) ok = missingKey(path, "type", report);
  else if (!checkWord(v0, path, "type", WORDS_5, report)) ok = false;
  const v1 = value["key"];
  if (!(v1 !== undefined)) ok = missingKey(path, "key", report);
  else if (!checkText(v1, path, "key", TEXT_3, report)) ok = false;
  const v2 = value["revision"];
  if (!(v2 !== undefined)) ok = missingKey(path, "revision", report);
  else if (!checkText(v2, path, "revision", TEXT_6, report)) ok = false;
  return ok;
}

function checkProxyMessageHelloHolds(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 5001, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkProxyMessageHelloHoldsItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkProxyMessageHello(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["message"];
  if (!(v0 !== undefined)) ok = missingKey(path, "message", report);
  else if (!checkWord(v0, path, "message", WORDS_1, report)) ok = false;
  const v1 = value["protocol"];
  if (!(v1 !== undefined)) ok = missingKey(path, "protocol", report);
  else if (!checkNumber(v1, path, "protocol", NUMBER_2, report)) ok = false;
  const v2 = value["proxy"];
  if (!(v2 !== undefined)) ok = missingKey(path, "proxy", report);
  else if (!checkProxyMessageHelloProxy(v2, { parent: path, key: "proxy" }, report)) ok = false;
  const v3 = value["namespace"];
  if (!(v3 !== undefined)) ok = missingKey(path, "namespace", report);
  else if (!checkText(v3, path, "namespace", TEXT_3, report)) ok = false;
  const v4 = value["features"];
  if (!(v4 !== undefined)) ok = missingKey(path, "features", report);
  else if (!checkProxyMessageHelloFeatures(v4, { parent: path, key: "features" }, report)) ok = false;
  const v5 = value["holds"];
  if (!(v5 !== undefined)) ok = missingKey(path, "holds", report);
  else if (!checkProxyMessageHelloHolds(v5, { parent: path, key: "holds" }, report)) ok = false;
  return ok;
}

function checkProxyMessageSubscribe(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["message"];
  if (!(v0 !== undefined)) ok = missingKey(path, "message", report);
  else if (!checkWord(v0, path, "message", WORDS_7, report)) ok = false;
  const v1 = value["type"];
  if (!(v1 !== undefined)) ok = missingKey(path, "type", report);
  else if (!checkWord(v1, path, "type", WORDS_5, report)) ok = false;
  const v2 = value["key"];
  if (!(v2 !== undefined)) ok = missingKey(path, "key", report);
  else if (!checkText(v2, path, "key", TEXT_3, report)) ok = false;
  const v3 = value["revision"];
  if (!(v3 !== undefined)) ok = missingKey(path, "revision", report);
  else if (!checkText(v3, path, "revision", TEXT_8, report)) ok = false;
  return ok;
}

function checkProxyMessageUnsubscribe(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["message"];
  if (!(v0 !== undefined)) ok = missingKey(path, "message", report);
  else if (!checkWord(v0, path, "message", WORDS_9, report)) ok = false;
  const v1 = value["type"];
  if (!(v1 !== undefined)) ok = missingKey(path, "type", report);
  else if (!checkWord(v1, path, "type", WORDS_5, report)) ok = false;
  const v2 = value["key"];
  if (!(v2 !== undefined)) ok = missingKey(path, "key", report);
  else if (!checkText(v2, path, "key", TEXT_3, report)) ok = false;
  return ok;
}

function checkProxyMessageAck(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["message"];
  if (!(v0 !== undefined)) ok = missingKey(path, "message", report);
  else if (!checkWord(v0, path, "message", WORDS_10, report)) ok = false;
  const v1 = value["type"];
  if (!(v1 !== undefined)) ok = missingKey(path, "type", report);
  else if (!checkWord(v1, path, "type", WORDS_5, report)) ok = false;
  const v2 = value["key"];
  if (!(v2 !== undefined)) ok = missingKey(path, "key", report);
  else if (!checkText(v2, path, "key", TEXT_3, report)) ok = false;
  const v3 = value["revision"];
  if (!(v3 !== undefined)) ok = missingKey(path, "revision", report);
  else if (!checkText(v3, path, "revision", TEXT_6, report)) ok = false;
  return ok;
}

function checkProxyMessageNack(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["message"];
  if (!(v0 !== undefined)) ok = missingKey(path, "message", report);
  else if (!checkWord(v0, path, "message", WORDS_11, report)) ok = false;
  const v1 = value["type"];
  if (!(v1 !== undefined)) ok = missingKey(path, "type", report);
  else if (!checkWord(v1, path, "type", WORDS_5, report)) ok = false;
  const v2 = value["key"];
  if (!(v2 !== undefined)) ok = missingKey(path, "key", report);
  else if (!checkText(v2, path, "key", TEXT_3, report)) ok = false;
  const v3 = value["revision"];
  if (!(v3 !== undefined)) ok = missingKey(path, "revision", report);
  else if (!checkText(v3, path, "revision", TEXT_6, report)) ok = false;
  const v4 = value["code"];
  if (!(v4 !== undefined)) ok = missingKey(path, "code", report);
  else if (!checkWord(v4, path, "code", WORDS_12, report)) ok = false;
  const v5 = value["reason"];
  if (!(v5 !== undefined)) ok = missingKey(path, "reason", report);
  else if (!checkText(v5, path, "reason", TEXT_13, report)) ok = false;
  return ok;
}

function checkProxyMessageReportBodyRowsItemLatency(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 2000, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkNumber(item, path, index, NUMBER_18, report)) ok = false;
  }
  return ok;
}

function checkProxyMessageReportBodyRowsItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["direction"];
  if (!(v0 !== undefined)) ok = missingKey(path, "direction", report);
  else if (!checkWord(v0, path, "direction", WORDS_17, report)) ok = false;
  const v1 = value["service"];
  if (!(v1 !== undefined)) ok = missingKey(path, "service", report);
  else if (!checkText(v1, path, "service", TEXT_3, report)) ok = false;
  const v2 = value["route"];
  if (!(v2 !== undefined)) ok = missingKey(path, "route", report);
  else if (!checkText(v2, path, "route", TEXT_3, report)) ok = false;
  const v3 = value["backend"];
  if (!(v3 !== undefined)) ok = missingKey(path, "backend", report);
  else if (!checkText(v3, path, "backend", TEXT_3, report)) ok = false;
  const v4 = value["requests"];
  if (!(v4 !== undefined)) ok = missingKey(path, "requests", report);
  else if (!checkNumber(v4, path, "requests", NUMBER_18, report)) ok = false;
  const v5 = value["successes"];
  if (!(v5 !== undefined)) ok = missingKey(path, "successes", report);
  else if (!checkNumber(v5, path, "successes", NUMBER_18, report)) ok = false;
  const v6 = value["retries"];
  if (!(v6 !== undefined)) ok = missingKey(path, "retries", report);
  else if (!checkNumber(v6, path, "retries", NUMBER_18, report)) ok = false;
  const v7 = value["latency"];
  if (!(v7 !== undefined)) ok = missingKey(path, "latency", report);
  else if (!checkProxyMessageReportBodyRowsItemLatency(v7, { parent: path, key: "latency" }, report)) ok = false;
  return ok;
}

function checkProxyMessageReportBodyRows(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 2000, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkProxyMessageReportBodyRowsItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkProxyMessageReportBody(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["windowMs"];
  if (!(v0 !== undefined)) ok = missingKey(path, "windowMs", report);
  else if (!checkNumber(v0, path, "windowMs", NUMBER_16, report)) ok = false;
  const v1 = value["rows"];
  if (!(v1 !== undefined)) ok = missingKey(path, "rows", report);
  else if (!checkProxyMessageReportBodyRows(v1, { parent: path, key: "rows" }, report)) ok = false;
  return ok;
}

function checkProxyMessageReport(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["message"];
  if (!(v0 !== undefined)) ok = missingKey(path, "message", report);
  else if (!checkWord(v0, path, "message", WORDS_14, report)) ok = false;
  const v1 = value["kind"];
  if (!(v1 !== undefined)) ok = missingKey(path, "kind", report);
  else if (!checkWord(v1, path, "kind", WORDS_15, report)) ok = false;
  const v2 = value["body"];
  if (!(v2 !== undefined)) ok = missingKey(path, "body", report);
  else if (!checkProxyMessageReportBody(v2, { parent: path, key: "body" }, report)) ok = false;
  return ok;
}

function checkProxyMessagePing(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["message"];
  if (!(v0 !== undefined)) ok = missingKey(path, "message", report);
  else if (!checkWord(v0, path, "message", WORDS_19, report)) ok = false;
  return ok;
}

function checkProxyMessagePong(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["message"];
  if (!(v0 !== undefined)) ok = missingKey(path, "message", report);
  else if (!checkWord(v0, path, "message", WORDS_20, report)) ok = false;
  return ok;
}

function checkProxyMessageError(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["message"];
  if (!(v0 !== undefined)) ok = missingKey(path, "message", report);
  else if (!checkWord(v0, path, "message", WORDS_21, report)) ok = false;
  const v1 = value["code"];
  if (!(v1 !== undefined)) ok = missingKey(path, "code", report);
  else if (!checkWord(v1, path, "code", WORDS_22, report)) ok = false;
  const v2 = value["detail"];
  if (!(v2 !== undefined)) ok = missingKey(path, "detail", report);
  else if (!checkText(v2, path, "detail", TEXT_13, report)) ok = false;
  const v3 = value["about"];
  if (!(v3 !== undefined)) ok = missingKey(path, "about", report);
  else if (!checkText(v3, path, "about", TEXT_23, report)) ok = false;
  return ok;
}

function checkProxyMessage(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  const tag = value["message"];
  if (tag === undefined) return missingKey(path, "message", report);
  switch (tag) {
    case "hello":
      return checkProxyMessageHello(value, path, report);
    case "subscribe":
      return checkProxyMessageSubscribe(value, path, report);
    case "unsubscribe":
      return checkProxyMessageUnsubscribe(value, path, report);
    case "ack":
      return checkProxyMessageAck(value, path, report);
    case "nack":
      return checkProxyMessageNack(value, path, report);
    case "report":
      return checkProxyMessageReport(value, path, report);
    case "ping":
      return checkProxyMessagePing(value, path, report);
    case "pong":
      return checkProxyMessagePong(value, path, report);
    case "error":
      return checkProxyMessageError(value, path, report);
    default:
      return checkWord(tag, path, "message", WORDS_0, report);
  }
}

export function validateProxyMessage(
  value: unknown,
  report: Report,
  path: Path = ROOT,
): value is ProxyMessage {
  return checkProxyMessage(value, path, report);
}

function checkOperatorMessageWelcomeLimits(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["messageBytesMax"];
  if (!(v0 !== undefined)) ok = missingKey(path, "messageBytesMax", report);
  else if (!checkNumber(v0, path, "messageBytesMax", NUMBER_18, report)) ok = false;
  const v1 = value["destinationsMax"];
  if (!(v1 !== undefined)) ok = missingKey(path, "destinationsMax", report);
  else if (!checkNumber(v1, path, "destinationsMax", NUMBER_18, report)) ok = false;
  const v2 = value["endpointSetsMax"];
  if (!(v2 !== undefined)) ok = missingKey(path, "endpointSetsMax", report);
  else if (!checkNumber(v2, path, "endpointSetsMax", NUMBER_18, report)) ok = false;
  return ok;
}

function checkOperatorMessageWelcome(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["message"];
  if (!(v0 !== undefined)) ok = missingKey(path, "message", report);
  else if (!checkWord(v0, path, "message", WORDS_25, report)) ok = false;
  const v1 = value["protocol"];
  if (!(v1 !== undefined)) ok = missingKey(path, "protocol", report);
  else if (!checkNumber(v1, path, "protocol", NUMBER_2, report)) ok = false;
  const v2 = value["operator"];
  if (!(v2 !== undefined)) ok = missingKey(path, "operator", report);
  else if (!checkProxyMessageHelloProxy(v2, { parent: path, key: "operator" }, report)) ok = false;
  const v3 = value["heartbeatMs"];
  if (!(v3 !== undefined)) ok = missingKey(path, "heartbeatMs", report);
  else if (!checkNumber(v3, path, "heartbeatMs", NUMBER_26, report)) ok = false;
  const v4 = value["limits"];
  if (!(v4 !== undefined)) ok = missingKey(path, "limits", report);
  else if (!checkOperatorMessageWelcomeLimits(v4, { parent: path, key: "limits" }, report)) ok = false;
  return ok;
}

function checkOperatorMessageSnapshot(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["message"];
  if (!(v0 !== undefined)) ok = missingKey(path, "message", report);
  else if (!checkWord(v0, path, "message", WORDS_27, report)) ok = false;
  const v1 = value["type"];
  if (!(v1 !== undefined)) ok = missingKey(path, "type", report);
  else if (!checkWord(v1, path, "type", WORDS_5, report)) ok = false;
  const v2 = value["key"];
  if (!(v2 !== undefined)) ok = missingKey(path, "key", report);
  else if (!checkText(v2, path, "key", TEXT_3, report)) ok = false;
  const v3 = value["revision"];
  if (!(v3 !== undefined)) ok = missingKey(path, "revision", report);
  else if (!checkText(v3, path, "revision", TEXT_6, report)) ok = false;
  const v4 = value["requires"];
  if (!(v4 !== undefined)) ok = missingKey(path, "requires", report);
  else if (!checkProxyMessageHelloFeatures(v4, { parent: path, key: "requires" }, report)) ok = false;
  const v5 = value["body"];
  if (!(v5 !== undefined)) ok = missingKey(path, "body", report);
  return ok;
}

function checkOperatorMessageDelta(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["message"];
  if (!(v0 !== undefined)) ok = missingKey(path, "message", report);
  else if (!checkWord(v0, path, "message", WORDS_28, report)) ok = false;
  const v1 = value["type"];
  if (!(v1 !== undefined)) ok = missingKey(path, "type", report);
  else if (!checkWord(v1, path, "type", WORDS_29, report)) ok = false;
  const v2 = value["key"];
  if (!(v2 !== undefined)) ok = missingKey(path, "key", report);
  else if (!checkText(v2, path, "key", TEXT_3, report)) ok = false;
  const v3 = value["revision"];
  if (!(v3 !== undefined)) ok = missingKey(path, "revision", report);
  else if (!checkText(v3, path, "revision", TEXT_6, report)) ok = false;
  const v4 = value["base"];
  if (!(v4 !== undefined)) ok = missingKey(path, "base", report);
  else if (!checkText(v4, path, "base", TEXT_6, report)) ok = false;
  const v5 = value["requires"];
  if (!(v5 !== undefined)) ok = missingKey(path, "requires", report);
  else if (!checkProxyMessageHelloFeatures(v5, { parent: path, key: "requires" }, report)) ok = false;
  const v6 = value["body"];
  if (!(v6 !== undefined)) ok = missingKey(path, "body", report);
  return ok;
}

function checkOperatorMessageCurrent(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["message"];
  if (!(v0 !== undefined)) ok = missingKey(path, "message", report);
  else if (!checkWord(v0, path, "message", WORDS_30, report)) ok = false;
  const v1 = value["type"];
  if (!(v1 !== undefined)) ok = missingKey(path, "type", report);
  else if (!checkWord(v1, path, "type", WORDS_5, report)) ok = false;
  const v2 = value["key"];
  if (!(v2 !== undefined)) ok = missingKey(path, "key", report);
  else if (!checkText(v2, path, "key", TEXT_3, report)) ok = false;
  const v3 = value["revision"];
  if (!(v3 !== undefined)) ok = missingKey(path, "revision", report);
  else if (!checkText(v3, path, "revision", TEXT_6, report)) ok = false;
  return ok;
}

function checkOperatorMessage(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  const tag = value["message"];
  if (tag === undefined) return missingKey(path, "message", report);
  switch (tag) {
    case "welcome":
      return checkOperatorMessageWelcome(value, path, report);
    case "snapshot":
      return checkOperatorMessageSnapshot(value, path, report);
    case "delta":
      return checkOperatorMessageDelta(value, path, report);
    case "current":
      return checkOperatorMessageCurrent(value, path, report);
    case "ping":
      return checkProxyMessagePing(value, path, report);
    case "pong":
      return checkProxyMessagePong(value, path, report);
    case "error":
      return checkProxyMessageError(value, path, report);
    default:
      return checkWord(tag, path, "message", WORDS_24, report);
  }
}

export function validateOperatorMessage(
  value: unknown,
  report: Report,
  path: Path = ROOT,
): value is OperatorMessage {
  return checkOperatorMessage(value, path, report);
}

function checkWorkload(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["namespace"];
  if (!(v0 !== undefined)) ok = missingKey(path, "namespace", report);
  else if (!checkText(v0, path, "namespace", TEXT_3, report)) ok = false;
  const v1 = value["clusterDomain"];
  if (!(v1 !== undefined)) ok = missingKey(path, "clusterDomain", report);
  else if (!checkText(v1, path, "clusterDomain", TEXT_3, report)) ok = false;
  const v2 = value["mesh"];
  if (!(v2 !== undefined)) ok = missingKey(path, "mesh", report);
  else if (!checkText(v2, path, "mesh", TEXT_3, report)) ok = false;
  return ok;
}

export function validateWorkload(
  value: unknown,
  report: Report,
  path: Path = ROOT,
): value is Workload {
  return checkWorkload(value, path, report);
}

function checkEndpointSetEndpointsItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["id"];
  if (!(v0 !== undefined)) ok = missingKey(path, "id", report);
  else if (!checkText(v0, path, "id", TEXT_31, report)) ok = false;
  const v1 = value["address"];
  if (!(v1 !== undefined)) ok = missingKey(path, "address", report);
  else if (!checkText(v1, path, "address", TEXT_32, report)) ok = false;
  const v2 = value["port"];
  if (!(v2 !== undefined)) ok = missingKey(path, "port", report);
  else if (!checkNumber(v2, path, "port", NUMBER_33, report)) ok = false;
  const v3 = value["state"];
  if (!(v3 !== undefined)) ok = missingKey(path, "state", report);
  else if (!checkWord(v3, path, "state", WORDS_34, report)) ok = false;
  const v4 = value["weight"];
  if (!(v4 !== undefined)) ok = missingKey(path, "weight", report);
  else if (!checkNumber(v4, path, "weight", NUMBER_35, report)) ok = false;
  const v5 = value["zone"];
  if (!(v5 !== undefined)) ok = missingKey(path, "zone", report);
  else if (!checkText(v5, path, "zone", TEXT_3, report)) ok = false;
  const v6 = value["node"];
  if (!(v6 !== undefined)) ok = missingKey(path, "node", report);
  else if (!checkText(v6, path, "node", TEXT_3, report)) ok = false;
  const v7 = value["protocol"];
  if (!(v7 !== undefined)) ok = missingKey(path, "protocol", report);
  else if (!checkWord(v7, path, "protocol", WORDS_36, report)) ok = false;
  const v8 = value["proxied"];
  if (!(v8 !== undefined)) ok = missingKey(path, "proxied", report);
  else if (!checkBoolean(v8, path, "proxied", report)) ok = false;
  const v9 = value["identity"];
  if (!(v9 !== undefined)) ok = missingKey(path, "identity", report);
  else if (!checkText(v9, path, "identity", TEXT_37, report)) ok = false;
  return ok;
}

function checkEndpointSetEndpoints(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 50000, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkEndpointSetEndpointsItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkEndpointSet(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["service"];
  if (!(v0 !== undefined)) ok = missingKey(path, "service", report);
  else if (!checkText(v0, path, "service", TEXT_3, report)) ok = false;
  const v1 = value["source"];
  if (!(v1 !== undefined)) ok = missingKey(path, "source", report);
  else if (!checkText(v1, path, "source", TEXT_3, report)) ok = false;
  const v2 = value["synced"];
  if (!(v2 !== undefined)) ok = missingKey(path, "synced", report);
  else if (!checkBoolean(v2, path, "synced", report)) ok = false;
  const v3 = value["endpoints"];
  if (!(v3 !== undefined)) ok = missingKey(path, "endpoints", report);
  else if (!checkEndpointSetEndpoints(v3, { parent: path, key: "endpoints" }, report)) ok = false;
  return ok;
}

export function validateEndpointSet(
  value: unknown,
  report: Report,
  path: Path = ROOT,
): value is EndpointSet {
  return checkEndpointSet(value, path, report);
}

function checkEndpointDeltaRemove(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 50000, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkText(item, path, index, TEXT_23, report)) ok = false;
  }
  return ok;
}

function checkEndpointDelta(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["service"];
  if (!(v0 !== undefined)) ok = missingKey(path, "service", report);
  else if (!checkText(v0, path, "service", TEXT_3, report)) ok = false;
  const v1 = value["source"];
  if (!(v1 !== undefined)) ok = missingKey(path, "source", report);
  else if (!checkText(v1, path, "source", TEXT_3, report)) ok = false;
  const v2 = value["synced"];
  if (!(v2 !== undefined)) ok = missingKey(path, "synced", report);
  else if (!checkBoolean(v2, path, "synced", report)) ok = false;
  const v3 = value["upsert"];
  if (!(v3 !== undefined)) ok = missingKey(path, "upsert", report);
  else if (!checkEndpointSetEndpoints(v3, { parent: path, key: "upsert" }, report)) ok = false;
  const v4 = value["remove"];
  if (!(v4 !== undefined)) ok = missingKey(path, "remove", report);
  else if (!checkEndpointDeltaRemove(v4, { parent: path, key: "remove" }, report)) ok = false;
  return ok;
}

export function validateEndpointDelta(
  value: unknown,
  report: Report,
  path: Path = ROOT,
): value is EndpointDelta {
  return checkEndpointDelta(value, path, report);
}

function checkDestinationRulesItemActionBackendsItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["service"];
  if (!(v0 !== undefined)) ok = missingKey(path, "service", report);
  else if (!checkText(v0, path, "service", TEXT_3, report)) ok = false;
  const v1 = value["weight"];
  if (!(v1 !== undefined)) ok = missingKey(path, "weight", report);
  else if (!checkNumber(v1, path, "weight", NUMBER_39, report)) ok = false;
  return ok;
}

function checkDestinationRulesItemActionBackends(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 100, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkDestinationRulesItemActionBackendsItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkDestinationRulesItemActionTimeouts(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["requestMs"];
  if (!(v0 !== undefined)) ok = missingKey(path, "requestMs", report);
  else if (!checkNumber(v0, path, "requestMs", NUMBER_40, report)) ok = false;
  const v1 = value["responseMs"];
  if (!(v1 !== undefined)) ok = missingKey(path, "responseMs", report);
  else if (!checkNumber(v1, path, "responseMs", NUMBER_40, report)) ok = false;
  const v2 = value["idleMs"];
  if (!(v2 !== undefined)) ok = missingKey(path, "idleMs", report);
  else if (!checkNumber(v2, path, "idleMs", NUMBER_40, report)) ok = false;
  return ok;
}

function checkDestinationRulesItemActionRetry(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["object"];
  if (!(v0 !== undefined)) ok = missingKey(path, "object", report);
  else if (!checkNumber(v0, path, "object", NUMBER_38, report)) ok = false;
  const v1 = value["maxRetries"];
  if (!(v1 !== undefined)) ok = missingKey(path, "maxRetries", report);
  else if (!checkNumber(v1, path, "maxRetries", NUMBER_41, report)) ok = false;
  return ok;
}

function checkDestinationRulesItemActionResponseClassesItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["match"];
  if (!(v0 !== undefined)) ok = missingKey(path, "match", report);
  const v1 = value["isFailure"];
  if (!(v1 !== undefined)) ok = missingKey(path, "isFailure", report);
  else if (!checkBoolean(v1, path, "isFailure", report)) ok = false;
  return ok;
}

function checkDestinationRulesItemActionResponseClasses(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 100, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkDestinationRulesItemActionResponseClassesItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkDestinationRulesItemAction(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["backends"];
  if (!(v0 !== undefined)) ok = missingKey(path, "backends", report);
  else if (!checkDestinationRulesItemActionBackends(v0, { parent: path, key: "backends" }, report)) ok = false;
  const v1 = value["splitObject"];
  if (!(v1 !== undefined)) ok = missingKey(path, "splitObject", report);
  else if (!checkNumber(v1, path, "splitObject", NUMBER_38, report)) ok = false;
  const v2 = value["timeouts"];
  if (!(v2 !== undefined)) ok = missingKey(path, "timeouts", report);
  else if (!checkDestinationRulesItemActionTimeouts(v2, { parent: path, key: "timeouts" }, report)) ok = false;
  const v3 = value["retry"];
  if (!(v3 !== undefined)) ok = missingKey(path, "retry", report);
  else if (!checkDestinationRulesItemActionRetry(v3, { parent: path, key: "retry" }, report)) ok = false;
  const v4 = value["responseClasses"];
  if (!(v4 !== undefined)) ok = missingKey(path, "responseClasses", report);
  else if (!checkDestinationRulesItemActionResponseClasses(v4, { parent: path, key: "responseClasses" }, report)) ok = false;
  return ok;
}

function checkDestinationRulesItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["route"];
  if (!(v0 !== undefined)) ok = missingKey(path, "route", report);
  else if (!checkText(v0, path, "route", TEXT_3, report)) ok = false;
  const v1 = value["object"];
  if (!(v1 !== undefined)) ok = missingKey(path, "object", report);
  else if (!checkNumber(v1, path, "object", NUMBER_38, report)) ok = false;
  const v2 = value["match"];
  if (!(v2 !== undefined)) ok = missingKey(path, "match", report);
  const v3 = value["action"];
  if (!(v3 !== undefined)) ok = missingKey(path, "action", report);
  else if (!checkDestinationRulesItemAction(v3, { parent: path, key: "action" }, report)) ok = false;
  return ok;
}

function checkDestinationRules(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 10000, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkDestinationRulesItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkDestinationObjectsItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["group"];
  if (!(v0 !== undefined)) ok = missingKey(path, "group", report);
  else if (!checkText(v0, path, "group", TEXT_3, report)) ok = false;
  const v1 = value["kind"];
  if (!(v1 !== undefined)) ok = missingKey(path, "kind", report);
  else if (!checkText(v1, path, "kind", TEXT_3, report)) ok = false;
  const v2 = value["namespace"];
  if (!(v2 !== undefined)) ok = missingKey(path, "namespace", report);
  else if (!checkText(v2, path, "namespace", TEXT_3, report)) ok = false;
  const v3 = value["name"];
  if (!(v3 !== undefined)) ok = missingKey(path, "name", report);
  else if (!checkText(v3, path, "name", TEXT_3, report)) ok = false;
  const v4 = value["generation"];
  if (!(v4 !== undefined)) ok = missingKey(path, "generation", report);
  else if (!checkNumber(v4, path, "generation", NUMBER_18, report)) ok = false;
  return ok;
}

function checkDestinationObjects(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 10000, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkDestinationObjectsItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkDestinationEndpointSets(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 1000, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkText(item, path, index, TEXT_3, report)) ok = false;
  }
  return ok;
}

function checkDestinationBudget(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["ratio"];
  if (!(v0 !== undefined)) ok = missingKey(path, "ratio", report);
  else if (!checkNumber(v0, path, "ratio", NUMBER_42, report)) ok = false;
  const v1 = value["minRetriesPerSecond"];
  if (!(v1 !== undefined)) ok = missingKey(path, "minRetriesPerSecond", report);
  else if (!checkNumber(v1, path, "minRetriesPerSecond", NUMBER_35, report)) ok = false;
  const v2 = value["ttlMs"];
  if (!(v2 !== undefined)) ok = missingKey(path, "ttlMs", report);
  else if (!checkNumber(v2, path, "ttlMs", NUMBER_40, report)) ok = false;
  return ok;
}

function checkDestinationBalancer(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["policy"];
  if (!(v0 !== undefined)) ok = missingKey(path, "policy", report);
  else if (!checkWord(v0, path, "policy", WORDS_43, report)) ok = false;
  const v1 = value["decayMs"];
  if (!(v1 !== undefined)) ok = missingKey(path, "decayMs", report);
  else if (!checkNumber(v1, path, "decayMs", NUMBER_40, report)) ok = false;
  const v2 = value["defaultRttMs"];
  if (!(v2 !== undefined)) ok = missingKey(path, "defaultRttMs", report);
  else if (!checkNumber(v2, path, "defaultRttMs", NUMBER_40, report)) ok = false;
  return ok;
}

function checkDestination(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["service"];
  if (!(v0 !== undefined)) ok = missingKey(path, "service", report);
  else if (!checkText(v0, path, "service", TEXT_3, report)) ok = false;
  const v1 = value["rules"];
  if (!(v1 !== undefined)) ok = missingKey(path, "rules", report);
  else if (!checkDestinationRules(v1, { parent: path, key: "rules" }, report)) ok = false;
  const v2 = value["objects"];
  if (!(v2 !== undefined)) ok = missingKey(path, "objects", report);
  else if (!checkDestinationObjects(v2, { parent: path, key: "objects" }, report)) ok = false;
  const v3 = value["endpointSets"];
  if (!(v3 !== undefined)) ok = missingKey(path, "endpointSets", report);
  else if (!checkDestinationEndpointSets(v3, { parent: path, key: "endpointSets" }, report)) ok = false;
  const v4 = value["budget"];
  if (!(v4 !== undefined)) ok = missingKey(path, "budget", report);
  else if (!checkDestinationBudget(v4, { parent: path, key: "budget" }, report)) ok = false;
  const v5 = value["balancer"];
  if (!(v5 !== undefined)) ok = missingKey(path, "balancer", report);
  else if (!checkDestinationBalancer(v5, { parent: path, key: "balancer" }, report)) ok = false;
  return ok;
}

export function validateDestination(
  value: unknown,
  report: Report,
  path: Path = ROOT,
): value is Destination {
  return checkDestination(value, path, report);
}
