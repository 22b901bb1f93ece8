// Made by tools/generate from the schemas. Edit those, then run `make generate`.
import type { AddressBinding, Destination, EndpointDelta, EndpointSet, OperatorMessage, ProxyMessage, Workload } from "./control-messages.schema.ts";
import { checkBoolean, checkNumber, checkSize, checkText, checkWord, isRecord, missingKey, type NumberBounds, type Path, type Report, ROOT, type TextBounds, wrongType } from "../base/shape.ts";

const WORDS_0 = ["hello","subscribe","unsubscribe","ack","nack","report","ping","pong","error"];
const WORDS_1 = ["hello"];
const NUMBER_2: NumberBounds = { min: 0, max: 65535, whole: true };
const TEXT_3: TextBounds = { min: 0, max: 256, pattern: null, meaning: "" };
const TEXT_4: TextBounds = { min: 0, max: 64, pattern: null, meaning: "" };
const WORDS_5 = ["workload","destination","endpoints","address"];
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
const TEXT_32: TextBounds = { min: 1, max: 253, pattern: null, meaning: "" };
const NUMBER_33: NumberBounds = { min: 1, max: 65535, whole: true };
const WORDS_34 = ["ready","serving","terminating","not-ready"];
const NUMBER_35: NumberBounds = { min: 0, max: 1000000, whole: false };
const WORDS_36 = ["http1","http2","opaque","unknown"];
const TEXT_37: TextBounds = { min: 0, max: 2048, pattern: null, meaning: "" };
const NUMBER_38: NumberBounds = { min: -1, max: 10000, whole: true };
const NUMBER_39: NumberBounds = { min: 1, max: 1000000, whole: true };
const NUMBER_40: NumberBounds = { min: 0, max: 2073600000, whole: false };
const NUMBER_41: NumberBounds = { min: 0, max: 100, whole: true };
const NUMBER_42: NumberBounds = { min: 100, max: 599, whole: true };
const NUMBER_43: NumberBounds = { min: 0, max: 16, whole: true };
const NUMBER_44: NumberBounds = { min: 0, max: 1, whole: false };
const NUMBER_45: NumberBounds = { min: 0, max: 16777216, whole: true };
const NUMBER_46: NumberBounds = { min: 0, max: 99.99, whole: false };
const NUMBER_47: NumberBounds = { min: 0, max: 8, whole: true };
const NUMBER_48: NumberBounds = { min: 200, max: 599, whole: true };
const TEXT_49: TextBounds = { min: 0, max: 8192, pattern: null, meaning: "" };
const WORDS_50 = [301,302,303,307,308];
const NUMBER_51: NumberBounds = { min: 0, max: 1000000, whole: true };
const WORDS_52 = ["critical","normal","sheddable"];
const WORDS_53 = ["peak-ewma","least-request","round-robin","random","consistent-hash"];
const WORDS_54 = ["header","cookie","source"];
const WORDS_55 = ["header"];
const WORDS_56 = ["cookie"];
const WORDS_57 = ["source"];
const WORDS_58 = ["any","prefer","only"];
const NUMBER_59: NumberBounds = { min: 0, max: 50000, whole: true };
const WORDS_60 = ["advisory","strict"];
const NUMBER_61: NumberBounds = { min: 0, max: 1000, whole: false };
const WORDS_62 = ["service","endpoint"];
const WORDS_63 = ["detect","http1","http2","opaque"];

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
  const isFitting = checkSize(size, 0, 82, "entries", path, report);
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
  const v3 = value["addressesMax"];
  if (v3 !== undefined && !checkNumber(v3, path, "addressesMax", NUMBER_18, report)) ok = false;
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

