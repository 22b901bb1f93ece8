import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CONTROL_LIMITS } from "./control-messages.ts";
import { bodyTextOf, decodeOperatorMessage, decodeProxyMessage } from "./decode-message.ts";

const KEY = "svc/shop/web:80";
const REVISION = "0123456789abcdef0123456789abcdef";
const named = { type: "destination", key: KEY, revision: REVISION };

const hello = {
  message: "hello",
  protocol: 1,
  proxy: { name: "web-1", version: "0.1.0" },
  namespace: "shop",
  features: ["http1", "later"],
  holds: [
    { type: "workload", key: "", revision: REVISION },
    { type: "endpoints", key: KEY, revision: "absent" },
  ],
};

const row = {
  direction: "outbound",
  service: KEY,
  route: "",
  backend: KEY,
  requests: 3,
  successes: 2,
  retries: 0,
  latency: [4, 3],
};

const rightOfProxy = [
  hello,
  { message: "subscribe", type: "destination", key: KEY, revision: "" },
  { message: "unsubscribe", type: "endpoints", key: KEY },
  { message: "ack", ...named },
  { message: "nack", ...named, code: "invalid", reason: "why" },
  { message: "report", kind: "stats", body: { windowMs: 5000, rows: [row] } },
  { message: "ping", somethingNew: 1 },
  { message: "pong" },
  { message: "error", code: "unsupported", detail: "", about: "later" },
];

const welcome = {
  message: "welcome",
  protocol: 1,
  operator: { name: "one", version: "0.1.0" },
  heartbeatMs: 10_000,
  limits: { messageBytesMax: 1, destinationsMax: 1, endpointSetsMax: 1 },
};

const rightOfOperator = [
  welcome,
  { message: "snapshot", ...named, requires: ["split"], body: null },
  { message: "delta", ...named, type: "endpoints", base: REVISION, requires: [], body: {} },
  { message: "current", ...named },
];

describe("decoding", () => {
  it("takes every message, with members that it does not know", () => {
    for (const message of rightOfProxy) {
      expect(decodeProxyMessage(JSON.stringify(message))).toEqual(message);
    }
    for (const message of rightOfOperator) {
      expect(decodeOperatorMessage(JSON.stringify(message))).toEqual(message);
    }
  });

  it("refuses every message that lacks a member or has it of another kind", () => {
    const all = [
      ...rightOfProxy.map((message) => ({ message, decode: decodeProxyMessage })),
      ...rightOfOperator.map((message) => ({ message, decode: decodeOperatorMessage })),
    ];
    for (const { message, decode } of all) {
      for (const name of Object.keys(message)) {
        if (name === "somethingNew") continue;
        const { [name]: _taken, ...without } = Object.fromEntries(Object.entries(message));
        expect(decode(JSON.stringify(without)), name).toMatchObject({ code: "malformed" });
        if (name === "body" && message.message !== "report") continue;
        const wrong = JSON.stringify({ ...message, [name]: { toString: 1 } });
        expect(decode(wrong), name).toMatchObject({ code: "malformed" });
      }
    }
  });

  it("tells a message that it does not know from one that is wrong", () => {
    const later = decodeProxyMessage('{"message":"later","x":1}');
    expect(later).toMatchObject({ message: "problem", code: "unsupported", about: "later" });
    expect(decodeProxyMessage('{"message":"welcome"}')).toMatchObject({ code: "unsupported" });
    expect(decodeOperatorMessage('{"message":"hello"}')).toMatchObject({ code: "unsupported" });
    const long = decodeProxyMessage(JSON.stringify({ message: "x".repeat(1000) }));
    expect(long).toMatchObject({ about: "x".repeat(64) });
  });

  it("names the place of what is wrong, and only the first", () => {
    const wrong = { ...hello, holds: [{ type: "workload", key: 1, revision: "x" }, 5] };
    expect(decodeProxyMessage(JSON.stringify(wrong))).toMatchObject({
      detail: "holds[0].key: must be text, not the number 1",
      about: "hello",
    });
  });

  it.each([
    ["a key that is none", { message: "ack", ...named, key: "web" }],
    ["a workload with a key", { message: "ack", ...named, type: "workload" }],
    ["a destination without one", { message: "ack", ...named, key: "" }],
    ["a revision that is no hash", { message: "ack", ...named, revision: "1" }],
    ["a held key that is none", { ...hello, holds: [{ ...named, key: "../x" }] }],
    ["an unknown type", { message: "ack", ...named, type: "secrets" }],
    ["a count that is none", { ...hello, protocol: 1.5 }],
  ])("refuses %s", (_what, message) => {
    expect(decodeProxyMessage(JSON.stringify(message))).toMatchObject({ code: "malformed" });
  });

  it.each([
    ["nothing", ""],
    ["no JSON", "{"],
    ["null", "null"],
    ["a list", "[]"],
    ["a number", "1"],
    ["no name", "{}"],
    ["a name in the prototype", '{"__proto__":{"message":"ping"}}'],
    ["a name that is no text", '{"message":["ping"]}'],
    ["depth", `{"message":"ping","x":${"[".repeat(1e5)}${"]".repeat(1e5)}}`],
    ["depth that never ends", "[".repeat(1e6)],
    ["quotes that never end", `${'"\\"'.repeat(1e5)}`],
  ])("refuses %s", (_what, text) => {
    expect(decodeProxyMessage(text)).toMatchObject({ message: "problem", code: "malformed" });
    if (text.length < 1000) {
      expect(decodeOperatorMessage(text)).toMatchObject({ message: "problem" });
    }
  });

  it("bounds a hello and every other message each by its own size", () => {
    const pad = "x".repeat(CONTROL_LIMITS.proxyMessageBytesMax);
    expect(decodeProxyMessage(JSON.stringify({ ...hello, pad }))).toMatchObject(hello);
    const ping = decodeProxyMessage(JSON.stringify({ message: "ping", pad }));
    expect(ping).toMatchObject({ code: "malformed" });
    const tooLong = JSON.stringify({ ...hello, pad: pad + pad });
    expect(decodeProxyMessage(tooLong)).toMatchObject({ code: "malformed" });
  });

  it("never throws, whatever comes", () => {
    const words = fc.constantFrom(...rightOfProxy.map(({ message }) => message), "snapshot");
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc.tuple(words, fc.object()).map(([message, rest]) => JSON.stringify({ ...rest, message })),
    );
    fc.assert(
      fc.property(anything, (text) => {
        expect(decodeProxyMessage(text)).toHaveProperty("message");
        expect(decodeOperatorMessage(text)).toHaveProperty("message");
      }),
    );
  });
});

describe("the text of a body", () => {
  it("is what stands last, whatever the members before it hold", () => {
    const trap = ',"body":{}';
    const head = JSON.stringify({ message: "snapshot", ...named, requires: [trap] });
    expect(bodyTextOf(`${head.slice(0, -1)},"body":{"a":1}}`)).toBe('{"a":1}');
    expect(bodyTextOf("{}")).toBe("");
  });
});
