/**
 * From the text of one WebSocket message to a message that can be trusted to have its shape.
 * The other side may be hostile or newer than us: nothing here throws, size and depth are asked
 * before the text is parsed, and a name that is not known is told apart from a message that is
 * wrong, because the first is only answered and the second ends the connection.
 */

import { isAddressKey } from "./address-key.ts";
import { validateOperatorMessage, validateProxyMessage } from "./control-messages.gen.ts";
import {
  CONTROL_LIMITS,
  type ControlErrorCode,
  type OperatorMessage,
  type ProxyMessage,
} from "./control-messages.ts";
import { firstProblem, type Validator } from "./first-problem.ts";
import { isServiceKey } from "./service-key.ts";

/** Takes the place of the message, and is told apart by the same member. */
export interface ProtocolProblem {
  readonly message: "problem";
  readonly code: ControlErrorCode;
  readonly detail: string;
  readonly about: string;
}

const PROXY_WORDS: readonly string[] = [
  "hello",
  "subscribe",
  "unsubscribe",
  "ack",
  "nack",
  "report",
  "ping",
  "pong",
  "error",
] satisfies ProxyMessage["message"][];

const OPERATOR_WORDS: readonly string[] = [
  "welcome",
  "snapshot",
  "delta",
  "current",
  "ping",
  "pong",
  "error",
] satisfies OperatorMessage["message"][];

/** What a proxy sent. Only `hello` may be longer than `proxyMessageBytesMax`. */
export function decodeProxyMessage(text: string): ProxyMessage | ProtocolProblem {
  if (text.length > CONTROL_LIMITS.helloBytesMax) return malformed("the message is too long", "");
  if (nestsDeeper(text, CONTROL_LIMITS.depthMax)) return malformed("it nests too deeply", "");
  const decoded = decode(text, PROXY_WORDS, validateProxyMessage);
  if (decoded.message === "hello") {
    for (const holding of decoded.holds) {
      if (!isKeyOf(holding.type, holding.key)) return badKey(holding.key);
    }
    return decoded;
  }
  return text.length > CONTROL_LIMITS.proxyMessageBytesMax
    ? malformed("the message is too long", "")
    : decoded;
}

/**
 * What the operator sent. The body of a snapshot or delta is still of unknown shape. Depth is not
 * asked here: to look at each character of a large snapshot would take longer than all the rest,
 * and nothing that reads a body follows it further than its schema or `MATCH_DEPTH_MAX`.
 */
export function decodeOperatorMessage(text: string): OperatorMessage | ProtocolProblem {
  if (text.length > CONTROL_LIMITS.operatorMessageBytesMax) {
    return malformed("the message is too long", "");
  }
  return decode(text, OPERATOR_WORDS, validateOperatorMessage);
}

/**
 * The canonical encoding of a snapshot's body as it stands in the text of the message, which is
 * what the revision is the hash of. `body` is the last member, and a string cannot hold what is
 * looked for without a backslash. A sender that breaks this rule gets a hash that does not match.
 */
export function bodyTextOf(snapshotText: string): string {
  const mark = ',"body":';
  const at = snapshotText.indexOf(mark);
  return at < 0 ? "" : snapshotText.slice(at + mark.length, -1);
}

function decode<M extends { readonly message: string }>(
  text: string,
  words: readonly string[],
  validate: Validator<M>,
): M | ProtocolProblem {
  const value = parseJson(text);
  const word = memberOf(value, "message");
  if (typeof word !== "string") return malformed("the text is no message", "");
  const about = word.slice(0, 64);
  if (!words.includes(word)) {
    return { message: "problem", code: "unsupported", detail: "this message is not known", about };
  }
  const found = firstProblem(value, validate);
  if ("problem" in found) return malformed(found.problem, about);
  const key = memberOf(value, "key");
  if (key !== undefined && !isKeyOf(memberOf(value, "type"), key)) return badKey(key);
  return found.body;
}

/** Whether a resource of that type can have that key. */
export function isKeyOf(type: unknown, key: unknown): boolean {
  if (typeof key !== "string") return false;
  if (type === "workload") return key === "";
  return type === "address" ? isAddressKey(key) : isServiceKey(key);
}

function badKey(key: unknown): ProtocolProblem {
  return malformed(`${JSON.stringify(key)} is no key of such a resource`, "");
}

function malformed(detail: string, about: string): ProtocolProblem {
  const cut = detail.slice(0, CONTROL_LIMITS.textLengthMax);
  return { message: "problem", code: "malformed", detail: cut, about };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** One look at each character; of text that is no JSON it may say either. */
function nestsDeeper(text: string, depthMax: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) {
      at = endOfString(text, at + 1);
    } else if (unit === 0x7b || unit === 0x5b) {
      depth += 1;
      if (depth > depthMax) return true;
    } else if (unit === 0x7d || unit === 0x5d) {
      depth -= 1;
    }
  }
  return false;
}

/** Where the string that begins at `from` has its closing quote; the end if it has none. */
function endOfString(text: string, from: number): number {
  for (let at = from; ; ) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return text.length;
    let slashes = 0;
    while (quote - 1 - slashes >= from && text.charCodeAt(quote - 1 - slashes) === BACKSLASH) {
      slashes += 1;
    }
    if (slashes % 2 === 0) return quote;
    at = quote + 1;
  }
}