function checkWorkloadPod(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["name"];
  if (!(v0 !== undefined)) ok = missingKey(path, "name", report);
  else if (!checkText(v0, path, "name", TEXT_3, report)) ok = false;
  const v1 = value["ownerKind"];
  if (!(v1 !== undefined)) ok = missingKey(path, "ownerKind", report);
  else if (!checkText(v1, path, "ownerKind", TEXT_3, report)) ok = false;
  const v2 = value["ownerName"];
  if (!(v2 !== undefined)) ok = missingKey(path, "ownerName", report);
  else if (!checkText(v2, path, "ownerName", TEXT_3, report)) ok = false;
  const v3 = value["serviceAccount"];
  if (!(v3 !== undefined)) ok = missingKey(path, "serviceAccount", report);
  else if (!checkText(v3, path, "serviceAccount", TEXT_3, report)) ok = false;
  const v4 = value["node"];
  if (!(v4 !== undefined)) ok = missingKey(path, "node", report);
  else if (!checkText(v4, path, "node", TEXT_3, report)) ok = false;
  const v5 = value["zone"];
  if (!(v5 !== undefined)) ok = missingKey(path, "zone", report);
  else if (!checkText(v5, path, "zone", TEXT_3, report)) ok = false;
  return ok;
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
  const v3 = value["pod"];
  if (v3 !== undefined && !checkWorkloadPod(v3, { parent: path, key: "pod" }, report)) ok = false;
  return ok;
}

export function validateWorkload(
  value: unknown,
  report: Report,
  path: Path = ROOT,
): value is Workload {
  return checkWorkload(value, path, report);
}

function checkEndpointSetEndpointsItemZoneHints(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 8, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkText(item, path, index, TEXT_3, report)) ok = false;
  }
  return ok;
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
  const v6 = value["zoneHints"];
  if (v6 !== undefined && !checkEndpointSetEndpointsItemZoneHints(v6, { parent: path, key: "zoneHints" }, report)) ok = false;
  const v7 = value["node"];
  if (!(v7 !== undefined)) ok = missingKey(path, "node", report);
  else if (!checkText(v7, path, "node", TEXT_3, report)) ok = false;
  const v8 = value["protocol"];
  if (!(v8 !== undefined)) ok = missingKey(path, "protocol", report);
  else if (!checkWord(v8, path, "protocol", WORDS_36, report)) ok = false;
  const v9 = value["proxied"];
  if (!(v9 !== undefined)) ok = missingKey(path, "proxied", report);
  else if (!checkBoolean(v9, path, "proxied", report)) ok = false;
  const v10 = value["identity"];
  if (!(v10 !== undefined)) ok = missingKey(path, "identity", report);
  else if (!checkText(v10, path, "identity", TEXT_37, report)) ok = false;
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

function checkDestinationRulesItemActionRetryStatusesItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["min"];
  if (!(v0 !== undefined)) ok = missingKey(path, "min", report);
  else if (!checkNumber(v0, path, "min", NUMBER_42, report)) ok = false;
  const v1 = value["max"];
  if (!(v1 !== undefined)) ok = missingKey(path, "max", report);
  else if (!checkNumber(v1, path, "max", NUMBER_42, report)) ok = false;
  return ok;
}

function checkDestinationRulesItemActionRetryStatuses(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 200, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkDestinationRulesItemActionRetryStatusesItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkDestinationRulesItemActionRetryGrpcCodes(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 17, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkNumber(item, path, index, NUMBER_43, report)) ok = false;
  }
  return ok;
}

function checkDestinationRulesItemActionRetryMethods(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 64, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkText(item, path, index, TEXT_3, report)) ok = false;
  }
  return ok;
}

function checkDestinationRulesItemActionRetryBackoff(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["baseMs"];
  if (!(v0 !== undefined)) ok = missingKey(path, "baseMs", report);
  else if (!checkNumber(v0, path, "baseMs", NUMBER_40, report)) ok = false;
  const v1 = value["maxMs"];
  if (!(v1 !== undefined)) ok = missingKey(path, "maxMs", report);
  else if (!checkNumber(v1, path, "maxMs", NUMBER_40, report)) ok = false;
  const v2 = value["jitter"];
  if (!(v2 !== undefined)) ok = missingKey(path, "jitter", report);
  else if (!checkNumber(v2, path, "jitter", NUMBER_44, report)) ok = false;
  return ok;
}

function checkDestinationRulesItemActionRetryHedge(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["afterMs"];
  if (!(v0 !== undefined)) ok = missingKey(path, "afterMs", report);
  else if (!checkNumber(v0, path, "afterMs", NUMBER_40, report)) ok = false;
  const v1 = value["percentile"];
  if (!(v1 !== undefined)) ok = missingKey(path, "percentile", report);
  else if (!checkNumber(v1, path, "percentile", NUMBER_46, report)) ok = false;
  const v2 = value["max"];
  if (!(v2 !== undefined)) ok = missingKey(path, "max", report);
  else if (!checkNumber(v2, path, "max", NUMBER_47, report)) ok = false;
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
  const v2 = value["statuses"];
  if (!(v2 !== undefined)) ok = missingKey(path, "statuses", report);
  else if (!checkDestinationRulesItemActionRetryStatuses(v2, { parent: path, key: "statuses" }, report)) ok = false;
  const v3 = value["grpcCodes"];
  if (!(v3 !== undefined)) ok = missingKey(path, "grpcCodes", report);
  else if (!checkDestinationRulesItemActionRetryGrpcCodes(v3, { parent: path, key: "grpcCodes" }, report)) ok = false;
  const v4 = value["onReset"];
  if (!(v4 !== undefined)) ok = missingKey(path, "onReset", report);
  else if (!checkBoolean(v4, path, "onReset", report)) ok = false;
  const v5 = value["onRefusedStream"];
  if (!(v5 !== undefined)) ok = missingKey(path, "onRefusedStream", report);
  else if (!checkBoolean(v5, path, "onRefusedStream", report)) ok = false;
  const v6 = value["onPerTryTimeout"];
  if (!(v6 !== undefined)) ok = missingKey(path, "onPerTryTimeout", report);
  else if (!checkBoolean(v6, path, "onPerTryTimeout", report)) ok = false;
  const v7 = value["isRetryable"];
  if (!(v7 !== undefined)) ok = missingKey(path, "isRetryable", report);
  else if (!checkBoolean(v7, path, "isRetryable", report)) ok = false;
  const v8 = value["methods"];
  if (!(v8 !== undefined)) ok = missingKey(path, "methods", report);
  else if (!checkDestinationRulesItemActionRetryMethods(v8, { parent: path, key: "methods" }, report)) ok = false;
  const v9 = value["idempotencyKeyHeader"];
  if (!(v9 !== undefined)) ok = missingKey(path, "idempotencyKeyHeader", report);
  else if (!checkText(v9, path, "idempotencyKeyHeader", TEXT_3, report)) ok = false;
  const v10 = value["perTryTimeoutMs"];
  if (!(v10 !== undefined)) ok = missingKey(path, "perTryTimeoutMs", report);
  else if (!checkNumber(v10, path, "perTryTimeoutMs", NUMBER_40, report)) ok = false;
  const v11 = value["backoff"];
  if (!(v11 !== undefined)) ok = missingKey(path, "backoff", report);
  else if (!checkDestinationRulesItemActionRetryBackoff(v11, { parent: path, key: "backoff" }, report)) ok = false;
  const v12 = value["bodyBytesMax"];
  if (!(v12 !== undefined)) ok = missingKey(path, "bodyBytesMax", report);
  else if (!checkNumber(v12, path, "bodyBytesMax", NUMBER_45, report)) ok = false;
  const v13 = value["retryAfterMaxMs"];
  if (!(v13 !== undefined)) ok = missingKey(path, "retryAfterMaxMs", report);
  else if (!checkNumber(v13, path, "retryAfterMaxMs", NUMBER_40, report)) ok = false;
  const v14 = value["hedge"];
  if (!(v14 !== undefined)) ok = missingKey(path, "hedge", report);
  else if (!(v14 === null || checkDestinationRulesItemActionRetryHedge(v14, { parent: path, key: "hedge" }, report))) ok = false;
  return ok;
}

function checkDestinationRulesItemActionBehaviourMirror(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["service"];
  if (!(v0 !== undefined)) ok = missingKey(path, "service", report);
  else if (!checkText(v0, path, "service", TEXT_3, report)) ok = false;
  const v1 = value["share"];
  if (!(v1 !== undefined)) ok = missingKey(path, "share", report);
  else if (!checkNumber(v1, path, "share", NUMBER_44, report)) ok = false;
  const v2 = value["match"];
  if (!(v2 !== undefined)) ok = missingKey(path, "match", report);
  const v3 = value["bodyBytesMax"];
  if (!(v3 !== undefined)) ok = missingKey(path, "bodyBytesMax", report);
  else if (!checkNumber(v3, path, "bodyBytesMax", NUMBER_45, report)) ok = false;
  const v4 = value["compare"];
  if (!(v4 !== undefined)) ok = missingKey(path, "compare", report);
  else if (!checkBoolean(v4, path, "compare", report)) ok = false;
  return ok;
}

function checkDestinationRulesItemActionBehaviourDelay(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["share"];
  if (!(v0 !== undefined)) ok = missingKey(path, "share", report);
  else if (!checkNumber(v0, path, "share", NUMBER_44, report)) ok = false;
  const v1 = value["minMs"];
  if (!(v1 !== undefined)) ok = missingKey(path, "minMs", report);
  else if (!checkNumber(v1, path, "minMs", NUMBER_40, report)) ok = false;
  const v2 = value["maxMs"];
  if (!(v2 !== undefined)) ok = missingKey(path, "maxMs", report);
  else if (!checkNumber(v2, path, "maxMs", NUMBER_40, report)) ok = false;
  return ok;
}

function checkDestinationRulesItemActionBehaviourAbort(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["share"];
  if (!(v0 !== undefined)) ok = missingKey(path, "share", report);
  else if (!checkNumber(v0, path, "share", NUMBER_44, report)) ok = false;
  const v1 = value["status"];
  if (!(v1 !== undefined)) ok = missingKey(path, "status", report);
  else if (!checkNumber(v1, path, "status", NUMBER_48, report)) ok = false;
  return ok;
}

function checkDestinationRulesItemActionBehaviourRequestHeadersSetItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["name"];
  if (!(v0 !== undefined)) ok = missingKey(path, "name", report);
  else if (!checkText(v0, path, "name", TEXT_3, report)) ok = false;
  const v1 = value["value"];
  if (!(v1 !== undefined)) ok = missingKey(path, "value", report);
  else if (!checkText(v1, path, "value", TEXT_49, report)) ok = false;
  return ok;
}

function checkDestinationRulesItemActionBehaviourRequestHeadersSet(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 64, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkDestinationRulesItemActionBehaviourRequestHeadersSetItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkDestinationRulesItemActionBehaviourRequestHeaders(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["set"];
  if (!(v0 !== undefined)) ok = missingKey(path, "set", report);
  else if (!checkDestinationRulesItemActionBehaviourRequestHeadersSet(v0, { parent: path, key: "set" }, report)) ok = false;
  const v1 = value["add"];
  if (!(v1 !== undefined)) ok = missingKey(path, "add", report);
  else if (!checkDestinationRulesItemActionBehaviourRequestHeadersSet(v1, { parent: path, key: "add" }, report)) ok = false;
  const v2 = value["remove"];
  if (!(v2 !== undefined)) ok = missingKey(path, "remove", report);
  else if (!checkDestinationRulesItemActionRetryMethods(v2, { parent: path, key: "remove" }, report)) ok = false;
  return ok;
}

function checkDestinationRulesItemActionBehaviourRewrite(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["path"];
  if (!(v0 !== undefined)) ok = missingKey(path, "path", report);
  else if (!checkText(v0, path, "path", TEXT_49, report)) ok = false;
  const v1 = value["pathPrefix"];
  if (!(v1 !== undefined)) ok = missingKey(path, "pathPrefix", report);
  else if (!checkText(v1, path, "pathPrefix", TEXT_49, report)) ok = false;
  const v2 = value["matchedPrefix"];
  if (!(v2 !== undefined)) ok = missingKey(path, "matchedPrefix", report);
  else if (!checkText(v2, path, "matchedPrefix", TEXT_49, report)) ok = false;
  const v3 = value["host"];
  if (!(v3 !== undefined)) ok = missingKey(path, "host", report);
  else if (!checkText(v3, path, "host", TEXT_3, report)) ok = false;
  return ok;
}

function checkDestinationRulesItemActionBehaviourRedirect(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["status"];
  if (!(v0 !== undefined)) ok = missingKey(path, "status", report);
  else if (!checkWord(v0, path, "status", WORDS_50, report)) ok = false;
  const v1 = value["scheme"];
  if (!(v1 !== undefined)) ok = missingKey(path, "scheme", report);
  else if (!checkText(v1, path, "scheme", TEXT_3, report)) ok = false;
  const v2 = value["host"];
  if (!(v2 !== undefined)) ok = missingKey(path, "host", report);
  else if (!checkText(v2, path, "host", TEXT_3, report)) ok = false;
  const v3 = value["path"];
  if (!(v3 !== undefined)) ok = missingKey(path, "path", report);
  else if (!checkText(v3, path, "path", TEXT_49, report)) ok = false;
  const v4 = value["pathPrefix"];
  if (!(v4 !== undefined)) ok = missingKey(path, "pathPrefix", report);
  else if (!checkText(v4, path, "pathPrefix", TEXT_49, report)) ok = false;
  const v5 = value["matchedPrefix"];
  if (!(v5 !== undefined)) ok = missingKey(path, "matchedPrefix", report);
  else if (!checkText(v5, path, "matchedPrefix", TEXT_49, report)) ok = false;
  return ok;
}

function checkDestinationRulesItemActionBehaviourRateLimit(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["requestsPerSecond"];
  if (!(v0 !== undefined)) ok = missingKey(path, "requestsPerSecond", report);
  else if (!checkNumber(v0, path, "requestsPerSecond", NUMBER_35, report)) ok = false;
  const v1 = value["burst"];
  if (!(v1 !== undefined)) ok = missingKey(path, "burst", report);
  else if (!checkNumber(v1, path, "burst", NUMBER_51, report)) ok = false;
  const v2 = value["header"];
  if (!(v2 !== undefined)) ok = missingKey(path, "header", report);
  else if (!checkText(v2, path, "header", TEXT_3, report)) ok = false;
  return ok;
}

function checkDestinationRulesItemActionBehaviour(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["mirror"];
  if (!(v0 !== undefined)) ok = missingKey(path, "mirror", report);
  else if (!(v0 === null || checkDestinationRulesItemActionBehaviourMirror(v0, { parent: path, key: "mirror" }, report))) ok = false;
  const v1 = value["delay"];
  if (!(v1 !== undefined)) ok = missingKey(path, "delay", report);
  else if (!(v1 === null || checkDestinationRulesItemActionBehaviourDelay(v1, { parent: path, key: "delay" }, report))) ok = false;
  const v2 = value["abort"];
  if (!(v2 !== undefined)) ok = missingKey(path, "abort", report);
  else if (!(v2 === null || checkDestinationRulesItemActionBehaviourAbort(v2, { parent: path, key: "abort" }, report))) ok = false;
  const v3 = value["requestHeaders"];
  if (!(v3 !== undefined)) ok = missingKey(path, "requestHeaders", report);
  else if (!(v3 === null || checkDestinationRulesItemActionBehaviourRequestHeaders(v3, { parent: path, key: "requestHeaders" }, report))) ok = false;
  const v4 = value["answerHeaders"];
  if (!(v4 !== undefined)) ok = missingKey(path, "answerHeaders", report);
  else if (!(v4 === null || checkDestinationRulesItemActionBehaviourRequestHeaders(v4, { parent: path, key: "answerHeaders" }, report))) ok = false;
  const v5 = value["rewrite"];
  if (!(v5 !== undefined)) ok = missingKey(path, "rewrite", report);
  else if (!(v5 === null || checkDestinationRulesItemActionBehaviourRewrite(v5, { parent: path, key: "rewrite" }, report))) ok = false;
  const v6 = value["redirect"];
  if (!(v6 !== undefined)) ok = missingKey(path, "redirect", report);
  else if (!(v6 === null || checkDestinationRulesItemActionBehaviourRedirect(v6, { parent: path, key: "redirect" }, report))) ok = false;
  const v7 = value["rateLimit"];
  if (!(v7 !== undefined)) ok = missingKey(path, "rateLimit", report);
  else if (!(v7 === null || checkDestinationRulesItemActionBehaviourRateLimit(v7, { parent: path, key: "rateLimit" }, report))) ok = false;
  const v8 = value["importance"];
  if (!(v8 !== undefined)) ok = missingKey(path, "importance", report);
  else if (!checkWord(v8, path, "importance", WORDS_52, report)) ok = false;
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
  const v4 = value["behaviour"];
  if (!(v4 !== undefined)) ok = missingKey(path, "behaviour", report);
  else if (!checkDestinationRulesItemActionBehaviour(v4, { parent: path, key: "behaviour" }, report)) ok = false;
  const v5 = value["responseClasses"];
  if (!(v5 !== undefined)) ok = missingKey(path, "responseClasses", report);
  else if (!checkDestinationRulesItemActionResponseClasses(v5, { parent: path, key: "responseClasses" }, report)) ok = false;
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

function checkDestinationBackendsItemBalancerHashHeader(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["kind"];
  if (!(v0 !== undefined)) ok = missingKey(path, "kind", report);
  else if (!checkWord(v0, path, "kind", WORDS_55, report)) ok = false;
  const v1 = value["name"];
  if (!(v1 !== undefined)) ok = missingKey(path, "name", report);
  else if (!checkText(v1, path, "name", TEXT_3, report)) ok = false;
  return ok;
}

function checkDestinationBackendsItemBalancerHashCookie(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["kind"];
  if (!(v0 !== undefined)) ok = missingKey(path, "kind", report);
  else if (!checkWord(v0, path, "kind", WORDS_56, report)) ok = false;
  const v1 = value["name"];
  if (!(v1 !== undefined)) ok = missingKey(path, "name", report);
  else if (!checkText(v1, path, "name", TEXT_3, report)) ok = false;
  return ok;
}

function checkDestinationBackendsItemBalancerHashSource(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["kind"];
  if (!(v0 !== undefined)) ok = missingKey(path, "kind", report);
  else if (!checkWord(v0, path, "kind", WORDS_57, report)) ok = false;
  return ok;
}

function checkDestinationBackendsItemBalancerHash(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  const tag = value["kind"];
  if (tag === undefined) return missingKey(path, "kind", report);
  switch (tag) {
    case "header":
      return checkDestinationBackendsItemBalancerHashHeader(value, path, report);
    case "cookie":
      return checkDestinationBackendsItemBalancerHashCookie(value, path, report);
    case "source":
      return checkDestinationBackendsItemBalancerHashSource(value, path, report);
    default:
      return checkWord(tag, path, "kind", WORDS_54, report);
  }
}

function checkDestinationBackendsItemBalancer(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["policy"];
  if (!(v0 !== undefined)) ok = missingKey(path, "policy", report);
  else if (!checkWord(v0, path, "policy", WORDS_53, report)) ok = false;
  const v1 = value["decayMs"];
  if (!(v1 !== undefined)) ok = missingKey(path, "decayMs", report);
  else if (!checkNumber(v1, path, "decayMs", NUMBER_40, report)) ok = false;
  const v2 = value["defaultRttMs"];
  if (!(v2 !== undefined)) ok = missingKey(path, "defaultRttMs", report);
  else if (!checkNumber(v2, path, "defaultRttMs", NUMBER_40, report)) ok = false;
  const v3 = value["hash"];
  if (!(v3 !== undefined)) ok = missingKey(path, "hash", report);
  else if (!(v3 === null || checkDestinationBackendsItemBalancerHash(v3, { parent: path, key: "hash" }, report))) ok = false;
  const v4 = value["slowStartMs"];
  if (!(v4 !== undefined)) ok = missingKey(path, "slowStartMs", report);
  else if (!checkNumber(v4, path, "slowStartMs", NUMBER_40, report)) ok = false;
  const v5 = value["zone"];
  if (!(v5 !== undefined)) ok = missingKey(path, "zone", report);
  else if (!checkWord(v5, path, "zone", WORDS_58, report)) ok = false;
  const v6 = value["subset"];
  if (!(v6 !== undefined)) ok = missingKey(path, "subset", report);
  else if (!checkNumber(v6, path, "subset", NUMBER_59, report)) ok = false;
  return ok;
}

function checkDestinationBackendsItemBreaker(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["consecutiveFailures"];
  if (!(v0 !== undefined)) ok = missingKey(path, "consecutiveFailures", report);
  else if (!checkNumber(v0, path, "consecutiveFailures", NUMBER_51, report)) ok = false;
  const v1 = value["successRateMin"];
  if (!(v1 !== undefined)) ok = missingKey(path, "successRateMin", report);
  else if (!checkNumber(v1, path, "successRateMin", NUMBER_44, report)) ok = false;
  const v2 = value["windowMs"];
  if (!(v2 !== undefined)) ok = missingKey(path, "windowMs", report);
  else if (!checkNumber(v2, path, "windowMs", NUMBER_40, report)) ok = false;
  const v3 = value["requestsMin"];
  if (!(v3 !== undefined)) ok = missingKey(path, "requestsMin", report);
  else if (!checkNumber(v3, path, "requestsMin", NUMBER_51, report)) ok = false;
  const v4 = value["backoff"];
  if (!(v4 !== undefined)) ok = missingKey(path, "backoff", report);
  else if (!checkDestinationRulesItemActionRetryBackoff(v4, { parent: path, key: "backoff" }, report)) ok = false;
  const v5 = value["evictedShareMax"];
  if (!(v5 !== undefined)) ok = missingKey(path, "evictedShareMax", report);
  else if (!checkNumber(v5, path, "evictedShareMax", NUMBER_44, report)) ok = false;
  return ok;
}

function checkDestinationBackendsItemDiscovery(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["trust"];
  if (!(v0 !== undefined)) ok = missingKey(path, "trust", report);
  else if (!checkWord(v0, path, "trust", WORDS_60, report)) ok = false;
  const v1 = value["graceMs"];
  if (!(v1 !== undefined)) ok = missingKey(path, "graceMs", report);
  else if (!checkNumber(v1, path, "graceMs", NUMBER_40, report)) ok = false;
  return ok;
}

function checkDestinationBackendsItem(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["service"];
  if (!(v0 !== undefined)) ok = missingKey(path, "service", report);
  else if (!checkText(v0, path, "service", TEXT_3, report)) ok = false;
  const v1 = value["balancer"];
  if (!(v1 !== undefined)) ok = missingKey(path, "balancer", report);
  else if (!checkDestinationBackendsItemBalancer(v1, { parent: path, key: "balancer" }, report)) ok = false;
  const v2 = value["breaker"];
  if (!(v2 !== undefined)) ok = missingKey(path, "breaker", report);
  else if (!(v2 === null || checkDestinationBackendsItemBreaker(v2, { parent: path, key: "breaker" }, report))) ok = false;
  const v3 = value["discovery"];
  if (!(v3 !== undefined)) ok = missingKey(path, "discovery", report);
  else if (!checkDestinationBackendsItemDiscovery(v3, { parent: path, key: "discovery" }, report)) ok = false;
  const v4 = value["nodes"];
  if (v4 !== undefined && !checkWord(v4, path, "nodes", WORDS_58, report)) ok = false;
  return ok;
}

function checkDestinationBackends(value: unknown, path: Path, report: Report): boolean {
  if (!Array.isArray(value)) return wrongType(path, value, "a list", report);
  const size = value.length;
  const isFitting = checkSize(size, 0, 1000, "entries", path, report);
  if (!isFitting) return false;
  let ok = true;
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    if (!checkDestinationBackendsItem(item, { parent: path, key: index }, report)) ok = false;
  }
  return ok;
}

function checkDestinationBudget(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["ratio"];
  if (!(v0 !== undefined)) ok = missingKey(path, "ratio", report);
  else if (!checkNumber(v0, path, "ratio", NUMBER_61, report)) ok = false;
  const v1 = value["minRetriesPerSecond"];
  if (!(v1 !== undefined)) ok = missingKey(path, "minRetriesPerSecond", report);
  else if (!checkNumber(v1, path, "minRetriesPerSecond", NUMBER_35, report)) ok = false;
  const v2 = value["ttlMs"];
  if (!(v2 !== undefined)) ok = missingKey(path, "ttlMs", report);
  else if (!checkNumber(v2, path, "ttlMs", NUMBER_40, report)) ok = false;
  return ok;
}

function checkDestinationConcurrency(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["limit"];
  if (!(v0 !== undefined)) ok = missingKey(path, "limit", report);
  else if (!checkNumber(v0, path, "limit", NUMBER_51, report)) ok = false;
  const v1 = value["queueLength"];
  if (!(v1 !== undefined)) ok = missingKey(path, "queueLength", report);
  else if (!checkNumber(v1, path, "queueLength", NUMBER_51, report)) ok = false;
  const v2 = value["queueTimeoutMs"];
  if (!(v2 !== undefined)) ok = missingKey(path, "queueTimeoutMs", report);
  else if (!checkNumber(v2, path, "queueTimeoutMs", NUMBER_40, report)) ok = false;
  const v3 = value["adaptive"];
  if (!(v3 !== undefined)) ok = missingKey(path, "adaptive", report);
  else if (!checkBoolean(v3, path, "adaptive", report)) ok = false;
  const v4 = value["importanceHeader"];
  if (!(v4 !== undefined)) ok = missingKey(path, "importanceHeader", report);
  else if (!checkText(v4, path, "importanceHeader", TEXT_3, report)) ok = false;
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
  const v4 = value["backends"];
  if (!(v4 !== undefined)) ok = missingKey(path, "backends", report);
  else if (!checkDestinationBackends(v4, { parent: path, key: "backends" }, report)) ok = false;
  const v5 = value["budget"];
  if (!(v5 !== undefined)) ok = missingKey(path, "budget", report);
  else if (!checkDestinationBudget(v5, { parent: path, key: "budget" }, report)) ok = false;
  const v6 = value["concurrency"];
  if (!(v6 !== undefined)) ok = missingKey(path, "concurrency", report);
  else if (!checkDestinationConcurrency(v6, { parent: path, key: "concurrency" }, report)) ok = false;
  return ok;
}

export function validateDestination(
  value: unknown,
  report: Report,
  path: Path = ROOT,
): value is Destination {
  return checkDestination(value, path, report);
}

function checkAddressBinding(value: unknown, path: Path, report: Report): boolean {
  if (!isRecord(value)) return wrongType(path, value, "a map", report);
  let ok = true;
  const v0 = value["kind"];
  if (!(v0 !== undefined)) ok = missingKey(path, "kind", report);
  else if (!checkWord(v0, path, "kind", WORDS_62, report)) ok = false;
  const v1 = value["service"];
  if (!(v1 !== undefined)) ok = missingKey(path, "service", report);
  else if (!checkText(v1, path, "service", TEXT_3, report)) ok = false;
  const v2 = value["protocol"];
  if (!(v2 !== undefined)) ok = missingKey(path, "protocol", report);
  else if (!checkWord(v2, path, "protocol", WORDS_63, report)) ok = false;
  const v3 = value["endpoint"];
  if (!(v3 !== undefined)) ok = missingKey(path, "endpoint", report);
  else if (!(v3 === null || checkEndpointSetEndpointsItem(v3, { parent: path, key: "endpoint" }, report))) ok = false;
  return ok;
}

export function validateAddressBinding(
  value: unknown,
  report: Report,
  path: Path = ROOT,
): value is AddressBinding {
  return checkAddressBinding(value, path, report);
}
